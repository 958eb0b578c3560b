"""Invitations follow their email: the same end, the same reason, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Text, bindparam, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import Id, Instant
from surveyor.db.emails.intent import one_of
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation


@dataclass(frozen=True, slots=True)
class OfInvitation:
    """An email and what of its invitation sending and counting need; `kind` tells the first email from a reminder."""

    email_id: UUID
    kind: str
    invitation_id: UUID
    customer_id: UUID
    address_key: bytes
    state: str
    rule_id: str
    rule_version: int
    snapshot: Any
    order_id: str
    store_id: str
    segment: str
    zone: str
    questionnaire_version: int
    decision_day: date
    due_at: datetime
    sent_day: date | None


@dataclass(frozen=True, slots=True)
class SentInvitation:
    """What an invitation becomes when its first email was sent."""

    id: UUID
    sent_at: datetime
    sent_day: date
    expires_at: datetime


def of_invitations(session: Session, email_ids: Collection[UUID]) -> dict[UUID, OfInvitation]:
    """The invitations of these emails, by email id; emails that have none are absent. Locked after their emails."""
    query = (
        select(
            Email.id,
            Email.kind,
            Invitation.id.label("invitation_id"),
            Invitation.customer_id,
            Invitation.address_key,
            Invitation.state,
            Invitation.rule_id,
            Invitation.rule_version,
            Invitation.snapshot,
            Invitation.order_id,
            Invitation.store_id,
            Invitation.segment,
            Invitation.zone,
            Invitation.questionnaire_version,
            Invitation.decision_day,
            Invitation.due_at,
            Invitation.sent_day,
        )
        .join(Invitation, Invitation.id == Email.invitation_id)
        .where(Email.id.in_(list(email_ids)))
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
    )
    return {row.id: OfInvitation(*row) for row in session.execute(query)}


def sent_invitations(session: Session, invitations: Sequence[SentInvitation]) -> None:
    """scheduled (or dropped as UNCONFIRMED) -> sent: the link lives until `expires_at`, the cool-down runs."""
    statement = (
        update(Invitation)
        .where(Invitation.id == bindparam("b_id", type_=Id), one_of(Invitation.state, ("scheduled", "dropped")))
        .values(
            state="sent",
            reason=None,
            sent_at=bindparam("b_sent", type_=Instant),
            asked_at=bindparam("b_sent", type_=Instant),
            sent_day=bindparam("b_day", type_=Date),
            expires_at=bindparam("b_expires", type_=Instant),
        )
    )
    rows = [
        {
            "b_id": one.id,
            "b_sent": one.sent_at,
            "b_day": one.sent_day,
            "b_expires": one.expires_at,
        }
        for one in invitations
    ]
    if rows:
        session.connection().execute(statement, rows)


def close_invitations(
    session: Session, ends: Iterable[tuple[UUID, str, str]], *, asked_at: datetime | None = None
) -> None:
    """scheduled -> `dropped` or `failed`, each with its reason: (invitation, state, reason).

    asked_at: instant the cool-down runs from all the same (an email dropped as UNCONFIRMED may have arrived).
    """
    statement = (
        update(Invitation)
        .where(Invitation.id == bindparam("b_id", type_=Id), Invitation.state == "scheduled")
        .values(
            state=bindparam("b_state", type_=Text),
            reason=bindparam("b_reason", type_=Text),
            asked_at=asked_at,
            reminder_at=None,
        )
    )
    rows = [{"b_id": one, "b_state": state, "b_reason": reason} for one, state, reason in ends]
    if rows:
        session.connection().execute(statement, rows)
