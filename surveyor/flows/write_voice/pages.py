"""A page for each store of a region's report, out of the book that the report is made of."""

from __future__ import annotations

from typing import Any

from surveyor.core.reports.report import Section
from surveyor.core.reports.voice import VoiceFacts
from surveyor.core.reports.voice_page import store_page
from surveyor.core.scope import Scope
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice.beside import beside
from surveyor.flows.write_voice.book import Book
from surveyor.flows.write_voice.former import former
from surveyor.flows.write_voice.here import Here, here_of
from surveyor.flows.write_voice.quotes import quotes

MOST_QUOTES = 2


def pages(session: Any, book: Book, here: Here, asked: Asked) -> list[Section]:
    """One of each store that sent or received anything, by name; none but in a region's edition."""
    if asked.edition != "region" or here.alone:
        return []
    names = sorted(here.stores, key=lambda store: (here.name(store).lower(), store))
    facts = [_facts(session, book, store, asked) for store in names]
    return [store_page(one) for one in facts if one.n or one.cohort.sent]


def _facts(session: Any, book: Book, store: str, asked: Asked) -> VoiceFacts:
    here = here_of(session, book, (Scope.of(stores=(store,)),))
    spoken = 0 if asked.language == "fr" else 1
    return VoiceFacts(
        month=book.month,
        unit=here.name(store),
        edition="store",
        language=asked.language,
        scores=here.scores(book.month),
        before=former(book, here, book.before.token),
        year=former(book, here, book.year_ago.token),
        customers=book.customers.get(store),
        labels={key: words[spoken] for key, words in book.labels.items()},
        mentions=book.mentions[book.month.token].get(store, {}),
        cohort_month=book.cohort_month.token,
        cohort=here.cohort,
        beside=beside(book, here),
        quotes=quotes(book, here, asked, most=MOST_QUOTES),
    )
