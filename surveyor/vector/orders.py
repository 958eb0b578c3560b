"""Orders by column, between a table or a file and the rounds that live them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np

from surveyor.core.calendar import day_at
from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow

#: An instant that is not known. Instants are microseconds since 1970 in UTC.
NEVER = np.iinfo(np.int64).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOURS = 3 * 3_600_000_000
_FULFILLED = "fulfilled_at"


class Texts(Protocol):
    """One text for each order, made when it is asked for."""

    def __getitem__(self, n: int, /) -> str: ...


@dataclass(slots=True)
class Orders:
    """Each order once, in any order. Arrays are as long as there are orders, unless said otherwise.

    `account`, `zone`, `store`: places in `accounts`, `zones`, `store_ids`. `segments`: of each account. `odd`: accounts
    that `decide` lives (those that share an address, or of whom the source told two stories). `rows`: what it is to
    live of them, given their places.
    """

    accounts: Sequence[str]
    segments: Sequence[str]
    odd: Any
    zones: Sequence[str]
    store_ids: Sequence[str]
    account: Any
    ordered: Any
    fulfilled: Any
    cancelled: Any
    received: Any
    zone: Any
    store: Any
    order_ids: Texts
    event_ids: Texts
    stores: dict[str, StoreFacts]
    rows: Callable[[Any], list[OrderRow]]
    ignored: Counter[str] = field(default_factory=Counter)
    #: What was told again of an order, otherwise: counts for the day of the last order alone.
    again: Sequence[OrderRow] = ()

    def customers(self) -> int:
        """How many have an order."""
        return len(np.unique(self.account))

    def last_day(self, bases: frozenset[str]) -> int | None:
        """The local date of the last order, by these dates of it; None without orders."""
        found = [
            day_at(at, self.stores[row.store_id].zone or row.zone)
            for row in self.again
            for at in (
                row.ordered_at if "ordered_at" in bases else None,
                row.fulfilled_at if _FULFILLED in bases else None,
            )
            if at is not None
        ]
        for basis, instants in (("ordered_at", self.ordered), (_FULFILLED, self.fulfilled)):
            for n, zone in enumerate(self.zones) if basis in bases else ():
                here = instants[(self.zone == n) & (instants != NEVER)]
                # Clocks that go back may give an earlier instant the later day: the last hours are all asked.
                last = np.unique(here[here > here.max() - _HOURS]) if len(here) else here
                found += [day_at(instant(at), zone) for at in last.tolist()]
        return max(found, default=None)


def micros(at: datetime | None) -> int:
    """An instant as a number; NEVER for None."""
    return int(NEVER) if at is None else (at - _EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """The instant of a number."""
    return _EPOCH + timedelta(microseconds=int(at))
