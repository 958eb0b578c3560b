"""Stored orders as a replay by columns reads them: each column of many rows in one value, made by the database.

A million rows cost a few dozen values to fetch, not ten million. What the bytes mean is said in `OrderColumns`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, cast, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.orders import Order

#: Between texts of one column: no id has it (ingest refuses control characters).
MARK = "\x1f"
#: Rows of one read on SQLite.
CHUNK = 200_000
#: On PostgreSQL all rows are one read, whose values may have a gigabyte at most.
MOST = 8_000_000
#: An instant that is absent, on PostgreSQL and on SQLite.
ABSENT = b"\x80" + bytes(7)
ABSENT_TEXT = "0000-00-00T00:00:00.000000"


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """Orders of identified customers. `customers`: 16 bytes each. `offsets`: minutes, by commas.

    Instants: 8 bytes each, microseconds since 2000-01-01 in UTC, the highest byte first; 26 characters of ISO text each
    when `as_text`. The others: texts with MARK between them. `upto`: the share of the table read with it, 0 to 1.
    """

    count: int
    as_text: bool
    customers: bytes
    ordered: bytes
    fulfilled: bytes
    cancelled: bytes
    offsets: str
    stores: str
    segments: str
    order_ids: str
    upto: float = 1.0


@dataclass(frozen=True, slots=True)
class CustomerColumns:
    """All customers. `ids`: 16 bytes each; the others: texts with MARK between them."""

    count: int
    ids: bytes
    names: str
    addresses: str
    segments: str


def order_columns(
    session: Session, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[OrderColumns]:
    """The orders that `stored_rows` gives, in no order, in one or several pieces.

    Raises OverflowError on PostgreSQL when there are more than MOST.
    """
    if dialect_name(session) == "postgresql":
        yield from _postgresql(session, since, until)
        return
    o = Order
    rowid: Any = literal_column("orders.rowid")
    last = session.scalar(select(func.max(rowid)).select_from(o)) or 0
    columns = (
        func.count(),
        _blob(func.group_concat(func.hex(o.customer_id), "")),
        _blob(func.group_concat(func.substr(o.ordered_at, 1, 26), "")),
        _blob(func.group_concat(func.coalesce(func.substr(o.fulfilled_at, 1, 26), ABSENT_TEXT), "")),
        _blob(func.group_concat(func.coalesce(func.substr(o.cancelled_at, 1, 26), ABSENT_TEXT), "")),
        func.group_concat(o.ordered_offset, ","),
        *(func.group_concat(column, MARK) for column in (o.store_id, o.segment, o.order_id)),
    )
    query = select(*columns).where(o.customer_id.is_not(None), *_ordered(since, until))
    for first in range(0, last, CHUNK):
        row = session.execute(query.where(rowid > first, rowid <= first + CHUNK)).one()
        if row[0]:
            count, customers, *rest = row
            upto = min(1.0, (first + CHUNK) / last)
            found = OrderColumns(count, True, bytes.fromhex(customers.decode()), *rest)
            yield replace(found, upto=upto)


def customer_columns(session: Session) -> CustomerColumns:
    """Every customer: who an order's customer is."""
    c = Customer
    if dialect_name(session) == "postgresql":
        columns: tuple[Any, ...] = (_bytes(func.uuid_send(c.id)), *map(_texts, (c.external_id, c.email, c.segment)))
        count, ids, *texts = session.execute(select(func.count(), *columns)).one()
        return CustomerColumns(count, bytes(ids or b""), *(text or "" for text in texts))
    joined = tuple(func.group_concat(column, MARK) for column in (c.external_id, c.email, c.segment))
    count, ids, *texts = session.execute(
        select(func.count(), _blob(func.group_concat(func.hex(c.id), "")), *joined)
    ).one()
    return CustomerColumns(count, bytes.fromhex((ids or b"").decode()), *(text or "" for text in texts))


def _postgresql(session: Session, since: datetime | None, until: datetime | None) -> Iterator[OrderColumns]:
    o = Order
    wanted = select(func.count()).where(o.customer_id.is_not(None), *_ordered(since, until))
    if (session.scalar(wanted) or 0) > MOST:
        raise OverflowError(f"over {MOST} orders")
    absent = literal(ABSENT, LargeBinary)
    columns = (
        func.count(),
        _bytes(func.uuid_send(o.customer_id)),
        _bytes(func.timestamptz_send(o.ordered_at)),
        *(_bytes(func.coalesce(func.timestamptz_send(at), absent)) for at in (o.fulfilled_at, o.cancelled_at)),
        func.string_agg(cast(o.ordered_offset, Customer.segment.type), ","),
        *map(_texts, (o.store_id, o.segment, o.order_id)),
    )
    row = session.execute(select(*columns).where(o.customer_id.is_not(None), *_ordered(since, until))).one()
    if row[0]:
        count, *found = row
        instants: list[Any] = [bytes(value) for value in found[:4]]
        yield OrderColumns(count, False, *instants, *found[4:])


def _ordered(since: datetime | None, until: datetime | None) -> tuple[Any, ...]:
    after = () if since is None else (or_(Order.ordered_at >= since, Order.fulfilled_at >= since),)
    return after if until is None else (*after, Order.ordered_at < until)


def _blob(value: Any) -> Any:
    return cast(value, LargeBinary)


def _bytes(value: Any) -> Any:
    return func.string_agg(value, literal(b"", LargeBinary))


def _texts(column: Any) -> Any:
    return func.string_agg(column, MARK)
