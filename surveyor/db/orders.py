"""Orders made of their events, and the marks that take them back: what windows are counted from."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.engine import dialect_name
from surveyor.db.plain import execute
from surveyor.db.tables.orders import Order, OrderMark

_COLUMNS = (
    *("id", "order_id", "customer_id", "store_id", "ordered_at", "ordered_offset", "fulfilled_at", "amount"),
    *("currency", "segment", "channel", "language", "history", "cancelled_at", "source", "received_at", "attributes"),
)
_OF_MARK = ("event_id", "order_id", "kind", "amount", "at")
_MERGE = (
    "(order_id) DO UPDATE SET fulfilled_at = COALESCE(orders.fulfilled_at, excluded.fulfilled_at), "
    "cancelled_at = COALESCE(orders.cancelled_at, excluded.cancelled_at), "
    "customer_id = COALESCE(orders.customer_id, excluded.customer_id), "
    "amount = COALESCE(orders.amount, excluded.amount), history = orders.history OR excluded.history"
)
#: Any number of ours: a mark whose order is unknown waits for batches that may be storing that order.
_MARKS_LOCK = 7_236_502
_ALONE, _SHARED = "SELECT pg_advisory_xact_lock(%s)", "SELECT pg_advisory_xact_lock_shared(%s)"


class OrderRow(NamedTuple):
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


class Mark(NamedTuple):
    """A cancellation or a refund of an order, known or not; amount None: all of it."""

    event_id: UUID
    order_id: str
    kind: str
    amount: Decimal | None
    at: datetime


def by_order_id(session: Session, ids: Collection[str]) -> dict[str, OrderRow]:
    """The orders that sources call so."""
    return {row[1]: OrderRow(*row) for row in bulk.read(session, Order, _COLUMNS, "order_id", ids)}


def of_customers(session: Session, ids: Collection[UUID]) -> list[OrderRow]:
    """Every order of these customers, the oldest first: what a state is made again from."""
    rows = bulk.read(session, Order, _COLUMNS, "customer_id", ids, tail="ORDER BY ordered_at, order_id")
    return [OrderRow(*row) for row in rows]


def save(session: Session, rows: Sequence[OrderRow], *, known: Container[str]) -> None:
    """Insert orders, or fill what was unknown of those in `known`; the first known date stays.

    Raises IntegrityError when another transaction has stored one since `by_order_id`: made again, this one knows it.
    """
    ordered = sorted(rows, key=attrgetter("order_id"))
    bulk.insert(session, Order, _COLUMNS, [row for row in ordered if row.order_id not in known])
    bulk.insert(session, Order, _COLUMNS, [row for row in ordered if row.order_id in known], conflict=_MERGE)


def marks(session: Session, order_ids: Collection[str]) -> dict[str, list[Mark]]:
    """Cancellations and refunds by order, in the order in which they happened."""
    found: dict[str, list[Mark]] = {}
    for row in bulk.read(session, OrderMark, _OF_MARK, "order_id", order_ids, tail="ORDER BY at, event_id"):
        found.setdefault(row[1], []).append(Mark(*row))
    return found


def add_marks(session: Session, rows: Sequence[Mark]) -> None:
    """Keep marks, even of orders that have not come."""
    bulk.insert(session, OrderMark, _OF_MARK, sorted(rows, key=attrgetter("event_id")), conflict="DO NOTHING")


def lock_marks(session: Session, *, unknown: bool) -> None:
    """Keep an order and its cancellation from passing each other unseen in two transactions.

    Every batch takes the lock shared; one that holds a mark of an `unknown` order takes it alone. SQLite has one
    writer and needs none.
    """
    if dialect_name(session) == "postgresql":
        execute(session, _ALONE if unknown else _SHARED, (_MARKS_LOCK,))
