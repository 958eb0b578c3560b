"""What providers said of emails, each thing once, and where each email is on its ladder."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from surveyor.core.delivery import UNDELIVERED_RANK
from surveyor.core.emails import RANK, Delivery
from surveyor.db import bulk
from surveyor.db.base import first_id, new_id
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


_KEPT = (
    "id",
    "provider",
    "event_id",
    "fingerprint",
    "email_id",
    "n",
    "matched_by",
    "kind",
    "at",
    "received_at",
    "detail",
)


def keep(session: Session, events: Sequence[NewEvent], *, now: datetime) -> list[bool]:
    """Insert events; for each, whether it was new."""
    ids = [new_id(now) for _ in events]
    rows = [
        (
            row_id,
            e.provider,
            e.event_id or None,
            e.fingerprint(),
            e.email_id,
            e.n,
            e.matched_by,
            e.kind,
            e.at,
            now,
            e.detail,
        )
        for row_id, e in zip(ids, events, strict=True)
    ]
    bulk.insert(session, EmailEvent, _KEPT, rows, conflict="DO NOTHING")
    there = set(session.scalars(select(EmailEvent.id).where(EmailEvent.id.in_(ids)))) if ids else set()
    return [row_id in there for row_id in ids]


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


def climb(session: Session, moves: Sequence[tuple[UUID, Delivery, datetime]]) -> None:
    """Move emails up their ladders, never down. An assumed delivery that is told gets its instant."""
    if not moves:
        return
    values = [{"email": email, "to": to.value, "rung": RANK[to], "told": at} for email, to, at in moves]
    connection = session.connection()
    connection.execute(_HIGHER, values)
    connection.execute(_TOLD, values)


_E = Email.__table__.c
_HIGHER = (
    update(Email.__table__)  # type: ignore[arg-type]
    .where(_E.id == bindparam("email"), _E.delivery_rank < bindparam("rung"))
    .values(delivery=bindparam("to"), delivery_rank=bindparam("rung"), delivery_at=bindparam("told"))
)
_TOLD = (
    update(Email.__table__)  # type: ignore[arg-type]
    .where(_E.id == bindparam("email"), _E.delivery == bindparam("to"), _E.delivery_at.is_(None))
    .values(delivery_at=bindparam("told"))
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
