"""A month that the reported one is compared with, out of a book."""

from __future__ import annotations

from surveyor.core.reports.voice import Former
from surveyor.flows.write_voice.book import Book
from surveyor.flows.write_voice.here import Here


def former(book: Book, here: Here, month: str) -> Former:
    """What a month is compared with: another questionnaire on either side, and nothing is concluded."""
    versions: set[tuple[str, int]] = set()
    for token in (book.month.token, month):
        versions = versions.union(*(book.versions[token].get(store, set()) for store in here.stores))
    period = next(one for one in book.months if one.token == month)
    return Former(here.bands(period), len(versions) <= 1)
