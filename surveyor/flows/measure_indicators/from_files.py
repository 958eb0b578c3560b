"""What indicators need of files of somebody else: costs, tickets, mentions; None while no such file ever came."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.calendar import add_months
from surveyor.core.indicators.counted import Spending, Tickets, Worth
from surveyor.core.periods import Period
from surveyor.db import buyers, side_figures
from surveyor.db.side_figures import Cost
from surveyor.flows.measure_indicators.question import Question

Span = tuple[datetime, datetime]


def span(period: Period, zone: str) -> Span:
    """From the first instant of a period to the first one after it, in a zone."""
    days = (period.first, period.last + timedelta(days=1))
    first, last = (datetime.combine(day, time(), ZoneInfo(zone)) for day in days)
    return first, last


def share(cost: Cost, period: Period) -> Fraction:
    """What of a cost belongs to a period: its days in it / its days."""
    first, last = max(cost.first_day, period.first), min(cost.last_day, period.last)
    inside = max(0, (last - first).days + 1)
    return Fraction(cost.amount) * inside / ((cost.last_day - cost.first_day).days + 1)


def worth(session: Any, question: Question, period: Period, *, idle: int) -> dict[str, Any]:
    """CUS-07, over the 12 months that end with the period."""
    start = date.fromordinal(add_months(period.last.toordinal(), -12))
    year = Period(start + timedelta(days=1), period.last)
    found = buyers.activity(
        session,
        question.reach,
        before=span(_active(start, idle), question.zone),
        after=span(_active(period.last, idle), question.zone),
        period=span(year, question.zone),
    )
    amount, orders = side_figures.turnover(session, question.reach, span(year, question.zone))
    return {"worth": Worth(amount, orders, found.buyers, found.before, found.left)}


def _active(last: date, months: int) -> Period:
    """The days `(last - months, last]`."""
    return Period(date.fromordinal(add_months(last.toordinal(), -months) + 1), last)


def spending(session: Any, question: Question, period: Period) -> dict[str, Any]:
    """CUS-08 and 09."""
    origins = side_figures.new_customers(session, question.reach, span(period, question.zone))
    spent = None
    if side_figures.any_costs(session):
        costs = side_figures.costs(session, question.reach, period)
        spent = sum((share(cost, period) for cost in costs), Fraction())
    measured = side_figures.any_origins(session)
    return {"spending": Spending(spent, sum(origins.values()), origins, measured)}


def tickets(session: Any, question: Question, period: Period) -> dict[str, Any]:
    """SVC."""
    if not side_figures.any_tickets(session):
        return {}
    first, last = span(period, question.zone)
    rows = side_figures.tickets(session, question.reach, (first, last))
    resolved = [row for row in rows if row.resolved_at is not None and first <= row.resolved_at < last]
    answered = [row for row in rows if row.first_reply_at is not None and first <= row.first_reply_at < last]
    as_of = datetime.combine(question.today, time(), ZoneInfo(question.zone))
    found = Tickets(
        resolved=[(row.resolved_at, row.again) for row in resolved if row.resolved_at is not None],
        as_of=as_of,
        resolution_hours=[_hours(row.created_at, row.resolved_at) for row in resolved],
        reply_hours=[_hours(row.created_at, row.first_reply_at) for row in answered],
        minutes=[Fraction(row.agent_minutes) for row in resolved if row.agent_minutes is not None],
        quality=[Fraction(row.quality) for row in resolved if row.quality is not None],
        contacts=sum(first <= row.created_at < last for row in rows),
        backlog=sum(row.resolved_at is None or row.resolved_at >= last for row in rows),
    )
    return {"tickets": found}


def _hours(start: datetime, end: datetime | None) -> float:
    return 0.0 if end is None else (end - start).total_seconds() / 3600


def polarities(session: Any, question: Question, period: Period) -> dict[str, Any]:
    """SOC-01."""
    if not side_figures.any_mentions(session):
        return {}
    return {"polarities": side_figures.polarities(session, question.reach, period)}
