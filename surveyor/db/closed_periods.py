"""Closed months: counts of a store or of the network as they were, one revision after another, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Text, func, select, type_coerce
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.figures import ClosedPeriod
from surveyor.db.tables.tallies import CoarseTally

#: The store of the row of the whole network.
NETWORK_ROW = ""
_COLUMNS = ("month", "store_id", "kind", "revision", "closed_at", "why", "inputs")


class Closed(NamedTuple):
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
    query = select(c.month, c.store_id, c.kind, c.revision, c.closed_at, c.why, c.inputs)
    query = query.where(c.kind == kind, c.month == month).order_by(c.revision)
    if stores is not None:
        query = query.where(c.store_id.in_(stores))
    return {row[1]: Closed(*row) for row in session.execute(query)}  # the later revision stands


def ends(session: Session, kind: str, month: date, stores: Sequence[str]) -> list[tuple[Closed, Closed]]:
    """The first and the last revision of a month of each of these stores that has any."""
    c = ClosedPeriod
    query = select(c.month, c.store_id, c.kind, c.revision, c.closed_at, c.why, c.inputs)
    query = query.where(c.kind == kind, c.month == month, c.store_id.in_(stores)).order_by(c.revision)
    found: dict[str, tuple[Closed, Closed]] = {}
    for row in session.execute(query):
        one = Closed(*row)
        found[one.store_id] = (found.get(one.store_id, (one, one))[0], one)
    return list(found.values())


class _Counted(msgspec.Struct):
    counts: dict[str, int]


_counted = msgspec.json.Decoder(_Counted).decode


class Kept(NamedTuple):
    """The last revision of a closed month of a store: since when it stands, None for the first, and its counts.

    closed_at, first: of its first revision.
    """

    revised_at: datetime | None
    counts: Mapping[str, int]
    closed_at: datetime
    first: Mapping[str, int]


def counts_of_months(session: Session, kind: str, first: date, last: date) -> dict[date, dict[str, Kept]]:
    """First day of a month -> store, "" for the network -> what was closed, of the months that begin in these days.

    Thirteen months of 200 stores are 2,600 rows: in the order of the key, read as they are. Of what was noted with the
    counts (definitions, people, answers) nothing is made objects of: that was half of the time.
    """
    c = ClosedPeriod.__table__.c
    query = (
        select(c.month, c.store_id, c.revision, c.closed_at, type_coerce(c.inputs, Text))
        .where(c.kind == kind, c.month >= first, c.month <= last)
        .order_by(c.month, c.store_id, c.kind, c.revision)
    )
    found: dict[date, dict[str, Kept]] = {}
    for starts, store, revision, at, inputs in session.connection().execute(query):
        of, counts = found.setdefault(starts, {}), _counted(inputs).counts
        before = of.get(store)  # the later revision stands
        of[store] = Kept(at, counts, *before[2:]) if before and revision > 1 else Kept(None, counts, at, counts)
    return found


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
