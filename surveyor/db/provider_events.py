"""What providers said of emails, each thing once, and where each email is on its ladder."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.delivery import UNDELIVERED_RANK
from surveyor.core.emails import RANK, Delivery
from surveyor.db.base import first_id, new_id
from surveyor.db.engine import dialect_name
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email, EmailEvent, SendAttempt
from surveyor.db.tables.invitations import Invitation

#: How old an email may be and still wait for its first outcome.
RECENT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to keep, in our words. matched_by: `email`, `request`, `return_path`, `address` or `none`."""

    provider: str
    event_id: str
    email_id: UUID | None
    n: int | None
    matched_by: str
    kind: str
    at: datetime
    detail: Any

    def fingerprint(self) -> bytes:
        """What tells an event from its copies: the provider's id, else everything that it says."""
        said = (self.event_id,) if self.event_id else (self.email_id, self.n, self.kind, self.at, self.detail)
        return hashlib.sha256("\0".join(str(part) for part in (self.provider, *said)).encode()).digest()


def keep(session: Session, events: Sequence[NewEvent], *, now: datetime) -> list[bool]:
    """Insert events; for each, whether it was new."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    new = []
    for one in events:
        statement: Any = make(EmailEvent).values(
            id=new_id(now),
            provider=one.provider,
            event_id=one.event_id or None,
            fingerprint=one.fingerprint(),
            email_id=one.email_id,
            n=one.n,
            matched_by=one.matched_by,
            kind=one.kind,
            at=one.at,
            received_at=now,
            detail=one.detail,
        )
        found = session.execute(statement.on_conflict_do_nothing().returning(EmailEvent.id)).first()
        new.append(found is not None)
    return new


def by_request(session: Session, provider: str, refs: Collection[str]) -> dict[str, tuple[UUID, int]]:
    """The attempts that a provider's own references name."""
    if not refs:
        return {}
    rows = session.execute(
        select(SendAttempt.provider_ref, SendAttempt.email_id, SendAttempt.n).where(
            SendAttempt.provider == provider, SendAttempt.provider_ref.in_(sorted(refs))
        )
    )
    return {row.provider_ref: (row.email_id, row.n) for row in rows}


@dataclass(frozen=True, slots=True)
class Rung:
    """Where an email is on its ladder. `visited`: its invitation was, which proves delivery. `first`: no reminder."""

    email_id: UUID
    address_key: bytes
    state: str
    delivery: str | None
    rank: int
    visited: bool
    first: bool
    attempts: int


def rungs(session: Session, ids: Collection[UUID]) -> dict[UUID, Rung]:
    """The ladders of these emails; unknown ids are absent."""
    rows = session.execute(
        select(
            Email.id,
            Email.address_key,
            Email.state,
            Email.delivery,
            Email.delivery_rank,
            Invitation.visited_at.is_not(None),
            Email.kind == "invitation",
            Email.attempts,
        )
        .outerjoin(Invitation, Invitation.id == Email.invitation_id)
        .where(Email.id.in_(list(ids)))
    )
    return {row.id: Rung(*row) for row in rows}


def climb(session: Session, email_id: UUID, to: Delivery, *, at: datetime) -> None:
    """Move an email up its ladder; nothing goes down. An assumed delivery that is told gets its instant."""
    rank = RANK[to]
    session.execute(
        update(Email)
        .where(Email.id == email_id, Email.delivery_rank < rank)
        .values(delivery=to.value, delivery_rank=rank, delivery_at=at),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Email)
        .where(Email.id == email_id, Email.delivery == to.value, Email.delivery_at.is_(None))
        .values(delivery_at=at),
        execution_options={"synchronize_session": False},
    )


def soft_bounces(session: Session, address_key: bytes, *, since: datetime) -> int:
    """Soft bounces and blocks of an address since an instant and since its last delivery."""
    e, v = Email, EmailEvent
    delivered = session.scalar(
        select(func.max(v.at)).join(e, e.id == v.email_id).where(e.address_key == address_key, v.kind == "delivered")
    )
    begin = max(since, delivered) if delivered is not None else since
    return (
        session.scalar(
            select(func.count())
            .select_from(v)
            .join(e, e.id == v.email_id)
            .where(e.address_key == address_key, v.kind == "bounced_soft", v.at > begin)
        )
        or 0
    )


@dataclass(frozen=True, slots=True)
class Silent:
    """A sent email that a provider without events carried: who it went to and when."""

    email_id: UUID
    n: int
    address: str
    sent_at: datetime


def silent(session: Session, provider: str, *, now: datetime, after: timedelta, limit: int = 500) -> list[Silent]:
    """Emails sent through a provider `after` ago or more, of whose delivery nothing was told yet."""
    rows = session.execute(
        select(Email.id, SendAttempt.n, Customer.email, Email.sent_at)
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
        .join(Customer, Customer.id == Email.customer_id)
        .where(Email.id >= first_id(now - RECENT), Email.state == "sent", Email.delivery_at.is_(None))
        .where(SendAttempt.provider == provider, Email.sent_at <= now - after)
        .order_by(Email.id)
        .limit(limit)
    )
    return [Silent(row.id, row.n, row.email, row.sent_at) for row in rows if row.sent_at is not None]


def without_outcome(session: Session, *, now: datetime, after: timedelta, limit: int = 500) -> dict[UUID, bytes]:
    """Invitation emails sent `after` ago or more that nobody said anything final of: id -> address key."""
    rows = session.execute(
        select(Email.id, Email.address_key)
        .where(Email.id >= first_id(now - RECENT), Email.kind == "invitation", Email.state == "sent")
        .where(Email.delivery_rank < UNDELIVERED_RANK, Email.sent_at <= now - after)
        .order_by(Email.id)
        .limit(limit)
    )
    return {row.id: row.address_key for row in rows}


def mark_undelivered(session: Session, ids: Collection[UUID]) -> None:
    """Note that their time is over; a delivery that comes later still counts."""
    session.execute(
        update(Email)
        .where(Email.id.in_(list(ids)), Email.delivery_rank < UNDELIVERED_RANK)
        .values(delivery_rank=UNDELIVERED_RANK),
        execution_options={"synchronize_session": False},
    )
