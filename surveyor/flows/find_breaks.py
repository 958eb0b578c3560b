"""What changed in the days of a trend and may move its figures: between a question about figures and who shows it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.periods import local_date
from surveyor.db.breaks import Break, breaks
from surveyor.flows.measure_indicators import Question

SPANS = ("day", "week", "month")


def breaks_of(session: Any, question: Question) -> list[tuple[date, Break]]:
    """Rules, questions, emails, and of formulas those of the indicators asked, each with its local day, in order.

    Empty when the question is not cut by day, week or month: then there is no trend.
    """
    if question.by not in SPANS:
        return []
    days = (question.period.first, question.period.last + timedelta(days=1))
    first, last = (datetime.combine(day, time(), ZoneInfo(question.zone)) for day in days)
    found = breaks(session, first, last, of={entry.key for entry in question.indicators})
    return [(local_date(one.at, question.zone), one) for one in found]
