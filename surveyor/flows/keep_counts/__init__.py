"""Counts of people and rows behind the figures: made when they are asked for, kept for a day where there are many.

A network of a few thousand rows is counted each time. Where a period holds `MANY` rows or more, a page shows what was
counted within `KEPT` and says when; each night what somebody looks at is counted ahead (flows/count_ahead). A page that
waits for nobody leaves out what is not kept, says so, and has it counted once it is on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from surveyor.core.scope import Period, Reach
from surveyor.core.tally import SCORE_COUNTS, ZERO
from surveyor.db import kept_counts, tallies
from surveyor.db.tallies.read import EVERYWHERE
from surveyor.faults import fault

__all__ = ["KEPT", "MANY", "Ask", "Keeper", "many"]

#: Orders, hits, emails or answers of the network in a period from which people are counted once a day.
MANY = 10_000
#: A night may start late: what it counted holds until the next one is done.
KEPT = timedelta(hours=26)
A_DAY = timedelta(days=1)


def _always() -> bool:
    return True


_COUNTED = ("orders", "hits", "sent", *SCORE_COUNTS)


def many(session: Any, period: Period) -> bool:
    """Whether so much happened in the network in a period that its people are not counted again for each page."""
    return not few(session, EVERYWHERE, period)


def few(session: Any, reach: Reach, period: Period) -> bool:
    """Whether so little happened in some scopes in a period that it is counted while a page is made.

    The last days are summed first: counts only grow with a period, and those of a large network say it alone.
    """
    days = (Period(max(period.first, period.last - timedelta(days=back)), period.last) for back in (6, 30))
    return all(_most(session, reach, one) < MANY for one in (*days, period))


def _most(session: Any, reach: Reach, period: Period) -> int:
    found = tallies.sums(session, reach, period, only=_COUNTED).get((), ZERO)
    return max(found.hits, found.sent, found.responses, found.orders)


@dataclass(frozen=True, slots=True)
class Ask:
    """One count: its name, the scopes it stays in, its days; more: what else it depends on (a rule, a zone)."""

    name: str
    reach: Reach
    period: Period
    more: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As it is kept: texts alone, always in the same order."""
        days = [self.period.first.isoformat(), self.period.last.isoformat()]
        more = {name: self.more[name] for name in sorted(self.more)}
        return {"count": self.name, "scopes": [str(scope) for scope in self.reach], "days": days, "more": more}


@dataclass
class Keeper:
    """The counts of one request: found, or made and noted, to be written once the request has let go of its reads.

    since: when the oldest of those that were found was counted; None: everything was counted now.
    may_count: asked before each count of many rows: no leaves it out. left: how many were left out.
    """

    now: datetime
    since: datetime | None = None
    may_count: Callable[[], bool] = _always
    left: int = 0
    _made: list[tuple[Any, Any]] = field(default_factory=list)
    _looked: list[Any] = field(default_factory=list)
    _few: dict[tuple[Reach, date, date], bool] = field(default_factory=dict)

    def of(
        self,
        session: Any,
        ask: Ask,
        count: Callable[[], Any],
        *,
        ready: bool = False,
        holds: Callable[[Any], bool] | None = None,
    ) -> Any:
        """What is kept of a count, or what it says now; None when it is left out. `count` must give plain JSON.

        ready: `count` costs nothing, it was made with another one. holds: whether what is kept is still of use.
        """
        if not self.keeps(session, ask.period):
            return count()
        plain = ask.plain()
        kept = kept_counts.find(session, plain)
        fresh = kept is not None and timedelta() <= self.now - kept.counted_at < KEPT
        if kept is None or not fresh or (holds is not None and not holds(kept.body)):
            if not (ready or self.may_count() or self._is_few(session, ask.reach, ask.period)):
                self.left += 1
                return None
            made = count()
            fault("count.made")
            self._made.append((plain, made))
            return made
        if self.now - kept.looked_at > A_DAY:
            self._looked.append(plain)
        self.since = kept.counted_at if self.since is None else min(self.since, kept.counted_at)
        return kept.body

    def keeps(self, session: Any, period: Period) -> bool:
        """Whether counts of a period are kept: asked of the tallies once a request."""
        return not self._is_few(session, EVERYWHERE, period)

    def _is_few(self, session: Any, reach: Reach, period: Period) -> bool:
        key = (reach, period.first, period.last)
        if key not in self._few:
            self._few[key] = few(session, reach, period)
        return self._few[key]

    def flush(self, sessions: Any) -> None:
        """Keep what was counted. Safe to call twice; a kill before loses nothing but the time it took."""
        if not (self._made or self._looked):
            return
        with sessions.begin() as session:
            for plain, body in self._made:
                kept_counts.keep(session, plain, body, now=self.now)
                fault("count.in_tx")
            for plain in self._looked:
                kept_counts.look(session, plain, now=self.now)
        self._made.clear()
        self._looked.clear()
