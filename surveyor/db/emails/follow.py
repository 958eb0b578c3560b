"""Invitations follow their email: the same end, the same reason, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from surveyor.core.rules import Rule
from surveyor.core.snapshots import rule_of as from_snapshot
from surveyor.db import bulk
from surveyor.db.emails.claim import Claimed
from surveyor.db.plain import Statement, ids_full, ids_lite, is_full, reading
from surveyor.db.tables.invitations import Invitation


class OfInvitation(NamedTuple):
    """An email and what of its invitation sending and counting need; `kind` tells the first email from a reminder.

    dedupe_key: of the invitation. rule: as this customer lives it.
    """

    email_id: UUID
    kind: str
    invitation_id: UUID
    customer_id: UUID
    address_key: bytes
    dedupe_key: str
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


class SentInvitation(NamedTuple):
    """What an invitation becomes when its first email was sent."""

    id: UUID
    sent_at: datetime
    sent_day: date
    expires_at: datetime


_COLUMNS = (
    "e.id, e.kind, i.id, i.customer_id, i.address_key, i.dedupe_key, i.state, i.rule_id, i.rule_version, "
    "i.snapshot, i.order_id, i.store_id, i.segment, i.zone, i.questionnaire_version, i.decision_day, i.due_at, "
    "i.sent_day"
)
_OF_TEXT = (
    f"SELECT {_COLUMNS} FROM emails e JOIN invitations i ON i.id = e.invitation_id WHERE e.id {{}} ORDER BY i.id{{}}"  # noqa: S608
)
_OF = Statement(_OF_TEXT.format("IN (@)", ""), _OF_TEXT.format("= ANY(CAST(%s AS uuid[]))", " FOR UPDATE OF i"))


def of_invitations(session: Session, email_ids: Collection[UUID]) -> dict[UUID, OfInvitation]:
    """The invitations of these emails, by email id; emails that have none are absent. Locked after their emails."""
    if not email_ids:
        return {}
    rows = _OF.run(session, lite=[ids_lite(email_ids)], full=[ids_full(email_ids)])
    return {one.email_id: one for one in _read(session, rows)}


_HELD_TEXT = (
    f"SELECT {_COLUMNS}, e.fence, e.expires_at, e.address_key FROM emails e LEFT JOIN invitations i "  # noqa: S608
    "ON i.id = e.invitation_id{0} WHERE e.id {1} AND e.state || '' = 'leased' ORDER BY e.id{2}"
)
_AMONG = "= ANY(CAST(%s AS uuid[]))"
_HELD = Statement(
    _HELD_TEXT.format("", "IN (@)", ""), _HELD_TEXT.format(f" AND i.id {_AMONG}", _AMONG, " FOR UPDATE OF e")
)


class Held(NamedTuple):
    """A leased email that is still ours. `moved`: its reader changed address since the claim."""

    expires_at: datetime
    moved: bool


def still_leased(session: Session, emails: Collection[Claimed]) -> tuple[dict[UUID, Held], dict[UUID, OfInvitation]]:
    """Those that are still ours, locked, and the invitations of those that have one, both by email id.

    The others belong to somebody else or were dropped. Invitations need no lock: the caller holds their customers.
    """
    mine = {email.id: email for email in emails}
    about = [email.invitation_id for email in emails if email.invitation_id is not None]
    read = reading(session)
    rows = [
        (row, email)
        for row in _HELD.run(session, lite=[ids_lite(mine)], full=[ids_full(about), ids_full(mine)])
        if (email := mine[read.id(row[0])]).fence == row[18]
    ]
    held = {email.id: Held(read.instant(row[19]), bytes(row[20]) != email.address_key) for row, email in rows}
    told = _read(session, [row for row, _ in rows if row[2] is not None])
    return held, {one.email_id: one for one in told}


def _read(session: Session, rows: Sequence[Any]) -> list[OfInvitation]:
    if is_full(session):
        return [OfInvitation._make((*row[:9], rule_of(row[9]), *row[10:18])) for row in rows]
    read = reading(session)
    return [
        OfInvitation(
            read.id(row[0]),
            row[1],
            read.id(row[2]),
            read.id(row[3]),
            bytes(row[4]),
            row[5],
            row[6],
            row[7],
            row[8],
            rule_of(row[9]),
            row[10],
            row[11],
            row[12],
            row[13],
            row[14],
            _day(row[15]),
            read.instant(row[16]),
            None if row[17] is None else _day(row[17]),
        )
        for row in rows
    ]


@lru_cache(maxsize=1024)
def _day(value: str) -> date:
    return date.fromisoformat(value)


@lru_cache(maxsize=1024)
def rule_of(snapshot: str) -> Rule:
    """The rule of a snapshot as it is stored: many invitations share one text."""
    return from_snapshot(json.loads(snapshot))


def sent_invitations(session: Session, invitations: Sequence[SentInvitation]) -> None:
    """scheduled (or dropped as UNCONFIRMED) -> sent: the link lives until `expires_at`, the cool-down runs."""
    rows = [(one.id, "sent", None, one.sent_at, one.sent_at, one.sent_day, one.expires_at) for one in invitations]
    columns = ("state", "reason", "sent_at", "asked_at", "sent_day", "expires_at")
    bulk.update(session, Invitation, ("id",), columns, rows, guard=_MAY_BE_SENT)


def close_invitations(
    session: Session, ends: Iterable[tuple[UUID, str, str]], *, now: datetime, asked_at: datetime | None = None
) -> None:
    """scheduled -> `dropped` or `failed`, each with its reason: (invitation, state, reason).

    asked_at: instant the cool-down runs from all the same (an email dropped as UNCONFIRMED may have arrived).
    """
    rows = [(one, state, reason, asked_at, None, now) for one, state, reason in ends]
    columns = ("state", "reason", "asked_at", "reminder_at", "ended_at")
    bulk.update(session, Invitation, ("id",), columns, rows, guard="invitations.state = 'scheduled'")


_MAY_BE_SENT = "invitations.state = 'scheduled' OR invitations.reason = 'UNCONFIRMED'"
