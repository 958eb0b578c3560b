"""How a month was answered, store by store: what waits, how long replies took, who came back; read once for a book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from surveyor.core.indicators.reviews import Answered, Review, answered
from surveyor.core.periods import Period
from surveyor.core.reports.voice import Returning
from surveyor.core.scope import Reach
from surveyor.db import report_cases
from surveyor.db.report_cases import Returned
from surveyor.flows.measure_cases import RETURN_WITHIN


@dataclass(frozen=True, slots=True)
class Replies:
    """By store: instants of those who wait, what asks for a reply, (yes, answers) of REV-07, detractors of REV-08.

    returning: the three months that end two months before this one: their 60 days are over when it is told.
    """

    waiting: Mapping[str, Sequence[datetime]]
    reviews: Mapping[str, Sequence[Review]]
    come_back: Mapping[str, tuple[int, int]]
    returning: Period
    returned: Mapping[str, Sequence[Returned]]

    def late(self, stores: Iterable[str], now: datetime) -> int:
        """Detractors who have waited for more than 48 hours."""
        since = now.astimezone(UTC) - timedelta(hours=48)
        return sum([at < since for store in stores for at in self.waiting.get(store, ())])

    def answered(self, stores: Iterable[str], now: datetime) -> Answered:
        """REV-03 to 05 as the page of cases counts them."""
        rows = [one for store in stores for one in self.reviews.get(store, ())]
        return answered(rows, now=now.astimezone(UTC))

    def asked(self, stores: Iterable[str]) -> tuple[int, int]:
        """(would come back, answered the question) among those we replied to."""
        rows = [self.come_back[store] for store in stores if store in self.come_back]
        return sum(yes for yes, _ in rows), sum(n for _, n in rows)

    def measured(self, stores: Iterable[str], now: datetime) -> Returning:
        """Those replied to and those not, each with an order within 60 days; only those whose 60 days are over."""
        rows = [one for store in stores for one in self.returned.get(store, ()) if now - one.since >= RETURN_WITHIN]
        with_, without = (_back([one for one in rows if one.replied is kind]) for kind in (True, False))
        return Returning(self.returning, with_, without)


def _back(rows: Sequence[Returned]) -> tuple[int, int]:
    back = [one for one in rows if one.ordered_at is not None and one.ordered_at - one.since <= RETURN_WITHIN]
    return len(back), len(rows)


def read_replies(session: Any, months: Sequence[Period], reach: Reach) -> Replies:
    """Everything about the replies of the last of these months."""
    month, returning = months[-1], Period(months[-5].first, months[-3].last)
    returned: dict[str, list[Returned]] = {}
    for one in report_cases.returned(session, returning, reach):
        returned.setdefault(one.store, []).append(one)
    reviews, waiting = report_cases.asked_for(session, month, reach)
    return Replies(
        waiting,
        reviews,
        report_cases.came_back(session, month, reach),
        returning,
        returned,
    )
