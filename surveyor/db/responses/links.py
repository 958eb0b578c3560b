"""The invitation behind a survey link, and the questions it asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from surveyor.core.surveys import STANDARD_SURVEYS, Survey, from_plain
from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.rules import Questionnaire


@dataclass(frozen=True, slots=True)
class Link:
    """The invitation of a survey token, with what its page says. `email_id`: its first email.

    state, reason: of the invitation; sent_day, expires_at: None until it was sent.
    """

    invitation_id: UUID
    email_id: UUID
    address_key: bytes
    state: str
    reason: str | None
    rule_id: str
    rule_version: int
    store_id: str
    segment: str
    zone: str
    language: str
    survey: str
    questionnaire_version: int
    sent_day: date | None
    expires_at: datetime | None
    revoked_at: datetime | None
    visited_at: datetime | None
    delivery: str | None
    delivery_rank: int
    store_name: str
    brand_name: str
    postal_address: str
    privacy_url: str
    logo_url: str
    colours: Any


def link(session: Session, token_sha256: bytes) -> Link | None:
    """The invitation of a survey token; None when nobody has it."""
    return _link(session, Invitation.token_sha256 == token_sha256)


def link_of(session: Session, invitation_id: UUID) -> Link | None:
    """The same, by the invitation's id."""
    return _link(session, Invitation.id == invitation_id)


def _link(session: Session, condition: ColumnElement[bool]) -> Link | None:
    row: Any = session.execute(_links().where(condition)).first()
    return Link(*row) if row else None


@cache
def _links() -> Any:
    i, e, s, b = Invitation, Email, Store, Brand
    return (
        select(
            *(i.id, e.id.label("email_id"), i.address_key, i.state, i.reason, i.rule_id, i.rule_version, i.store_id),
            *(i.segment, i.zone, i.language, i.survey, i.questionnaire_version, i.sent_day, i.expires_at),
            *(i.revoked_at, i.visited_at, e.delivery, e.delivery_rank),
            func.coalesce(s.name, ""),
            func.coalesce(b.name, ""),
            func.coalesce(b.postal_address, ""),
            func.coalesce(b.privacy_url, ""),
            func.coalesce(b.logo_url, ""),
            b.colours,
        )
        .join(e, and_(e.invitation_id == i.id, e.kind == "invitation"))
        .outerjoin(s, s.id == i.store_id)
        .outerjoin(b, b.id == s.brand_id)
    )


def lock_invitation(session: Session, invitation_id: UUID) -> None:
    """Lock an invitation's emails, then the invitation: who counts a response or a delivery does so alone."""
    if dialect_name(session) == "postgresql":
        of = Email.invitation_id == invitation_id
        session.execute(select(Email.id).where(of).order_by(Email.id).with_for_update()).all()
        session.execute(select(Invitation.id).where(Invitation.id == invitation_id).with_for_update()).all()


def survey_of(session: Session, survey: str, version: int) -> Survey:
    """The questions of a questionnaire version: the one published, else the one that comes with the product."""
    body = session.scalar(
        select(Questionnaire.body).where(Questionnaire.survey == survey, Questionnaire.version == version)
    )
    if body is not None:
        return from_plain(body)
    standard = STANDARD_SURVEYS.get(survey) or STANDARD_SURVEYS["nps"]
    return standard.survey
