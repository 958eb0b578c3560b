"""The latest comments of some stores, out of a book: a rule, never a hand."""

from __future__ import annotations

from dataclasses import replace

from surveyor.core.reports.express import day_of_year
from surveyor.core.reports.report import Quote
from surveyor.core.reports.words import excerpt
from surveyor.core.scope import covers
from surveyor.core.surveys import masked
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice.book import Book
from surveyor.flows.write_voice.here import Here


def quotes(book: Book, here: Here, asked: Asked, *, most: int) -> list[Quote]:
    """The latest comments: a rule, never a hand. A store that has left since is counted; its words are not shown."""
    language = asked.language
    wrote = [
        one for store in here.stores if store in book.words and _reads(book, asked, store) for one in book.words[store]
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


def _reads(book: Book, asked: Asked, store: str) -> bool:
    """Whether a reader may see the words of a store: that is a right of today."""
    shop = book.shops.get(store)
    brand, region = (shop.brand_id, shop.region_id) if shop is not None else ("", "")
    return covers([replace(one, segments=()) for one in asked.reach], brand=brand, region=region, store=store)
