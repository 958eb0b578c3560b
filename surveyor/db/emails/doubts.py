"""Emails in doubt: handed over or not, nobody knows yet; what was looked at, and since when they wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import first_id
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import DoubtCheck, Email, SendAttempt
from surveyor.db.tables.responses import Visit
from surveyor.db.tables.users import User

#: A doubt is looked at on every pass of its first ten minutes, then every quarter of an hour.
YOUNG = timedelta(minutes=10)
BETWEEN_LOOKS = timedelta(minutes=15)
#: How far back openings are read on each pass.
OPENINGS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One email in doubt and its latest attempt; address: that of its reader now, "" when they were erased."""

    email_id: UUID
    kind: str
    address_key: bytes
    n: int
    provider: str
    intent_at: datetime
    address: str = field(default="", repr=False)


def _doubts() -> Any:
    return (
        select(
            *(Email.id, Email.kind, Email.address_key, SendAttempt.n, SendAttempt.provider, SendAttempt.intent_at),
            func.coalesce(Customer.email, User.email, ""),
        )
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
        .outerjoin(Customer, Customer.id == Email.customer_id)
        .outerjoin(User, User.id == Email.user_id)
        .where(Email.state == "in_doubt")
    )


def doubts(session: Session, *, now: datetime, limit: int = 500) -> list[Doubt]:
    """Emails in doubt that are to be looked at now, in the order of their ids."""
    looked = select(func.max(DoubtCheck.at)).where(DoubtCheck.email_id == Email.id).correlate(Email).scalar_subquery()
    query = (
        _doubts()
        .where(or_(SendAttempt.intent_at > now - YOUNG, looked.is_(None), looked <= now - BETWEEN_LOOKS))
        .order_by(Email.id)
        .limit(limit)
    )
    return [Doubt(*row) for row in session.execute(query)]


def doubt(session: Session, email_id: UUID) -> Doubt | None:
    """One email in doubt, None when there is none of that id."""
    row = session.execute(_doubts().where(Email.id == email_id)).first()
    return Doubt(*row) if row is not None else None


def still_in_doubt(session: Session, email_id: UUID) -> bool:
    """Whether nothing settled it meanwhile."""
    return session.scalar(select(Email.state).where(Email.id == email_id)) == "in_doubt"


def prolong(session: Session, email_id: UUID, *, until: datetime) -> None:
    """Let an email leave until an instant, unless it may later still."""
    session.execute(
        update(Email).where(Email.id == email_id, Email.expires_at < until).values(expires_at=until),
        execution_options={"synchronize_session": False},
    )


def opened_in_doubt(session: Session, *, now: datetime) -> dict[UUID, bytes]:
    """Invitation emails whose link was opened lately though nothing says that they were accepted: id -> address key.

    Those that wait to be handed over again are among them: who opened the link has the email, whatever was answered.
    """
    unknown = or_(Email.state.in_(("in_doubt", "pending", "leased")), Email.reason == "UNCONFIRMED")
    query = (
        select(Email.id, Email.address_key)
        .join(Visit, Visit.invitation_id == Email.invitation_id)
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
        .where(Visit.id >= first_id(now - OPENINGS), Visit.at >= SendAttempt.intent_at)
        .where(unknown, Email.kind == "invitation")
        .distinct()
    )
    return {row.id: row.address_key for row in session.execute(query)}


def note_check(session: Session, email_id: UUID, *, now: datetime, found: str) -> None:
    """Keep that a doubt was looked at, and what was found."""
    if session.get(DoubtCheck, (email_id, now)) is None:
        session.add(DoubtCheck(email_id=email_id, at=now, found=found))
        session.flush()
