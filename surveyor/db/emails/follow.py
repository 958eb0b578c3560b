"""Invitations follow their email: the same end, the same reason, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Text, select, type_coerce
from sqlalchemy.orm import Session

from surveyor.core.rules import Rule, from_plain
from surveyor.db import bulk
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
    rule: Rule
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


_OF: Any = (
    select(
        Email.id,
        Email.kind,
        Invitation.id.label("invitation_id"),
        Invitation.customer_id,
        Invitation.address_key,
        Invitation.state,
        Invitation.rule_id,
        Invitation.rule_version,
        type_coerce(Invitation.snapshot, Text).label("snapshot"),
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
    .order_by(Invitation.id)
    .with_for_update(of=Invitation)
)
_RULE = 8  # the place of the snapshot


def of_invitations(session: Session, email_ids: Collection[UUID]) -> dict[UUID, OfInvitation]:
    """The invitations of these emails, by email id; emails that have none are absent. Locked after their emails."""
    if not email_ids:
        return {}
    rows: Any = session.connection().execute(_OF.where(Email.id.in_(list(email_ids))))
    return {row[0]: OfInvitation(*(*row[:_RULE], rule_of(row[_RULE]), *row[_RULE + 1 :])) for row in rows}


@lru_cache(maxsize=1024)
def rule_of(snapshot: str) -> Rule:
    """The rule of a snapshot as it is stored: many invitations share one text."""
    return from_plain(json.loads(snapshot))


def sent_invitations(session: Session, invitations: Sequence[SentInvitation]) -> None:
    """scheduled (or dropped as UNCONFIRMED) -> sent: the link lives until `expires_at`, the cool-down runs."""
    rows = [(one.id, "sent", None, one.sent_at, one.sent_at, one.sent_day, one.expires_at) for one in invitations]
    columns = ("state", "reason", "sent_at", "asked_at", "sent_day", "expires_at")
    bulk.update(session, Invitation, ("id",), columns, rows, guard=_MAY_BE_SENT)


def close_invitations(
    session: Session, ends: Iterable[tuple[UUID, str, str]], *, asked_at: datetime | None = None
) -> None:
    """scheduled -> `dropped` or `failed`, each with its reason: (invitation, state, reason).

    asked_at: instant the cool-down runs from all the same (an email dropped as UNCONFIRMED may have arrived).
    """
    rows = [(one, state, reason, asked_at, None) for one, state, reason in ends]
    columns = ("state", "reason", "asked_at", "reminder_at")
    bulk.update(session, Invitation, ("id",), columns, rows, guard="invitations.state = 'scheduled'")


_MAY_BE_SENT = "invitations.state = 'scheduled' OR invitations.reason = 'UNCONFIRMED'"
