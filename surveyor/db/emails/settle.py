"""What became of a hand-over: the attempt first, the email only when the attempt changed; late truth is welcome."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from surveyor.core.emails import RANK, Delivery
from surveyor.db import bulk
from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Email, SendAttempt


@dataclass(frozen=True, slots=True)
class Open:
    """An attempt whose end is not known yet, and where its email is. `internal_errors`: earlier ones of the email."""

    email_id: UUID
    n: int
    intent_at: datetime
    state: str
    failures: int
    internal_errors: int
    address_key: bytes
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended and where its email goes, due again at `due_at`; `sent_at` only when it was sent."""

    email_id: UUID
    n: int
    outcome: str
    evidence: str
    ref: str
    state: str
    reason: str | None
    due_at: datetime
    failures: int
    sent_at: datetime | None


INTERNAL = "internal: "


_BEFORE: Any = (
    select(func.count())
    .select_from(SendAttempt)
    .where(SendAttempt.email_id == Email.id, SendAttempt.evidence.startswith(INTERNAL, autoescape=True))
    .correlate(Email)
    .scalar_subquery()
)
_OPEN: Any = (
    select(
        Email.id,
        SendAttempt.n,
        SendAttempt.intent_at,
        Email.state,
        Email.failures,
        _BEFORE.label("internal_errors"),
        Email.address_key,
        Email.due_at,
    )
    .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
    .where(SendAttempt.outcome.in_(("intent", "unknown")), Email.state.in_(("dispatching", "in_doubt")))
    .order_by(Email.id)
)


def address_keys(session: Session, ids: Collection[UUID]) -> set[bytes]:
    """The addresses of these emails: what is locked before them."""
    if dialect_name(session) != "postgresql" or not ids:
        return set()
    return set(session.scalars(select(Email.address_key).where(Email.id.in_(list(ids)))))


def open_attempts(session: Session, pairs: Collection[tuple[UUID, int]]) -> list[Open]:
    """Of these (email, n), the attempts that may still be settled: `intent`, or `unknown` after a sweep."""
    if not pairs:
        return []
    wanted = set(pairs)
    rows = session.connection().execute(_OPEN.where(Email.id.in_([email_id for email_id, _ in wanted])))
    return [Open(*row) for row in rows if (row[0], row[1]) in wanted]


def settle_attempts(session: Session, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write how attempts ended; one that was settled meanwhile keeps what it says."""
    rows = [(one.email_id, one.n, one.outcome, now, one.evidence, one.ref or None) for one in outcomes]
    columns = ("outcome", "settled_at", "evidence", "provider_ref")
    bulk.update(session, SendAttempt, ("email_id", "n"), columns, rows, guard=_NOT_SETTLED)


_NOT_SETTLED = "send_attempts.outcome = 'intent' OR send_attempts.outcome = 'unknown'"
_UNDER_WAY = "emails.state = 'dispatching' OR emails.state = 'in_doubt'"


def assume_delivered(session: Session, ids: Collection[UUID]) -> None:
    """Emails of a provider that tells nothing: delivered until a refusal is known; `delivery_at` stays empty."""
    if ids:
        session.execute(
            update(Email)
            .where(Email.id.in_(list(ids)), Email.state == "sent", Email.delivery_rank < RANK[Delivery.DELIVERED])
            .values(delivery=Delivery.DELIVERED.value, delivery_rank=RANK[Delivery.DELIVERED]),
            execution_options={"synchronize_session": False},
        )


def settle_emails(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Move the emails of attempts that `settle_attempts` has just written; `sent_at` is the instant of the intent."""
    rows = [
        (one.email_id, one.n, one.state, one.reason, one.due_at, one.failures, None, None, one.sent_at)
        for one in outcomes
    ]
    columns = ("state", "reason", "due_at", "failures", "owner", "lease_until", "sent_at")
    bulk.update(session, Email, ("id", "attempts"), columns, rows, guard=_UNDER_WAY)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An email that late evidence shows to have been handed over; `before` is the state it was in."""

    email_id: UUID
    n: int
    intent_at: datetime
    before: str
    reason: str | None


def accept_late(
    session: Session, ids: Iterable[UUID], *, now: datetime, evidence: str, n: int | None = None
) -> list[Accepted]:
    """Evidence that emails were accepted, long after: their latest attempt (or attempt `n`) and they become `sent`.

    Only what the table of moves allows: out of pending, leased, dispatching, in doubt, or dropped as UNCONFIRMED.
    The caller holds their locks. An email that never had an attempt is left alone.
    """
    at = SendAttempt.n == (Email.attempts if n is None else n)
    rows = session.execute(
        select(Email.id, SendAttempt.n, SendAttempt.intent_at, Email.state, Email.reason)
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, at))
        .where(Email.id.in_(list(ids)), Email.attempts == SendAttempt.n)
        .where(or_(Email.state.in_(("pending", "leased", "dispatching", "in_doubt")), Email.reason == "UNCONFIRMED"))
        .order_by(Email.id)
    ).all()
    found = [Accepted(*row) for row in rows]
    for one in found:
        session.execute(
            update(SendAttempt)
            .where(SendAttempt.email_id == one.email_id, SendAttempt.n == one.n, SendAttempt.outcome != "accepted")
            .values(outcome="accepted", settled_at=now, evidence=evidence),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Email)
            .where(Email.id == one.email_id, Email.attempts == one.n)
            .where(
                or_(Email.state.in_(("pending", "leased", "dispatching", "in_doubt")), Email.reason == "UNCONFIRMED")
            )
            .values(state="sent", reason=None, owner=None, lease_until=None, sent_at=one.intent_at),
            execution_options={"synchronize_session": False},
        )
    return found
