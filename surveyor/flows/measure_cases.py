"""How answers were answered: reply rate and time, detractors handled, customers who came back; REV-03 to 05, 07, 08."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.indicators.reviews import Replies, Review, answered
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db import cases
from surveyor.db.cases import Detractor

#: REV-08: an order within so many days of the reply.
RETURN_WITHIN = timedelta(days=60)


def measure_cases(session: Any, reach: Reach, period: Period, *, now: datetime) -> Replies:
    """The figures of a period, by the day the responses came; commented responses but for REV-07 and 08."""
    asked = cases.replied(session, reach, period, asked=True)
    told = cases.detractors(session, reach, period)
    rows = [Review(one.score, one.answered_at, one.replied_at, one.commented, one.call_back) for one in asked]
    found = answered(rows, now=now)
    return Replies(
        found.replied,
        found.time,
        found.detractors,
        cases.came_back(session, reach, period),
        returned([one for one in told if one.replied], now),
        returned([one for one in told if not one.replied], now),
    )


def returned(rows: Sequence[Detractor], now: datetime) -> tuple[int, int]:
    """(with an order in the 60 days, all) of those whose 60 days are over."""
    over = [one for one in rows if now - one.since >= RETURN_WITHIN]
    back = sum(one.ordered_at is not None and one.ordered_at - one.since <= RETURN_WITHIN for one in over)
    return back, len(over)
