"""Doubts that readers of the public page report on a review, and what staff found."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.tables.reviews import ReviewReport


def add_report(session: Session, **values: Any) -> None:
    """A doubt that somebody reports."""
    session.execute(insert(ReviewReport).values(**values))


def reported_today(session: Session, invitation_id: UUID, client_key: bytes) -> bool:
    """Whether this browser has reported this review on this day."""
    mine = (ReviewReport.invitation_id == invitation_id, ReviewReport.client_key == client_key)
    return session.scalar(select(exists().where(*mine))) or False


def reports_of(session: Session, invitation_id: UUID) -> list[ReviewReport]:
    """Every doubt on a review, the newest first."""
    p = ReviewReport
    return list(session.scalars(select(p).where(p.invitation_id == invitation_id).order_by(p.at.desc())))


def close_reports(session: Session, invitation_id: UUID, *, finding: str, by: str, now: datetime) -> int:
    """Answer the open doubts on a review; how many."""
    p = ReviewReport
    mine = update(p).where(p.invitation_id == invitation_id, p.closed_at.is_(None))
    closed = mine.values(closed_at=now, closed_by=by, finding=finding)
    changed = session.execute(closed, execution_options={"synchronize_session": False})
    return int(changed.rowcount)  # type: ignore[attr-defined]
