"""Customers who were held out and those who were asked, with the day on which each ordered again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.orders import Order


def first_decisions(session: Session, *, since: date, until: date) -> Iterator[tuple[bool, datetime, datetime | None]]:
    """For each customer first decided upon between two days: held out or asked, when they ordered, when again.

    A customer with a HOLDOUT decision is held out, whatever else; cancelled orders are none.
    """
    d = DecisionRow
    held = func.max(case((d.reason == "HOLDOUT", 1), else_=0)).label("held")
    firsts = (
        select(d.customer_id, held, func.min(Order.ordered_at).label("at"))
        .join(Order, Order.order_id == d.order_id)
        .where(d.occurrence_on.is_(None), d.day.between(since, until))
        .where(or_(d.verdict == "SCHEDULED", d.reason == "HOLDOUT"))
        .group_by(d.customer_id)
        .subquery()
    )
    o: Any = Order
    again = func.min(o.ordered_at)
    query = (
        select(firsts.c.held, firsts.c.at, again)
        .outerjoin(o, (o.customer_id == firsts.c.customer_id) & (o.ordered_at > firsts.c.at) & o.cancelled_at.is_(None))
        .group_by(firsts.c.customer_id, firsts.c.held, firsts.c.at)
    )
    for is_held, at, next_at in session.execute(query.execution_options(yield_per=2000)):
        yield bool(is_held), at, next_at
