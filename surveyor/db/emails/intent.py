"""The intent to send, committed before a byte leaves: guards, the attempt's row, and the ways back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.base import Instant
from surveyor.db.emails.claim import Claimed
from surveyor.db.engine import dialect_name
from surveyor.db.tables.customers import CustomerState
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.suppressions import Suppression


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed intent: attempt `n` (from 1) of an email, to be handed over once."""

    email_id: UUID
    n: int


def lock(session: Session, *, address_keys: Collection[bytes], email_ids: Collection[UUID]) -> None:
    """Lock customers by key, then emails by id: the order of every transaction. SQLite has one writer, no locks."""
    if dialect_name(session) != "postgresql":
        return
    if address_keys:
        keys = CustomerState.address_key.in_(sorted(address_keys))
        session.execute(
            select(CustomerState.customer_id).where(keys).order_by(CustomerState.customer_id).with_for_update()
        ).all()
    if email_ids:
        ids = Email.id.in_(sorted(email_ids))
        session.execute(select(Email.id).where(ids).order_by(Email.id).with_for_update()).all()


def may_send(session: Session) -> bool:
    """Whether this installation may send at all (the guard against restored and copied databases)."""
    return session.scalar(select(Instance.sending).where(Instance.id == 1)) == "released"


def still_leased(session: Session, emails: Iterable[Claimed]) -> dict[UUID, datetime]:
    """Those that are still ours, with their `expires_at`; the others belong to somebody else or were dropped."""
    pairs = [(email.id, email.fence) for email in emails]
    rows = session.execute(
        select(Email.id, Email.expires_at).where(Email.state == "leased", tuple_(Email.id, Email.fence).in_(pairs))
    )
    return {row.id: row.expires_at for row in rows}


def suppressed(now: datetime, stopping: Collection[str]) -> ColumnElement[bool]:
    """Whether a suppression in force at `now`, of one of these reasons, stops an email (the outer row)."""
    brand = (
        select(Store.brand_id)
        .join(Invitation, Invitation.store_id == Store.id)
        .where(Invitation.id == Email.invitation_id)
        .correlate(Email)
        .scalar_subquery()
    )
    return (
        select(Suppression.id)
        .where(
            Suppression.address_key == Email.address_key,
            or_(Suppression.scope == "all", Suppression.scope == brand),
            Suppression.reason.in_(sorted(stopping)),
            Suppression.lifted_at.is_(None),
            or_(Suppression.expires_at.is_(None), Suppression.expires_at > now),
        )
        .correlate(Email)
        .exists()
    )


def intend(
    session: Session, emails: Sequence[Claimed], *, provider: str, now: datetime, stopping: Collection[str]
) -> list[Intent]:
    """Write the attempts of those that may go. No row back for an email: do not send it."""
    if not emails:
        return []
    pairs = [(email.id, email.fence) for email in emails]
    allowed = select(
        Email.id,
        Email.attempts + 1,
        literal(provider),
        literal("intent"),
        literal(now, Instant),
    ).where(
        Email.state == "leased",
        tuple_(Email.id, Email.fence).in_(pairs),
        Email.expires_at > now,
        select(Instance.id).where(Instance.sending == "released").exists(),
        ~suppressed(now, stopping),
    )
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(SendAttempt)
    statement = statement.from_select(["email_id", "n", "provider", "outcome", "intent_at"], allowed)
    statement = statement.on_conflict_do_nothing().returning(SendAttempt.email_id, SendAttempt.n)
    return sorted((Intent(*row) for row in session.execute(statement)), key=lambda intent: intent.email_id)


def blocked_by(session: Session, ids: Collection[UUID], *, now: datetime, stopping: Collection[str]) -> dict[UUID, str]:
    """Of these emails, the ones that a suppression stops, with its reason (the oldest)."""
    rows = session.execute(
        select(Email.id, Suppression.reason)
        .join(Suppression, Suppression.address_key == Email.address_key)
        .where(
            Email.id.in_(ids),
            Suppression.reason.in_(sorted(stopping)),
            Suppression.lifted_at.is_(None),
            or_(Suppression.expires_at.is_(None), Suppression.expires_at > now),
            suppressed(now, stopping),
        )
        .order_by(Suppression.created_at.desc())
    )
    return {row.id: row.reason for row in rows}


def dispatch(session: Session, emails: Iterable[tuple[Claimed, Intent, bytes]], *, lease_until: datetime) -> None:
    """leased -> dispatching, with the hash of what is about to leave."""
    rows = [(email.id, email.fence, "dispatching", intent.n, body, lease_until) for email, intent, body in emails]
    columns = ("state", "attempts", "body_sha256", "lease_until")
    bulk.update(session, Email, ("id", "fence"), columns, rows, guard=_LEASED)


def give_back(session: Session, emails: Iterable[tuple[Claimed, datetime | None, int]]) -> None:
    """leased -> pending: with a new due instant (None: unchanged) and so many more failed builds."""
    rows = [
        (email.id, email.fence, "pending", None, None, due or email.due_at, email.build_failures + failed)
        for email, due, failed in emails
    ]
    columns = ("state", "owner", "lease_until", "due_at", "build_failures")
    bulk.update(session, Email, ("id", "fence"), columns, rows, guard=_LEASED)


def drop(session: Session, emails: Iterable[tuple[UUID, str]], *, states: Collection[str]) -> None:
    """To `dropped(reason)`, whoever of these is in one of `states` (`pending`, `leased`; `in_doubt` for doubts)."""
    rows = [(email_id, "dropped", reason, None, None) for email_id, reason in emails]
    guard = " OR ".join(_GUARDS[state] for state in sorted(states))
    bulk.update(session, Email, ("id",), ("state", "reason", "owner", "lease_until"), rows, guard=guard)


_LEASED = "emails.state = 'leased'"
_GUARDS = {state: f"emails.state = '{state}'" for state in ("pending", "leased", "in_doubt")}
