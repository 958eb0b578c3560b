"""The case of an answer, a review or a link: from what a customer said to the work it made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.db.tables.cases import Case


def of_response(session: Session, invitation_id: UUID) -> UUID | None:
    """The case of a response."""
    return session.scalar(select(Case.id).where(Case.invitation_id == invitation_id))


def of_review(session: Session, review_id: UUID) -> UUID | None:
    """The case of a review from elsewhere."""
    return session.scalar(select(Case.id).where(Case.review_id == review_id))


def wants_call_back(session: Session, invitation_id: UUID) -> bool:
    """Whether the customer of a response asked to be written to."""
    return session.scalar(select(Case.call_back_at).where(Case.invitation_id == invitation_id)) is not None


def of_responses(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Response -> its case and where it stands."""
    if not ids:
        return {}
    query = select(Case.invitation_id, Case.id, Case.status).where(Case.invitation_id.in_(ids))
    rows: Any = session.execute(query)
    return {row[0]: (row[1], row[2]) for row in rows}


def by_followup(session: Session, token_sha256: bytes) -> Case | None:
    """The case whose question a link asks."""
    return session.scalar(select(Case).where(Case.followup_sha256 == token_sha256))
