"""Enrolments whose next occurrence has come: what the clock looks at between two emails of a cycle."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.prepared import Prepared
from surveyor.db.tables.customers import CustomerState, Cycle


@dataclass(frozen=True, slots=True)
class DueCycle:
    """A planned occurrence, and the address of its customer."""

    customer_id: UUID
    rule_id: str
    address_key: bytes | None
    opened_by: str
    occurrence: int
    next_at: datetime


def due(session: Session, *, now: datetime, limit: int) -> list[DueCycle]:
    """Occurrences planned at `now` or before, the longest overdue first; not locked."""
    c, s = Cycle, CustomerState
    query = (
        select(c.customer_id, c.rule_id, s.address_key, c.opened_by, c.occurrence, c.next_at)
        .join(s, s.customer_id == c.customer_id)
        .where(c.next_at <= now)
        .order_by(c.next_at, c.rule_id, c.customer_id)
        .limit(limit)
    )
    return [DueCycle(*row) for row in session.execute(query)]


def of_customers(session: Session, customers: Collection[UUID]) -> list[DueCycle]:
    """The planned occurrences of these customers, the next one first."""
    c, s = Cycle, CustomerState
    query = (
        select(c.customer_id, c.rule_id, s.address_key, c.opened_by, c.occurrence, c.next_at)
        .join(s, s.customer_id == c.customer_id)
        .where(c.customer_id.in_(sorted(customers)))
        .order_by(c.next_at)
    )
    return [DueCycle(*row) for row in session.execute(query)]


def next_instant(session: Session) -> datetime | None:
    """When the next occurrence is looked at; None when no customer is in a cycle."""
    ((next_at,),) = _NEXT.rows(session)
    return next_at  # type: ignore[no-any-return]


_NEXT = Prepared(select(func.min(Cycle.next_at)))


def plan(session: Session, rows: Sequence[tuple[UUID, str, str, int, datetime]]) -> None:
    """The next occurrence of enrolments: (customer, rule, order that opened it, number, instant)."""
    columns = ("customer_id", "rule_id", "opened_by", "occurrence", "next_at")
    again = (
        "(customer_id, rule_id) DO UPDATE SET opened_by = excluded.opened_by, "
        "occurrence = excluded.occurrence, next_at = excluded.next_at"
    )
    bulk.insert(session, Cycle, columns, sorted(rows), conflict=again)


def end(session: Session, rows: Sequence[tuple[UUID, str]]) -> None:
    """Forget planned occurrences: (customer, rule)."""
    bulk.delete(session, Cycle, ("customer_id", "rule_id"), sorted(rows))
