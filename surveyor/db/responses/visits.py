"""Openings of survey links: what pages wrote, and which of them a person made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.base import first_id, new_id
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Visit


@dataclass(frozen=True, slots=True)
class Opening:
    """One request of a survey link. `client_key`: who, for one day; `score`: of a score link."""

    method: str
    client_key: bytes
    score: int | None = None
    prefetch: bool = False
    navigated: bool = False


def add_visit(session: Session, invitation_id: UUID, opening: Opening, *, now: datetime) -> None:
    """Keep one opening; a crash may lose half a second of them, never an answer."""
    row = (
        new_id(now),
        invitation_id,
        opening.method,
        opening.score,
        now,
        opening.client_key,
        opening.prefetch,
        opening.navigated,
    )
    bulk.insert(session, Visit, _COLUMNS, [row])


_COLUMNS = ("id", "invitation_id", "method", "score", "at", "client_key", "prefetch", "navigated")


def scores_opened(session: Session, invitation_id: UUID, client_key: bytes, *, since: datetime) -> int:
    """How many different score links of an invitation a client opened since an instant."""
    return (
        session.scalar(
            select(func.count(Visit.score.distinct())).where(
                Visit.invitation_id == invitation_id,
                Visit.client_key == client_key,
                Visit.at >= since,
                Visit.score.is_not(None),
            )
        )
        or 0
    )


#: How far back visits are counted on each pass, and how old one is before it is judged.
VISITS_SINCE, JUDGED_AFTER = timedelta(days=2), timedelta(seconds=60)


def unvisited(
    session: Session, *, now: datetime, limit: int = 500
) -> dict[UUID, Sequence[tuple[datetime, bytes, Any]]]:
    """Sent invitations that no visit was counted of: their openings, as (instant, client, score), oldest first."""
    fresh = (
        select(Visit.invitation_id)
        .join(Invitation, Invitation.id == Visit.invitation_id)
        .where(Visit.id >= first_id(now - VISITS_SINCE), Visit.at <= now - JUDGED_AFTER)
        .where(Visit.method == "GET", Visit.prefetch.is_(False))
        .where(Invitation.visited_at.is_(None), Invitation.state == "sent")
        .distinct()
        .limit(limit)
    )
    rows = session.execute(
        select(Visit.invitation_id, Visit.at, Visit.client_key, Visit.score)
        .where(Visit.invitation_id.in_(fresh), Visit.method == "GET", Visit.prefetch.is_(False))
        .order_by(Visit.at)
    )
    found: dict[UUID, list[tuple[datetime, bytes, Any]]] = {}
    for row in rows:
        found.setdefault(row.invitation_id, []).append((row.at, row.client_key, row.score))
    return dict(found)


def mark_visited(session: Session, invitation_id: UUID, *, at: datetime) -> bool:
    """Note the first human visit; False when it was noted before."""
    changed = session.execute(
        update(Invitation).where(Invitation.id == invitation_id, Invitation.visited_at.is_(None)).values(visited_at=at),
        execution_options={"synchronize_session": False},
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]
