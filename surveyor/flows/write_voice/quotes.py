"""The latest comments of some stores, out of a book: a rule, never a hand."""

from __future__ import annotations

from dataclasses import replace

from surveyor.core.reports.express import day_of_year
from surveyor.core.reports.report import Quote
from surveyor.core.reports.words import excerpt
from surveyor.core.scope import Reach, covers
from surveyor.core.surveys import masked
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice.book import Book
from surveyor.flows.write_voice.here import Here


def quotes(book: Book, here: Here, asked: Asked, *, most: int) -> list[Quote]:
    """The latest comments: a rule, never a hand. A store that has left since is counted; its words are not shown."""
    language = asked.language
    may_read = tuple(replace(one, segments=()) if one.segments else one for one in asked.reach)
    wrote = [
        one
        for store in here.stores
        if store in book.words and _reads(book, may_read, store)
        for one in book.words[store]
    ]
    latest = sorted(wrote, key=lambda one: (one.at, one.id), reverse=True)[:most]
    return [
        Quote(
            one.score,
            excerpt(masked(one.text)),
            f"{here.name(one.store)}, {day_of_year(one.day, language)}",
            one.id.hex,
        )
        for one in latest
    ]


def _reads(book: Book, may_read: Reach, store: str) -> bool:
    """Whether a reader may see the words of a store: that is a right of today."""
    shop = book.shops.get(store)
    brand, region = (shop.brand_id, shop.region_id) if shop is not None else ("", "")
    return covers(may_read, brand=brand, region=region, store=store)
