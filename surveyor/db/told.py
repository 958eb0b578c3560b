"""What a webhook is told of an answer and of a person, read when it is told: nothing of it waits in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response, ResponseRevision


def response(session: Session, invitation_id: UUID) -> Mapping[str, Any] | None:
    """The response of an invitation as it stands, without identity; None when none stands."""
    r, v = Response, ResponseRevision
    row = session.execute(
        select(
            r.answered_at,
            r.day,
            r.score,
            v.verbatim,
            v.answers,
            r.store_id,
            r.segment,
            r.rule_id,
            r.rule_version,
            r.questionnaire_version,
            r.language,
        )
        .join(v, and_(v.invitation_id == r.invitation_id, v.n == r.standing))
        .where(r.invitation_id == invitation_id, r.score.is_not(None))
    ).first()
    if row is None:
        return None
    told = dict(row._mapping)
    values = dict((told.pop("answers") or {}).get("values") or {})
    return told | {
        "comment": told.pop("verbatim") or "",
        "answers": values,
        "answered_at": row.answered_at.isoformat(),
        "day": row.day.isoformat(),
    }


def customer_of(session: Session, invitation_id: UUID) -> UUID | None:
    """Whom an invitation asked."""
    return session.scalar(select(Invitation.customer_id).where(Invitation.id == invitation_id))


def identity(session: Session, customer_id: UUID) -> Mapping[str, str] | None:
    """Whom an event is about; None when they were erased."""
    c = Customer
    row = session.execute(
        select(c.external_id, c.email, c.first_name, c.last_name).where(c.id == customer_id, c.erased_at.is_(None))
    ).first()
    if row is None:
        return None
    names = {"first_name": row.first_name, "last_name": row.last_name}
    return {"customer_id": row.external_id, "email": row.email, **names}
