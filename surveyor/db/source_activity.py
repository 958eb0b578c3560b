"""What each source delivered lately: read off the newest events, so that storing one costs nothing more for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.db.base import first_id
from surveyor.db.tables.orders import OrderEventRow


@dataclass(frozen=True, slots=True)
class Activity:
    """Events of one source since an instant: all, those kept in conflict or ignored, and when the last one came."""

    events: int
    conflicts: int
    ignored: int
    last_at: datetime


def since(session: Session, start: datetime) -> dict[str, Activity]:
    """By source; a source of which nothing came since then is absent. The ids of events carry their instant."""
    row = OrderEventRow
    query = (
        select(row.source, row.state, func.count().label("n"), func.max(row.received_at).label("last"))
        .where(row.id >= first_id(start))
        .group_by(row.source, row.state)
    )
    found: dict[str, Activity] = {}
    for one in session.execute(query):
        before = found.get(one.source, Activity(0, 0, 0, one.last))
        found[one.source] = Activity(
            before.events + one.n,
            before.conflicts + (one.n if one.state == "conflict" else 0),
            before.ignored + (one.n if one.state == "ignored" else 0),
            max(before.last_at, one.last),
        )
    return found
