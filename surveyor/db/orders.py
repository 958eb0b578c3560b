"""Orders made of their events, and the marks that take them back: what windows are counted from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.engine import dialect_name
from surveyor.db.tables.orders import Order, OrderMark

_COLUMNS = (
    *("id", "order_id", "customer_id", "store_id", "ordered_at", "ordered_offset", "fulfilled_at", "amount"),
    *("currency", "segment", "channel", "language", "history", "cancelled_at", "source", "received_at", "attributes"),
)
_VALUES = attrgetter(*_COLUMNS)
_MERGE = (
    "(order_id) DO UPDATE SET fulfilled_at = COALESCE(orders.fulfilled_at, excluded.fulfilled_at), "
    "cancelled_at = COALESCE(orders.cancelled_at, excluded.cancelled_at), "
    "customer_id = COALESCE(orders.customer_id, excluded.customer_id), "
    "amount = COALESCE(orders.amount, excluded.amount), history = orders.history OR excluded.history"
)
#: Any number of ours: a mark whose order is unknown waits for batches that may be storing that order.
_MARKS_LOCK = 7_236_502


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order. `customer_id` None: a guest. `ordered_offset`: minutes east of UTC as the source wrote it."""

    id: UUID
    order_id: str
    customer_id: UUID | None
    store_id: str
    ordered_at: datetime
    ordered_offset: int
    fulfilled_at: datetime | None
    amount: Decimal | None
    currency: str
    segment: str
    channel: str
    language: str
    history: bool
    cancelled_at: datetime | None
    source: str
    received_at: datetime
    attributes: Any = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A cancellation or a refund of an order, known or not; amount None: all of it."""

    event_id: UUID
    order_id: str
    kind: str
    amount: Decimal | None
    at: datetime


def by_order_id(session: Session, ids: Collection[str]) -> dict[str, OrderRow]:
    """The orders that sources call so."""
    return {row.order_id: row for row in _select(session, bulk.among(session, Order.order_id, ids))} if ids else {}


def of_customers(session: Session, ids: Collection[UUID]) -> list[OrderRow]:
    """Every order of these customers, the oldest first: what a state is made again from."""
    return _select(session, bulk.among(session, Order.customer_id, ids)) if ids else []


def save(session: Session, rows: Sequence[OrderRow]) -> None:
    """Insert orders, or fill what was unknown of them; the first known date stays."""
    values = [_VALUES(row) for row in sorted(rows, key=lambda row: row.order_id)]
    bulk.insert(session, Order, _COLUMNS, values, conflict=_MERGE)


def marks(session: Session, order_ids: Collection[str]) -> dict[str, list[Mark]]:
    """Cancellations and refunds by order, in the order in which they happened."""
    if not order_ids:
        return {}
    m = OrderMark
    query = select(m.event_id, m.order_id, m.kind, m.amount, m.at).where(bulk.among(session, m.order_id, order_ids))
    found: dict[str, list[Mark]] = {}
    for row in session.execute(query.order_by(m.at, m.event_id)):
        found.setdefault(row.order_id, []).append(Mark(*row))
    return found


def add_marks(session: Session, rows: Sequence[Mark]) -> None:
    """Keep marks, even of orders that have not come."""
    values = [(m.event_id, m.order_id, m.kind, m.amount, m.at) for m in sorted(rows, key=lambda m: m.event_id)]
    bulk.insert(session, OrderMark, ("event_id", "order_id", "kind", "amount", "at"), values, conflict="DO NOTHING")


def lock_marks(session: Session, *, unknown: bool) -> None:
    """Keep an order and its cancellation from passing each other unseen in two transactions.

    Every batch takes the lock shared; one that holds a mark of an `unknown` order takes it alone. SQLite has one
    writer and needs none.
    """
    if dialect_name(session) == "postgresql":
        how = "pg_advisory_xact_lock" if unknown else "pg_advisory_xact_lock_shared"
        session.execute(text(f"SELECT {how}(:key)"), {"key": _MARKS_LOCK})


def _select(session: Session, condition: Any) -> list[OrderRow]:
    columns = [getattr(Order, name) for name in _COLUMNS]
    query = select(*columns).where(condition).order_by(Order.ordered_at, Order.order_id)
    return [OrderRow(*row) for row in session.execute(query)]
