"""Who keeps ordering, counted on demand from orders: each person once, cancelled orders never."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db import bulk
from surveyor.db.base import Instant
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response

#: The instant an order counts at, and the person it is of: two accounts with one address are one.
_at: Any = func.coalesce(Order.fulfilled_at, Order.ordered_at)
_PERSON = (Customer.address_key, case((Customer.address_key.is_(None), Customer.id)))
Span = tuple[datetime, datetime]
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Activity:
    """People by what they did: `before` and `after` are active at the two ends, `left` only at the first."""

    before: int
    after: int
    left: int
    buyers: int
    repeat_buyers: int
    orders: int


def activity(session: Session, reach: Reach, *, before: Span, after: Span, period: Span) -> Activity:
    """Who ordered in each of three spans of time, first instant included, last one not."""
    first = min(before[0], after[0], period[0])
    each = (
        _orders(reach)
        .add_columns(_any(before).label("before"), _any(after).label("after"), _times(period).label("orders"))
        .where(_at >= first, _at < max(before[1], after[1], period[1]))
        .group_by(*_PERSON)
        .subquery()
    )
    c = each.c
    row = session.execute(
        select(
            func.sum(c.before),
            func.sum(c.after),
            func.sum(case((and_(c.before == 1, c.after == 0), 1), else_=0)),
            func.sum(case((c.orders >= 1, 1), else_=0)),
            func.sum(case((c.orders >= 2, 1), else_=0)),
            func.sum(c.orders),
        )
    ).one()
    return Activity(*(int(value or 0) for value in row))


def first_orders(session: Session, reach: Reach, period: Span) -> int:
    """People whose first order ever is in the period."""
    firsts = (
        _orders(reach).add_columns(func.min(_at).label("first")).where(_at < period[1]).group_by(*_PERSON).subquery()
    )
    return session.scalar(select(func.count()).where(firsts.c.first >= period[0])) or 0


def second_orders(session: Session, reach: Reach, period: Span) -> Iterator[tuple[datetime, datetime | None]]:
    """First and second order of everybody whose first one ever is in the period."""
    order: dict[str, Any] = {"partition_by": _PERSON, "order_by": (_at, Order.order_id)}
    each = (
        _orders(reach)
        .add_columns(
            _at.label("first"),
            func.lead(_at, type_=Instant()).over(**order).label("second"),
            func.row_number().over(**order).label("n"),
        )
        .subquery()
    )
    rows = session.execute(
        select(each.c.first, each.c.second).where(each.c.n == 1, each.c.first >= period[0], each.c.first < period[1]),
        execution_options={"yield_per": _BATCH},
    )
    return ((first, second) for first, second in rows)


def consecutive(session: Session, reach: Reach, period: Span) -> Iterator[tuple[datetime, datetime]]:
    """Every order of the period with the one of the same person just before, wherever that stands."""
    order: dict[str, Any] = {"partition_by": _PERSON, "order_by": (_at, Order.order_id)}
    each = (
        _orders(reach)
        .add_columns(_at.label("at"), func.lag(_at, type_=Instant()).over(**order).label("former"))
        .subquery()
    )
    rows = session.execute(
        select(each.c.former, each.c.at).where(
            each.c.former.is_not(None), each.c.at >= period[0], each.c.at < period[1]
        ),
        execution_options={"yield_per": _BATCH},
    )
    return ((former, at) for former, at in rows)


def came_back(
    session: Session, reach: Reach, days: Period, *, within: timedelta
) -> Iterator[tuple[int, datetime, bool]]:
    """Score, instant and whether the same account ordered `within` that time after, for each answer of these days.

    A thousand at a time: a year of a large network has millions.
    """
    r, i = Response, Invitation
    rows = session.execute(
        select(r.score, r.answered_at, i.customer_id)
        .join(i, i.id == r.invitation_id)
        .outerjoin(Store, Store.id == r.store_id)
        .where(r.day >= days.first, r.day <= days.last, r.score.is_not(None), r.source == "email")
        .where(inside(reach, store=r.store_id, segment=r.segment))
        .execution_options(yield_per=_BATCH)
    )
    for batch in rows.partitions():
        bought = _bought(session, {customer for _, _, customer in batch})
        for score, at, customer in batch:
            if score is not None and at is not None:
                yield score, at, any(at < one <= at + within for one in bought.get(customer, ()))


def _bought(session: Session, customers: Iterable[UUID]) -> dict[UUID, list[datetime]]:
    found: dict[UUID, list[datetime]] = {}
    listed = sorted(customers)
    for first in range(0, len(listed), _BATCH):
        query = select(Order.customer_id, _at).where(Order.cancelled_at.is_(None))
        for customer, at in session.execute(
            query.where(bulk.among(session, Order.customer_id, listed[first : first + _BATCH]))
        ):
            found.setdefault(customer, []).append(at)
    return found


def _orders(reach: Reach) -> Any:
    o = Order
    return (
        select()
        .select_from(o)
        .join(Customer, Customer.id == o.customer_id)
        .outerjoin(Store, Store.id == o.store_id)
        .where(o.cancelled_at.is_(None), inside(reach, store=o.store_id, segment=o.segment))
    )


def _in(span: Span) -> ColumnElement[bool]:
    return and_(_at >= span[0], _at < span[1])


def _any(span: Span) -> Any:
    return func.max(case((_in(span), 1), else_=0))


def _times(span: Span) -> Any:
    return func.sum(case((_in(span), 1), else_=0))
