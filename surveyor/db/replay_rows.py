"""Stored orders as a replay reads them: the rows of the table in the form of an order file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from surveyor.core.calendar import offset_name
from surveyor.core.replay import OrderRow
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.orders import Order


def stored_rows(
    session: Session, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[OrderRow]:
    """Orders of identified customers ordered or fulfilled `since`, each followed by its cancellation if it had one.

    until: only those ordered before.

    An order is taken as received at its basis instant: what a what-if compares is rules, not delays of a source.
    """
    query = _orders()
    if since is not None:
        query = query.where(or_(Order.ordered_at >= since, Order.fulfilled_at >= since))
    if until is not None:
        query = query.where(Order.ordered_at < until)
    yield from _rows(session, query)


def rows_of_person(session: Session, customer: UUID, address_key: bytes | None) -> Iterator[OrderRow]:
    """The same of one customer alone, with every account of their address."""
    c = Customer
    query = _orders().where(c.id == customer if address_key is None else c.address_key == address_key)
    yield from _rows(session, query)


def _orders() -> Any:
    o, c = Order, Customer
    return select(
        o.order_id,
        c.external_id,
        c.email,
        c.segment.label("of_customer"),
        o.segment,
        o.store_id,
        o.ordered_offset,
        o.ordered_at,
        o.fulfilled_at,
        o.cancelled_at,
    ).join(c, c.id == o.customer_id)


def _rows(session: Session, query: Any) -> Iterator[OrderRow]:
    rows = session.execute(query.order_by(Order.ordered_at, Order.order_id).execution_options(yield_per=2000))
    for row in rows:
        facts = (row.order_id, row.external_id, row.email.strip().lower(), row.store_id)
        zone, segment = offset_name(row.ordered_offset), row.segment or row.of_customer
        yield _row("order.completed", facts, segment, zone, row.ordered_at, row.fulfilled_at)
        if row.cancelled_at is not None:
            yield _row("order.cancelled", facts, segment, zone, row.cancelled_at, None)


def _row(
    kind: str,
    facts: tuple[str, str, str, str],
    segment: str,
    zone: str,
    at: datetime,
    fulfilled_at: datetime | None,
) -> OrderRow:
    order_id, customer, address, store_id = facts
    return OrderRow(order_id, kind, order_id, customer, address, store_id, segment, "", zone, at, fulfilled_at, None)
