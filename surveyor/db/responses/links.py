"""The invitation behind a survey link, the questions it asks, and what stands of it: one read for a whole page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from surveyor.core.calendar import zone_of
from surveyor.core.surveys import STANDARD_SURVEYS, Survey, from_plain
from surveyor.db.brand_look import LOOK, BrandLook
from surveyor.db.engine import dialect_name
from surveyor.db.prepared import Prepared, Row
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.rules import Questionnaire


@dataclass(frozen=True, slots=True)
class Link:
    """The invitation of a survey token, with what its page says. `email_id`: its first email.

    state, reason: of the invitation; sent_day, expires_at: None until it was sent. order_day: the store's local day
    of the order, None when it is no longer known.
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
    privacy_url: str
    look: BrandLook
    order_day: date | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of a response that stands, and on which local day; `answers`: (question, value), no score."""

    score: int
    commented: bool
    day: date
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A link with its questions and what stands: revision `n` (0: none), what is counted of it, all its answers."""

    link: Link
    survey: Survey
    n: int
    counted: Counted | None
    answers: dict[str, Any]


#: The columns that `_opened` reads, in its order.
_COLUMNS = (
    *(Invitation.id, Email.id.label("email_id"), Invitation.address_key, Invitation.state, Invitation.reason),
    *(Invitation.rule_id, Invitation.rule_version, Invitation.store_id, Invitation.segment, Invitation.zone),
    *(Invitation.language, Invitation.survey, Invitation.questionnaire_version, Invitation.sent_day),
    *(Invitation.expires_at, Invitation.revoked_at, Invitation.visited_at, Email.delivery, Email.delivery_rank),
    func.coalesce(Store.name, "").label("store_name"),
    func.coalesce(Brand.name, "").label("brand_name"),
    func.coalesce(Brand.privacy_url, "").label("privacy_url"),
    *LOOK,
    *(Order.fulfilled_at, Order.ordered_at),
    type_coerce(Questionnaire.body, Text).label("body"),
    *(Response.standing, Response.score, Response.commented, Response.day, ResponseRevision.answers),
)
_LINK = 22
_AFTER = _LINK + len(LOOK)


def opening(*more: Any) -> Any:
    """The read of a page, `more` columns behind; a condition says of which invitation."""
    return (
        select(*_COLUMNS, *more)
        .select_from(Invitation)
        .join(Email, and_(Email.invitation_id == Invitation.id, Email.kind == "invitation"))
        .outerjoin(Store, Store.id == Invitation.store_id)
        .outerjoin(Brand, Brand.id == Store.brand_id)
        .outerjoin(Order, Order.order_id == Invitation.order_id)
        .outerjoin(
            Questionnaire,
            and_(Questionnaire.survey == Invitation.survey, Questionnaire.version == Invitation.questionnaire_version),
        )
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .outerjoin(
            ResponseRevision,
            and_(ResponseRevision.invitation_id == Invitation.id, ResponseRevision.n == Response.standing),
        )
    )


def opened(row: Row) -> Opened:
    """A row of `opening`."""
    fulfilled, ordered, body, standing, score, commented, day, answers = row[_AFTER : _AFTER + 8]
    at, zone = fulfilled or ordered, row[9]
    look = BrandLook(*row[_LINK:_AFTER])
    about: Any = (*row[:_LINK], look, None if at is None else at.astimezone(zone_of(zone)).date())
    link = Link(*about)
    survey = _survey(link.survey, body)
    if standing is None or score is None or day is None:
        return Opened(link, survey, 0, None, {})
    return Opened(link, survey, standing, Counted(score, commented, day), dict(answers or {}))


BY_TOKEN = Invitation.token_sha256 == bindparam("token", type_=Invitation.token_sha256.type)
_BY_TOKEN = Prepared(opening().where(BY_TOKEN))
_BY_ID = Prepared(opening().where(Invitation.id == bindparam("id", type_=Invitation.id.type)))


def find(session: Session, token_sha256: bytes) -> Opened | None:
    """The page of a survey token; None when nobody has it."""
    rows = _BY_TOKEN.rows(session, token=token_sha256)
    return opened(rows[0]) if rows else None


def link_of(session: Session, invitation_id: UUID) -> Link | None:
    """The invitation of this id."""
    rows = _BY_ID.rows(session, id=invitation_id)
    return opened(rows[0]).link if rows else None


def lock_invitation(session: Session, invitation_id: UUID) -> None:
    """Lock an invitation's emails, then the invitation: who counts a response or a delivery does so alone."""
    if dialect_name(session) == "postgresql":
        of = Email.invitation_id == invitation_id
        session.execute(select(Email.id).where(of).order_by(Email.id).with_for_update()).all()
        session.execute(select(Invitation.id).where(Invitation.id == invitation_id).with_for_update()).all()


def survey_of(session: Session, survey: str, version: int) -> Survey:
    """The questions of a questionnaire version: the one published, else the one that comes with the product."""
    body = session.scalar(
        select(type_coerce(Questionnaire.body, Text)).where(
            Questionnaire.survey == survey, Questionnaire.version == version
        )
    )
    return _survey(survey, body)


@lru_cache(maxsize=256)
def _survey(survey: str, body: str | None) -> Survey:
    if body is not None:
        return from_plain(json.loads(body))
    standard = STANDARD_SURVEYS.get(survey) or STANDARD_SURVEYS["nps"]
    return standard.survey
