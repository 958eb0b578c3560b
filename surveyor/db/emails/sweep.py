"""Leases that are over: what was only held is given back, what may have left is in doubt and never pending again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.instance import Instance


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep found: emails given back to the queue, and emails that are now in doubt."""

    pending: tuple[UUID, ...]
    in_doubt: tuple[UUID, ...]


def newest_instant(session: Session) -> datetime | None:
    """The greatest instant that sending has recorded: a clock set back must not keep leases alive."""
    intent = session.scalar(
        select(func.max(SendAttempt.intent_at))
        .join(Email, and_(Email.id == SendAttempt.email_id, Email.attempts == SendAttempt.n))
        .where(Email.state == "dispatching")
    )
    heartbeat = session.scalar(select(Instance.heartbeat_at).where(Instance.id == 1))
    return max((instant for instant in (intent, heartbeat) if instant is not None), default=None)


def expired(session: Session, *, now: datetime, limit: int = 1000) -> list[tuple[UUID, str]]:
    """Emails whose lease is over, with their state; locked where there are locks, passing over what another holds."""
    query: Any = (
        select(Email.id, Email.state)
        .where(Email.state.in_(("leased", "dispatching")), Email.lease_until < now)
        .order_by(Email.id)
        .limit(limit)
    )
    if dialect_name(session) == "postgresql":
        query = query.with_for_update(skip_locked=True)
    return [(row.id, row.state) for row in session.execute(query)]


def sweep(session: Session, emails: list[tuple[UUID, str]], *, now: datetime) -> Swept:
    """Give back what was leased, doubt what was dispatching. The caller holds the locks that `expired` took."""
    leased = tuple(email_id for email_id, state in emails if state == "leased")
    dispatching = tuple(email_id for email_id, state in emails if state == "dispatching")
    options = {"synchronize_session": False}
    if dispatching:
        session.execute(
            update(SendAttempt)
            .where(SendAttempt.outcome == "intent", SendAttempt.email_id.in_(dispatching))
            .values(outcome="unknown", settled_at=now, evidence="lease over"),
            execution_options=options,
        )
        session.execute(
            update(Email)
            .where(Email.state == "dispatching", Email.id.in_(dispatching))
            .values(state="in_doubt", owner=None, lease_until=None),
            execution_options=options,
        )
    if leased:
        session.execute(
            update(Email)
            .where(Email.state == "leased", Email.id.in_(leased))
            .values(state="pending", owner=None, lease_until=None),
            execution_options=options,
        )
    return Swept(leased, dispatching)
