"""Orders by column, between a table or a file and the rounds that live them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, overload

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


class Coded(Sequence[str]):
    """A text for each place, out of few: that of its code in `names`, "" for a code below 0. Two names may be equal."""

    def __init__(self, names: Sequence[str], codes: Any) -> None:
        self.names, self.codes = names, codes

    @staticmethod
    def of(texts: Sequence[str]) -> Coded:
        """These texts."""
        places: dict[str, int] = {}
        codes = np.fromiter((places.setdefault(text, len(places)) for text in texts), dtype=np.int64, count=len(texts))
        return Coded(list(places), codes)

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, n: int) -> str: ...
    @overload
    def __getitem__(self, n: slice) -> Coded: ...
    def __getitem__(self, n: int | slice) -> str | Coded:
        if isinstance(n, slice):
            return Coded(self.names, self.codes[n])
        code = self.codes[n]
        return self.names[code] if code >= 0 else ""

    def are_among(self, names: Collection[str]) -> Any:
        """Whether each is one of these texts."""
        mask = np.array([*(name in names for name in self.names), "" in names], dtype=bool)
        return mask[self.codes]

    def counted(self, times: Any) -> Counter[str]:
        """How many have each text, when each place counts so many times."""
        by_code = np.bincount(self.codes + 1, weights=times, minlength=1)
        found: Counter[str] = Counter()
        for code in np.flatnonzero(by_code).tolist():
            found[self.names[code - 1] if code else ""] += int(by_code[code])
        return found


@dataclass(slots=True)
class Orders:
    """Each order once, in any order. Arrays are as long as there are orders, unless said otherwise.

    `account`, `zone`, `store`: places in `accounts`, `zones`, `store_ids`. `segments`: of each account. `odd`: accounts
    that `decide` lives (those that share an address, or of whom the source told two stories). `rows`: what it is to
    live of them, given their places.
    """

    accounts: Sequence[str]
    segments: Coded
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
        return int(np.count_nonzero(np.bincount(self.account, minlength=len(self.accounts))))

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
                here = instants[instants != NEVER]
                if len(self.zones) > 1:
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
