"""What became of a hand-over: the attempt first, the email only when the attempt changed; late truth is welcome."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, Text, and_, bindparam, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from surveyor.core.emails import RANK, Delivery
from surveyor.db.base import Id, Instant
from surveyor.db.emails.intent import one_of
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended and where its email goes; `due_at` None: unchanged, `sent_at` only when it was sent."""

    email_id: UUID
    n: int
    outcome: str
    evidence: str
    ref: str
    state: str
    reason: str | None
    due_at: datetime | None
    failures: int
    sent_at: datetime | None


INTERNAL = "internal: "


def open_attempts(session: Session, pairs: Collection[tuple[UUID, int]]) -> list[Open]:
    """Of these (email, n), the attempts that may still be settled: `intent`, or `unknown` after a sweep."""
    if not pairs:
        return []
    before = (
        select(func.count())
        .select_from(SendAttempt)
        .where(SendAttempt.email_id == Email.id, SendAttempt.evidence.startswith(INTERNAL, autoescape=True))
        .correlate(Email)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Email.id,
            SendAttempt.n,
            SendAttempt.intent_at,
            Email.state,
            Email.failures,
            before.label("internal_errors"),
            Email.address_key,
        )
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
        .where(
            tuple_(SendAttempt.email_id, SendAttempt.n).in_(sorted(pairs)),
            SendAttempt.outcome.in_(("intent", "unknown")),
            Email.state.in_(("dispatching", "in_doubt")),
        )
        .order_by(Email.id)
    )
    return [Open(*row) for row in rows]


def settle_attempts(session: Session, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write how attempts ended; one that was settled meanwhile keeps what it says."""
    statement = (
        update(SendAttempt)
        .where(
            SendAttempt.email_id == bindparam("b_id", type_=Id),
            SendAttempt.n == bindparam("b_n", type_=Integer),
            one_of(SendAttempt.outcome, ("intent", "unknown")),
        )
        .values(
            outcome=bindparam("b_outcome", type_=Text),
            settled_at=now,
            evidence=bindparam("b_evidence", type_=Text),
            provider_ref=bindparam("b_ref", type_=Text),
        )
    )
    rows = [
        {
            "b_id": one.email_id,
            "b_n": one.n,
            "b_outcome": one.outcome,
            "b_evidence": one.evidence,
            "b_ref": one.ref or None,
        }
        for one in outcomes
    ]
    if rows:
        session.connection().execute(statement, rows)


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
    due = bindparam("b_due", type_=Instant)
    statement = (
        update(Email)
        .where(
            Email.id == bindparam("b_id", type_=Id),
            Email.attempts == bindparam("b_n", type_=Integer),
            one_of(Email.state, ("dispatching", "in_doubt")),
        )
        .values(
            state=bindparam("b_state", type_=Text),
            reason=bindparam("b_reason", type_=Text),
            due_at=func.coalesce(due, Email.due_at),
            failures=bindparam("b_failures", type_=Integer),
            owner=None,
            lease_until=None,
            sent_at=bindparam("b_sent", type_=Instant),
        )
    )
    rows = [
        {
            "b_id": one.email_id,
            "b_n": one.n,
            "b_state": one.state,
            "b_reason": one.reason,
            "b_due": one.due_at,
            "b_failures": one.failures,
            "b_sent": one.sent_at,
        }
        for one in outcomes
    ]
    if rows:
        session.connection().execute(statement, rows)


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
