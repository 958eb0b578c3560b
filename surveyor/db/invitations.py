"""Invitations and their first emails: made with the decision to ask, ended with it, found again by key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.plain import Statement
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation

_COLUMNS = (
    *("id", "customer_id", "address_key", "dedupe_key", "rule_id", "rule_version", "snapshot", "arm", "order_id"),
    *("occurrence", "opened_by", "store_id", "segment", "zone", "language", "survey", "questionnaire_version"),
    *("state", "reason", "decision_day", "due_on", "due_at", "key_id", "token_sha256", "created_at", "ended_at"),
)
_EMAIL = (
    *("id", "kind", "priority", "invitation_id", "dedupe_key", "customer_id", "address_key", "domain_group"),
    *("state", "reason", "due_at", "expires_at", "key_id", "unsubscribe_sha256"),
)
_OF_INVITATION, _OF_EMAIL = attrgetter(*_COLUMNS), attrgetter(*_EMAIL)


@dataclass(slots=True)
class NewInvitation:
    """An invitation to keep; `state` is `scheduled` unless it ended in the transaction that made it."""

    id: UUID
    customer_id: UUID
    address_key: bytes
    dedupe_key: str
    rule_id: str
    rule_version: int
    snapshot: Any
    arm: str | None
    order_id: str
    occurrence: int | None
    opened_by: str | None
    store_id: str
    segment: str
    zone: str
    language: str
    survey: str
    questionnaire_version: int
    state: str
    reason: str | None
    decision_day: date
    due_on: date
    due_at: datetime
    key_id: str
    token_sha256: bytes
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True)
class NewEmail:
    """An email to a customer, waiting in the table: the row is the outbox."""

    id: UUID
    kind: str
    priority: int
    invitation_id: UUID
    dedupe_key: str
    customer_id: UUID
    address_key: bytes
    domain_group: str
    state: str
    reason: str | None
    due_at: datetime
    expires_at: datetime
    key_id: str
    unsubscribe_sha256: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """An invitation that stands, with what counting its end needs."""

    id: UUID
    dedupe_key: str
    rule_id: str
    rule_version: int
    store_id: str
    segment: str
    questionnaire_version: int
    decision_day: date


def insert(session: Session, invitations: Sequence[NewInvitation], emails: Sequence[NewEmail]) -> None:
    """Keep invitations and their emails."""
    rows = [_OF_INVITATION(one) for one in sorted(invitations, key=lambda one: one.id.int)]
    bulk.insert(session, Invitation, _COLUMNS, rows)
    waiting = [_OF_EMAIL(one) for one in sorted(emails, key=lambda one: one.id.int)]
    bulk.insert(session, Email, _EMAIL, waiting)


def add_emails(session: Session, emails: Sequence[NewEmail]) -> None:
    """Put emails into the outbox; one that is there already (same dedupe key) stays alone."""
    rows = [_OF_EMAIL(one) for one in sorted(emails, key=lambda one: one.id.int)]
    bulk.insert(session, Email, _EMAIL, rows, conflict="DO NOTHING")


def standing(session: Session, keys: Collection[str]) -> dict[str, Standing]:
    """The open invitations of these keys."""
    if not keys:
        return {}
    i = Invitation
    query = select(
        i.id,
        i.dedupe_key,
        i.rule_id,
        i.rule_version,
        i.store_id,
        i.segment,
        i.questionnaire_version,
        i.decision_day,
    ).where(bulk.among(session, i.dedupe_key, keys), i.state == "scheduled")
    return {row.dedupe_key: Standing(*row) for row in session.execute(query.order_by(i.id))}


def end(session: Session, ends: Sequence[tuple[UUID, str, str]], *, now: datetime) -> None:
    """End open invitations and their waiting emails: (invitation, `dropped` or `failed`, reason)."""
    if not ends:
        return
    reasons = {invitation: reason for invitation, _, reason in ends}
    query = (
        select(Email.id, Email.invitation_id)
        .where(bulk.among(session, Email.invitation_id, reasons), Email.state.in_(("pending", "leased")))
        .order_by(Email.id)
        .with_for_update()
    )
    waiting = [(row.id, "dropped", reasons[row.invitation_id], None, None) for row in session.execute(query)]
    bulk.update(session, Email, ("id",), ("state", "reason", "owner", "lease_until"), waiting)
    rows = [(invitation, state, reason, None, now) for invitation, state, reason in sorted(ends)]
    bulk.update(session, Invitation, ("id",), ("state", "reason", "reminder_at", "ended_at"), rows)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an invitation."""

    dedupe_key: str
    state: str
    reason: str | None
    due_at: datetime
    sent_at: datetime | None


def fates(session: Session, customers: Collection[UUID]) -> dict[tuple[str, str, int], Fate]:
    """What became of the invitations of these customers, by (rule, order that opened, occurrence from 1)."""
    if not customers:
        return {}
    i = Invitation
    query = select(
        i.rule_id, i.order_id, i.opened_by, i.occurrence, i.dedupe_key, i.state, i.reason, i.due_at, i.sent_at
    ).where(bulk.among(session, i.customer_id, customers))
    return {
        (row.rule_id, row.opened_by or row.order_id, row.occurrence or 1): Fate(
            row.dedupe_key, row.state, row.reason, row.due_at, row.sent_at
        )
        for row in session.execute(query)
    }


def keys_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The dedupe keys of invitations."""
    if not ids:
        return {}
    query = select(Invitation.id, Invitation.dedupe_key).where(bulk.among(session, Invitation.id, ids))
    return {row.id: row.dedupe_key for row in session.execute(query)}


def plan_reminders(session: Session, rows: Sequence[tuple[str, datetime | None]]) -> None:
    """When the reminder of an invitation is looked at, by dedupe key; None: not any more."""
    bulk.update(session, Invitation, ("dedupe_key",), ("reminder_at",), sorted(rows, key=lambda row: row[0]))


_VERSIONS = Statement(*["SELECT survey, max(version) FROM questionnaires GROUP BY survey"] * 2)


def questionnaire_versions(session: Session) -> dict[str, int]:
    """The active version of each survey's questions; a survey nobody published has version 1."""
    return dict(_VERSIONS.run(session, lite=(), full=()))


def move_address(session: Session, rows: Sequence[tuple[UUID, bytes, str]]) -> None:
    """Open invitations and waiting emails follow their customer to a new address: (customer, key, domain group)."""
    for customer, key, group in sorted(rows):
        invited = select(Invitation.id).where(Invitation.customer_id == customer)
        session.execute(
            update(Invitation)
            .where(Invitation.customer_id == customer, Invitation.state == "scheduled")
            .values(address_key=key)
        )
        session.execute(
            update(Email)
            .where(
                or_(
                    Email.invitation_id.in_(invited),
                    and_(Email.customer_id == customer, Email.invitation_id.is_(None)),
                ),
                Email.state.in_(("pending", "leased")),
            )
            .values(address_key=key, domain_group=group)
        )
