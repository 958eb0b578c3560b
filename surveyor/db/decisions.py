"""Decisions kept, refusals included: the one that stands per rule and order, the former ones aside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach
from surveyor.db import bulk
from surveyor.db.inside import inside
from surveyor.db.tables.decisions import DecisionHistory, DecisionRow
from surveyor.db.tables.network import Store

_COLUMNS = (
    *("id", "customer_id", "order_id", "occurrence_on", "occurrence", "rule_id", "rule_version", "arm", "verdict"),
    *("reason", "store_id", "segment", "day", "planned_at", "cause", "facts", "decided_at"),
)


class Kept(NamedTuple):
    """One decision as a row. `occurrence_on`, `occurrence`: None for a decision on an order."""

    id: UUID
    customer_id: UUID
    order_id: str
    occurrence_on: date | None
    occurrence: int | None
    rule_id: str
    rule_version: int
    arm: str | None
    verdict: str
    reason: str | None
    store_id: str
    segment: str
    day: date
    planned_at: datetime | None
    cause: str
    facts: Any
    decided_at: datetime


def insert(session: Session, rows: Sequence[Kept]) -> None:
    """Keep decisions that stand."""
    bulk.insert(session, DecisionRow, _COLUMNS, rows)


def take_out(
    session: Session,
    *,
    of_orders: Collection[tuple[str, str]] = (),
    of_cycles: Collection[tuple[UUID, str, date]] = (),
) -> list[Kept]:
    """Remove and return the decisions that are made again, by (order, rule) or (customer, rule, date)."""
    d = DecisionRow
    conditions: list[Any] = []
    if of_orders:
        conditions.append(tuple_(d.order_id, d.rule_id).in_(list(of_orders)) & d.occurrence_on.is_(None))
    if of_cycles:
        conditions.append(tuple_(d.customer_id, d.rule_id, d.occurrence_on).in_(list(of_cycles)))
    if not conditions:
        return []
    found = _select(session, or_(*conditions))
    bulk.delete(session, DecisionRow, ("id",), sorted((row.id,) for row in found))
    return found


def keep_former(session: Session, rows: Sequence[Kept], *, now: datetime) -> None:
    """Add to the history of decisions."""
    bulk.insert(session, DecisionHistory, _COLUMNS, rows, same={"replaced_at": now})


def below_minimum(session: Session, customers: Collection[UUID]) -> dict[str, set[str]]:
    """Order -> rules that last said BELOW_MIN_ORDERS of it."""
    found: dict[str, set[str]] = {}
    refused = "AND reason = 'BELOW_MIN_ORDERS' AND occurrence_on IS NULL"
    columns = ("order_id", "rule_id")
    for order_id, rule_id in bulk.read(session, DecisionRow, columns, "customer_id", customers, tail=refused):
        found.setdefault(order_id, set()).add(rule_id)
    return found


def of_customers(
    session: Session,
    customers: Collection[UUID],
    reach: Reach,
    *,
    order_id: str = "",
    former: bool = False,
    limit: int = 200,
) -> list[Kept]:
    """Decisions that stand for these customers (former: those that were made again), the newest first, in scope.

    order_id: those on this order alone.
    """
    table: Any = DecisionHistory if former else DecisionRow
    query = (
        select(*(getattr(table, name) for name in _COLUMNS))
        .join(Store, Store.id == table.store_id, isouter=True)
        .where(
            bulk.among(session, table.customer_id, customers),
            inside(reach, store=table.store_id, segment=table.segment),
        )
        .order_by(table.decided_at.desc(), table.id.desc())
        .limit(limit)
    )
    if order_id:
        query = query.where(table.order_id == order_id)
    return [Kept(*row) for row in session.execute(query)]


def _select(session: Session, condition: Any) -> list[Kept]:
    columns = [getattr(DecisionRow, name) for name in _COLUMNS]
    query = select(*columns).where(condition).order_by(DecisionRow.decided_at.desc(), DecisionRow.id.desc())
    return [Kept(*row) for row in session.execute(query)]
