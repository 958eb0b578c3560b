"""Months that were read a moment ago: what leaves or is opened one after the other is made of one reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from surveyor.core.goals import Goals
from surveyor.core.periods import Period
from surveyor.flows.write_voice.book import Book, open_book

LASTS = timedelta(minutes=15)
MOST = 3


@dataclass(frozen=True)
class Shelf:
    """At most three books, each good for a quarter of an hour. zone, goals (of its file): the installation's."""

    zone: str
    delivery_events: bool
    goals: Callable[[], Goals] = dict
    _books: dict[tuple[str, date], tuple[datetime, Book]] = field(default_factory=dict)

    def book(self, session: Any, month: Period, *, today: date, now: datetime) -> Book:
        """The book of a month, read again when it was not lately."""
        key = (month.token, today)
        kept = self._books.get(key)
        if kept is None or not timedelta() <= now - kept[0] < LASTS:
            book = open_book(session, month, today=today, zone=self.zone, delivery_events=self.delivery_events)
            if len(self._books) >= MOST:
                self._books.clear()
            kept = self._books[key] = (now, book)
        return kept[1]
