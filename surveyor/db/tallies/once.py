"""Sums that were read for a page, while it is made: one that they hold is added up from them, not read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from surveyor.core.periods import Period, month_of
from surveyor.core.scope import Reach
from surveyor.core.tally import SCORE_COUNTS, Tally
from surveyor.db.tallies.months import first_of_month
from surveyor.db.tallies.places import Moves

_NAME = "tallies_read"
#: Scores known by their band alone, and the score that stands for each: its lowest.
BANDS = {"detractors": "score_0", "passives": "score_7", "promoters": "score_9"}
Key = tuple[Any, ...]
Sums = Mapping[Key, Tally]


@dataclass(frozen=True, slots=True)
class What:
    """What was asked of the tallies; counts: those that are read, the others are 0."""

    reach: Reach
    period: Period
    by: tuple[str, ...]
    rule_id: str
    counts: tuple[str, ...]


@dataclass
class Read:
    """What has been read; moves: where stores have stood, once somebody asked.

    latest: the last month that is summed, once somebody asked; None in it: none is. shops: of `stores.shops`.
    """

    found: list[tuple[What, Sums]] = field(default_factory=list)
    moves: list[Moves] = field(default_factory=list)
    latest: list[date | None] = field(default_factory=list)
    shops: list[Any] = field(default_factory=list)

    def of(self, what: What) -> dict[Key, Tally] | None:
        """The same sums out of those that were read; None when none of them holds them."""
        for held, sums in self.found:
            kept = _kept(held, sums, what)
            if kept is not None:
                return {key: _only(tally, what.counts) for key, tally in kept.items()}
        return None


def _kept(held: What, sums: Sums, what: What) -> Sums | None:
    """The groups that were asked, out of sums that hold them: cut alike or less; of days, some of them."""
    if (held.reach, held.rule_id) != (what.reach, what.rule_id) or not _has(held.counts, what.counts):
        return None
    if not set(what.by) <= {*held.by, *(("month",) if "day" in held.by else ())}:
        return None
    if (held.period.first, held.period.last) != (what.period.first, what.period.last):
        if not _within(what.period, held.period) or not _cuts(held, what.period):
            return None
        first = what.period.first if held.by == ("day",) else first_of_month(what.period.first)
        sums = {key: one for key, one in sums.items() if first <= key[0] <= what.period.last}
    if held.by == what.by:
        return sums
    parts = [
        (held.by.index(name), _same) if name in held.by else (held.by.index("day"), first_of_month) for name in what.by
    ]
    groups: dict[Key, list[Tally]] = {}
    for key, one in sums.items():
        groups.setdefault(tuple(part(key[place]) for place, part in parts), []).append(one)
    return {key: Tally.sum(some) for key, some in groups.items()}


def _same(value: Any) -> Any:
    return value


def _cuts(held: What, period: Period) -> bool:
    """Whether sums by day or by month can be cut at both ends of a period within theirs."""
    if held.by != ("month",):
        return held.by == ("day",)
    first, last = period.first, period.last
    return (first.day == 1 or first == held.period.first) and (last == month_of(last).last or last == held.period.last)


@contextmanager
def once(session: Session) -> Iterator[None]:
    """Sums that are asked again in here are not read again: for a page that only reads, of one moment."""
    if _NAME in session.info:
        yield
        return
    session.info[_NAME] = Read()
    try:
        yield
    finally:
        del session.info[_NAME]


def read_in(session: Session) -> Read | None:
    """What `once` holds; None outside of it."""
    found: Read | None = session.info.get(_NAME)
    return found


def _within(inner: Period, outer: Period) -> bool:
    return outer.first <= inner.first and inner.last <= outer.last


def _has(held: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return set(wanted) <= {*held, *(BANDS if set(SCORE_COUNTS) <= set(held) else ())}


def _only(tally: Tally, counts: tuple[str, ...]) -> Tally:
    """The counts that were asked, of those that were read."""
    return Tally(**{BANDS.get(name, name): getattr(tally, name) for name in counts})
