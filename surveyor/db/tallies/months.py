"""Sums of whole months, made once a month is over: between the tallies of days and pages of long periods.

Months are summed in their order, none is left out but those of which nothing was counted: the latest that has a row
says how far they go. Up to it every change of a day is added to its month in the same transaction, after it no month
has a row.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Date, func, insert, literal, select, text
from sqlalchemy.orm import Session

from surveyor.core.periods import Period, month_of
from surveyor.core.tally import COUNTS
from surveyor.db.engine import dialect_name
from surveyor.db.plain import execute
from surveyor.db.tables.tallies import CoarseMonth, CoarseTally, FineMonth, FineTally

A_DAY = timedelta(days=1)
PAIRS: tuple[tuple[Any, Any], ...] = ((FineTally, FineMonth), (CoarseTally, CoarseMonth))
#: Asked in each transaction that counts, on the driver itself: a tenth of what it takes to be compiled and told.
LATEST = f"SELECT max(month) FROM {CoarseMonth.__tablename__}"  # noqa: S608 - our table
_HOLD = text("LOCK TABLE tallies_fine IN SHARE ROW EXCLUSIVE MODE")


def latest_month(session: Session) -> date | None:
    """The first day of the last month that is summed; None before any is."""
    found = execute(session, LATEST, ()).fetchall()[0][0]
    return date.fromisoformat(found) if isinstance(found, str) else cast("date | None", found)


@lru_cache(maxsize=1024)
def first_of_month(day: date) -> date:
    """The first day of the month of a day, under which its sums are."""
    return day.replace(day=1)


def stretches(period: Period, latest: date | None) -> tuple[tuple[bool, Period], ...]:
    """The days before the first whole month, the whole months up to `latest`, the days after them; True for months.

    Empty ones are left out; a period without a whole month that is summed is one stretch of days.
    """
    first, last = month_of(period.first), month_of(period.last)
    start = period.first if first.first == period.first else first.last + A_DAY
    end = period.last if last.last == period.last else last.first - A_DAY
    if latest is not None:
        end = min(end, month_of(latest).last)
    if latest is None or end < start:
        return ((False, period),)
    parts = [(True, Period(start, end))]
    if period.first < start:
        parts.insert(0, (False, Period(period.first, start - A_DAY)))
    if end < period.last:
        parts.append((False, Period(end + A_DAY, period.last)))
    return tuple(parts)


def hold_days(session: Session) -> None:
    """Nobody changes a day meanwhile: whoever has is waited for, and whoever will then knows of the month.

    Fine cells are the first that a change touches, so that their table alone is held. SQLite has one writer.
    """
    if dialect_name(session) == "postgresql":
        session.execute(_HOLD)


def next_month(session: Session) -> Period | None:
    """The first month after those that are summed of which anything is counted, over or not; None: there is none."""
    latest, day = latest_month(session), CoarseTally.day
    earliest = select(func.min(day))
    found = session.scalar(earliest if latest is None else earliest.where(day > month_of(latest).last))
    return None if found is None else month_of(found)


def sum_month(session: Session, month: Period) -> None:
    """Sum the days of the next month, in the transaction that has called `hold_days`."""
    for days, months in PAIRS:
        day, *keys = days.__table__.primary_key
        sums = [func.sum(days.__table__.c[name]) for name in COUNTS]
        summed = select(literal(month.first, Date), *keys, *sums).where(day >= month.first, day <= month.last)
        names = ["month", *(key.name for key in keys), *COUNTS]
        session.execute(insert(months.__table__).from_select(names, summed.group_by(*keys)))
