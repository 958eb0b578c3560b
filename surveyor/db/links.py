"""Links that a secret made: which rows name it, and what replaces them; between emails and answers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response

#: A batch of rows: each is a transaction of its own.
BATCH = 500
_IN_FLIGHT = ("pending", "leased", "dispatching", "in_doubt")
#: Makes the digest of a row's link under the secret that replaces the old one.
Digest = Callable[[UUID], bytes]


def renew_unsubscribe_links(session: Session, old: str, new: str, digest: Digest) -> int:
    """Emails to customers that wait and name `old` name `new` from now on; how many, at most a batch.

    One that a worker claims at this instant is left to a later look.
    """
    waiting = (
        select(Email.id)
        .where(Email.key_id == old, Email.state == "pending", Email.customer_id.is_not(None))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(waiting).all()
    rows = [(one, new, digest(one)) for one in found]
    bulk.update(session, Email, ("id",), ("key_id", "unsubscribe_sha256"), rows, guard="emails.state = 'pending'")
    return len(rows)


def renew_survey_links(session: Session, old: str, new: str, digest: Digest, *, reminders: bool) -> int:
    """Invitations whose email waits and that name `old` name `new` from now on; how many, at most a batch.

    reminders: also those that were sent, have no answer and a reminder to come: it brings the new link.
    """
    first = and_(Invitation.state == "scheduled", Email.kind != "reminder", Email.state == "pending")
    found = _lock(session, select(Invitation.id).join(Email, Email.invitation_id == Invitation.id).where(first), old)
    if reminders and not found:
        answered = exists().where(Response.invitation_id == Invitation.id)
        waits = exists().where(Email.invitation_id == Invitation.id, Email.kind == "reminder", Email.state == "pending")
        to_come = or_(Invitation.reminder_at.is_not(None), waits)
        sent = and_(Invitation.state == "sent", Invitation.revoked_at.is_(None), to_come, ~answered)
        found = _lock(session, select(Invitation.id).where(sent), old)
    rows = [(one, new, digest(one)) for one in found]
    bulk.update(session, Invitation, ("id",), ("key_id", "token_sha256"), rows, guard="invitations.revoked_at IS NULL")
    return len(rows)


def _lock(session: Session, query: Any, old: str) -> Collection[UUID]:
    """The ids of a batch, their rows (and their emails') locked; those that somebody holds are left out."""
    return session.scalars(query.where(Invitation.key_id == old).limit(BATCH).with_for_update(skip_locked=True)).all()


def end_survey_links(session: Session, old: str, *, now: datetime) -> int:
    """End the links of invitations that were sent, or may have been, and name `old`; how many, at most a batch."""
    left = or_(Invitation.state == "sent", Invitation.reason == "UNCONFIRMED")
    batch = select(Invitation.id).where(Invitation.key_id == old, left, Invitation.revoked_at.is_(None)).limit(BATCH)
    changed = session.execute(
        update(Invitation).where(Invitation.id.in_(batch)).values(revoked_at=now),
        execution_options={"synchronize_session": False},
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]


def in_flight(session: Session, old: str) -> int:
    """Emails that name `old` and are being handed over, are in doubt, or still wait: a later look has them."""
    mine = and_(Email.key_id == old, Email.state.in_(_IN_FLIGHT), Email.customer_id.is_not(None))
    return session.scalar(select(func.count()).select_from(Email).where(mine)) or 0


def unknown_secrets(session: Session, known: Collection[str]) -> dict[str, int]:
    """Secrets that are not `known`, and how many rows still need each to make their links."""
    parts = (
        (Email, Email.state == "pending"),
        (Email, Email.state.in_(("leased", "dispatching"))),
        (Invitation, Invitation.state == "scheduled"),
        (Invitation, and_(Invitation.reminder_at.is_not(None), Invitation.revoked_at.is_(None))),
    )
    named = [
        select(table.key_id, func.count().label("n"))
        .where(condition, table.key_id.not_in(known))
        .group_by(table.key_id)
        for table, condition in parts
    ]
    every = union_all(*named).subquery()
    rows = session.execute(
        select(every.c.key_id, func.sum(every.c.n)).group_by(every.c.key_id).order_by(every.c.key_id)
    )
    return {name: int(n) for name, n in rows}
