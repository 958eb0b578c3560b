"""Closed months: counts of a store or of the network as they were, one revision after another, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.figures import ClosedPeriod
from surveyor.db.tables.tallies import CoarseTally

#: The store of the row of the whole network.
NETWORK_ROW = ""
_COLUMNS = ("month", "store_id", "kind", "revision", "closed_at", "why", "inputs")


@dataclass(frozen=True, slots=True)
class Closed:
    """A month of a store as it was closed. kind: "scores" or "rates"; inputs: whole numbers only."""

    month: date
    store_id: str
    kind: str
    revision: int
    closed_at: datetime
    why: str
    inputs: Any


def newest(session: Session, kind: str, month: date, stores: Sequence[str] | None = None) -> dict[str, Closed]:
    """Store -> its last revision of a month; None: every store, and the network under ""."""
    c = ClosedPeriod
    last = select(c.store_id, func.max(c.revision).label("revision")).where(c.month == month, c.kind == kind)
    if stores is not None:
        last = last.where(c.store_id.in_(stores))
    found = last.group_by(c.store_id).subquery()
    query = (
        select(c.month, c.store_id, c.kind, c.revision, c.closed_at, c.why, c.inputs)
        .join(found, and_(found.c.store_id == c.store_id, found.c.revision == c.revision))
        .where(c.month == month, c.kind == kind)
    )
    return {row.store_id: Closed(*row) for row in session.execute(query)}


def revisions(session: Session, store_id: str = NETWORK_ROW) -> list[Closed]:
    """Every revision of every month of a store or of the network, the oldest first."""
    c = ClosedPeriod
    query = select(c.month, c.store_id, c.kind, c.revision, c.closed_at, c.why, c.inputs)
    query = query.where(c.store_id == store_id).order_by(c.month, c.kind, c.revision)
    return [Closed(*row) for row in session.execute(query)]


def insert(session: Session, rows: Iterable[Closed]) -> None:
    """Add revisions; one that somebody else has added meanwhile stays as it is."""
    values = [(r.month, r.store_id, r.kind, r.revision, r.closed_at, r.why, r.inputs) for r in rows]
    bulk.insert(session, ClosedPeriod, _COLUMNS, values, conflict="(month, store_id, kind, revision) DO NOTHING")


def first_day(session: Session) -> date | None:
    """The first day of which anything is counted."""
    return session.scalar(select(func.min(CoarseTally.day)))


def broken(session: Session) -> list[tuple[date, str, str]]:
    """(month, store, kind) whose revisions do not go from 1 to the last without a gap."""
    c = ClosedPeriod
    query = (
        select(c.month, c.store_id, c.kind)
        .group_by(c.month, c.store_id, c.kind)
        .having((func.min(c.revision) != 1) | (func.max(c.revision) != func.count()))
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def months(session: Session) -> list[tuple[date, str]]:
    """(month, kind) of every month that is closed for the network."""
    c = ClosedPeriod
    query = select(c.month, c.kind).where(c.store_id == NETWORK_ROW, c.revision == 1).order_by(c.month, c.kind)
    return [(row[0], row[1]) for row in session.execute(query)]
