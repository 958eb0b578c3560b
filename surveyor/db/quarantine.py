"""Events that could not be used, kept beside the line until a person looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.base import new_id
from surveyor.db.tables.orders import OrderEventRow

_COLUMNS = ("id", "source", "event_id", "content_sha256", "body", "state", "error", "received_at")


@dataclass(frozen=True, slots=True)
class Unusable:
    """What came and could not be used. content: SHA-256 of all of it; body: the copy kept; why: for a person."""

    source: str
    event_id: str
    content: bytes
    body: str
    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One quarantined event. tries: how often it was decided upon, or replayed, in vain."""

    id: UUID
    source: str
    event_id: str
    body: str
    why: str
    tries: int
    received_at: datetime


def keep(session: Session, what: Unusable, *, now: datetime) -> None:
    """Store one quarantined event, once."""
    row = (new_id(now), what.source, what.event_id, what.content, what.body, "quarantined", what.why[:500], now)
    bulk.insert(session, OrderEventRow, _COLUMNS, [row], conflict="DO NOTHING")


def kept(session: Session, *, source: str = "", limit: int = 100, after: UUID | None = None) -> Sequence[Kept]:
    """The newest quarantined events, of one source or of all. after: the last one of the page before."""
    query = _query().order_by(OrderEventRow.id.desc()).limit(limit)
    if source:
        query = query.where(OrderEventRow.source == source)
    if after is not None:
        query = query.where(OrderEventRow.id < after)
    return [_kept(row) for row in session.execute(query)]


def one(session: Session, event: UUID, *, lock: bool = False) -> Kept | None:
    """A quarantined event; None when there is none, or it is in quarantine no more. lock: until the commit."""
    query = _query().where(OrderEventRow.id == event)
    row = session.execute(query.with_for_update() if lock else query).first()
    return None if row is None else _kept(row)


def every_id(session: Session, *, source: str = "") -> Sequence[UUID]:
    """The ids of all, the oldest first, of one source or of all: the order in which they came."""
    row = OrderEventRow
    query = select(row.id).where(row.state == "quarantined").order_by(row.id)
    return list(session.scalars(query.where(row.source == source) if source else query))


def by_source(session: Session) -> dict[str, int]:
    """How many events of each source are in quarantine; sources without any are absent."""
    row = OrderEventRow
    found = session.execute(
        select(row.source, func.count().label("n")).where(row.state == "quarantined").group_by(row.source)
    )
    return {one.source: int(one.n) for one in found}


def close(session: Session, event: UUID, said: str) -> bool:
    """Out of quarantine: kept as `ignored`, with what was done about it; False when somebody else was faster."""
    return _change(session, event, state="ignored", error=said[:500])


def failed_again(session: Session, event: UUID, why: str) -> bool:
    """It stays, with the reason of this time."""
    return _change(session, event, error=why[:500], tries=OrderEventRow.tries + 1)


def wait(session: Session, event: UUID, *, tries: int) -> bool:
    """It is to be decided upon once more (flows/retry_events); `tries` counts as made."""
    return _change(session, event, state="new", tries=tries)


def _change(session: Session, event: UUID, **values: Any) -> bool:
    row = OrderEventRow
    changed = session.execute(
        update(row).where(row.id == event, row.state == "quarantined").values(**values),
        execution_options={"synchronize_session": False},
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _query() -> Any:
    row = OrderEventRow
    columns = (row.id, row.source, row.event_id, row.body, row.error, row.tries, row.received_at)
    return select(*columns).where(row.state == "quarantined")


def _kept(row: Any) -> Kept:
    return Kept(row.id, row.source, row.event_id, row.body or "", row.error or "", row.tries, row.received_at)
