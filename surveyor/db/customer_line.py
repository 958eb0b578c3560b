"""What happened to some customers, inside a reader's scopes: the orders, emails and answers of their line of time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach
from surveyor.db import bulk
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response


class SeenOrder(NamedTuple):
    """One order that the reader may see."""

    customer_id: UUID
    id: UUID
    order_id: str
    store_id: str
    store: str
    ordered_at: datetime
    fulfilled_at: datetime | None
    cancelled_at: datetime | None


class SeenEmail(NamedTuple):
    """One email to a customer. delivery: what is known of it; visited_at, answered_at, score: of its invitation."""

    customer_id: UUID
    id: UUID
    kind: str
    rule_id: str
    order_id: str
    state: str
    reason: str | None
    due_at: datetime
    sent_at: datetime | None
    delivery: str | None
    visited_at: datetime | None
    answered_at: datetime | None
    score: int | None
    commented: bool | None


class Known(NamedTuple):
    """A customer with decisions inside the reader's scopes: how many, and the last local day."""

    id: UUID
    decisions: int
    last_day: Any


def known(session: Session, customers: Collection[UUID], reach: Reach, *, order_id: str = "") -> list[Known]:
    """Those of these customers about whom a reader may know something; `order_id`: by decisions on this order alone."""
    d = DecisionRow
    query = (
        select(d.customer_id, func.count(), func.max(d.day))
        .join(Store, Store.id == d.store_id, isouter=True)
        .where(bulk.among(session, d.customer_id, customers), inside(reach, store=d.store_id, segment=d.segment))
        .group_by(d.customer_id)
        .order_by(d.customer_id)
    )
    if order_id:
        query = query.where(d.order_id == order_id)
    return [Known(*row) for row in session.execute(query)]


def order_of(session: Session, row_id: UUID) -> str:
    """The source's id of an order; "" when there is none."""
    return session.scalar(select(Order.order_id).where(Order.id == row_id)) or ""


def orders(session: Session, customers: Collection[UUID], reach: Reach) -> list[SeenOrder]:
    """Their orders, the oldest first."""
    o = Order
    segment = func.coalesce(func.nullif(o.segment, ""), Customer.segment)
    query = (
        select(
            *(o.customer_id, o.id, o.order_id, o.store_id, func.coalesce(Store.name, "")),
            *(o.ordered_at, o.fulfilled_at, o.cancelled_at),
        )
        .join(Customer, Customer.id == o.customer_id)
        .join(Store, Store.id == o.store_id, isouter=True)
        .where(bulk.among(session, o.customer_id, customers), inside(reach, store=o.store_id, segment=segment))
        .order_by(o.ordered_at, o.order_id)
    )
    found: list[Any] = list(session.execute(query))
    return [SeenOrder(*row) for row in found]


def emails(session: Session, customers: Collection[UUID], reach: Reach) -> list[SeenEmail]:
    """Their emails with what came of them, the oldest first."""
    e, i, r = Email, Invitation, Response
    query = (
        select(
            *(i.customer_id, e.id, e.kind, i.rule_id, i.order_id, e.state, e.reason, e.due_at, e.sent_at, e.delivery),
            *(i.visited_at, r.answered_at, r.score, r.commented),
        )
        .join(i, i.id == e.invitation_id)
        .join(r, r.invitation_id == i.id, isouter=True)
        .join(Store, Store.id == i.store_id, isouter=True)
        .where(bulk.among(session, i.customer_id, customers), inside(reach, store=i.store_id, segment=i.segment))
        .order_by(e.due_at, e.id)
        .limit(500)
    )
    found: list[Any] = list(session.execute(query))
    return [SeenEmail(*row) for row in found]
