"""Events that could not be used, kept beside the line until a person looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
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


def keep(session: Session, what: Unusable, *, now: datetime) -> None:
    """Store one quarantined event, once."""
    row = (new_id(now), what.source, what.event_id, what.content, what.body, "quarantined", what.why[:500], now)
    bulk.insert(session, OrderEventRow, _COLUMNS, [row], conflict="DO NOTHING")


def kept(session: Session, *, limit: int = 100) -> Sequence[dict[str, Any]]:
    """The newest quarantined events."""
    row = OrderEventRow
    query = select(row.id, row.source, row.event_id, row.body, row.error, row.received_at).where(
        row.state == "quarantined"
    )
    return [dict(one) for one in session.execute(query.order_by(row.received_at.desc()).limit(limit)).mappings()]
