"""Emails in doubt: handed over or not, nobody knows yet; what was looked at, and since when they wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from surveyor.db.tables.emails import DoubtCheck, Email, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import ResponseRevision, Visit


@dataclass(frozen=True, slots=True)
class Doubt:
    """One email in doubt: its latest attempt, and whether the customer's own acts show that it arrived."""

    email_id: UUID
    kind: str
    address_key: bytes
    n: int
    provider: str
    intent_at: datetime
    used_link: bool


def doubts(session: Session, *, limit: int = 500, after: UUID | None = None) -> list[Doubt]:
    """Emails in doubt in the order of their ids, from the one after `after`."""
    visited = exists().where(Visit.invitation_id == Invitation.id, Visit.at >= SendAttempt.intent_at)
    answered = exists().where(
        ResponseRevision.invitation_id == Invitation.id, ResponseRevision.at >= SendAttempt.intent_at
    )
    query = (
        select(
            Email.id,
            Email.kind,
            Email.address_key,
            SendAttempt.n,
            SendAttempt.provider,
            SendAttempt.intent_at,
            or_(visited, answered).label("used_link"),
        )
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
        .outerjoin(Invitation, and_(Invitation.id == Email.invitation_id, Email.kind == "invitation"))
        .where(Email.state == "in_doubt")
        .order_by(Email.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Email.id > after)
    return [Doubt(*row) for row in session.execute(query)]


def note_check(session: Session, email_id: UUID, *, now: datetime, found: str) -> None:
    """Keep that a doubt was looked at, and what was found."""
    if session.get(DoubtCheck, (email_id, now)) is None:
        session.add(DoubtCheck(email_id=email_id, at=now, found=found))
