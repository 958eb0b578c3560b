"""The agenda of a written case: its events in the order in which they happen, and the outages of its worker."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

#: "At one instant" (rules.md, 10): opt-outs, choices, answers and publishing; cancellations; orders; emails; reminders.
CHOICES, CANCELLATIONS, ORDERS, EMAILS, REMINDERS = range(5)
#: A cycle that nothing stops is followed this long after the last event of its case.
LONGEST = timedelta(days=5 * 366)


class Agenda:
    """Actions to come: at one instant by phase, then by key, then as given."""

    def __init__(self, outages: Sequence[Sequence[str]]) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.outages = sorted((instant(start), instant(end)) for start, end in outages)
        self._queue: list[tuple[datetime, int, tuple[Any, ...], int, Callable[[], object]]] = []
        self._count = 0

    def put(self, at: datetime, phase: int, key: tuple[Any, ...], action: Callable[[], object]) -> None:
        """Queue an action."""
        self._count += 1
        heapq.heappush(self._queue, (at, phase, key, self._count, action))

    def run(self) -> None:
        """Do everything in order, with what is put there meanwhile."""
        end = max((entry[0] for entry in self._queue), default=self.now) + LONGEST
        while self._queue and self._queue[0][0] <= end:
            self.now, _, _, _, action = heapq.heappop(self._queue)
            action()

    def worked(self, at: datetime) -> datetime:
        """When the worker sees what is due `at`: not before now, not inside an outage."""
        at = max(at, self.now)
        for start, end in self.outages:
            if start <= at < end:
                at = end
        return at


def arrivals(orders: Sequence[Mapping[str, Any]]) -> list[tuple[datetime, Mapping[str, Any]]]:
    """When each event of a case is received: as said, else fulfilled, else ordered."""
    return [(instant(o.get("received_at") or o.get("fulfilled_at") or o["ordered_at"]), o) for o in orders]


def instant(text: str) -> datetime:
    """ "2026-01-05T17:00Z" as an instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


def written(at: datetime) -> str:
    """An instant as cases write it, in UTC to the minute."""
    return at.strftime("%Y-%m-%dT%H:%MZ")
