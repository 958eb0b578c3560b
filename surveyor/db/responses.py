"""What customers do with their link: the invitation behind a token, visits, forms received and the one that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.responses import Revision, Standing
from surveyor.core.surveys import STANDARD_SURVEYS, Survey, from_plain
from surveyor.db.base import first_id, new_id
from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.responses import Response, ResponseRevision, Visit
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


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """A form received: what `standing` looks at, its content and its hash."""

    revision: Revision
    content_sha256: bytes
    answers: Any
    verbatim: str | None


def revisions(session: Session, invitation_id: UUID) -> list[StoredRevision]:
    """Every form received of an invitation, the first one first."""
    rows = session.scalars(
        select(ResponseRevision).where(ResponseRevision.invitation_id == invitation_id).order_by(ResponseRevision.n)
    )
    return [
        StoredRevision(
            Revision(row.n, row.page, _numbers(row.follows), row.score, row.clean, row.at),
            row.content_sha256,
            row.answers,
            row.verbatim,
        )
        for row in rows
    ]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in text.split("-") if n)


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A form to keep. `why`: the reason it is held, None when it is clean."""

    invitation_id: UUID
    revision: Revision
    content_sha256: bytes
    answers: Any
    verbatim: str | None
    why: str | None
    dwell_ms: int
    client_key: bytes


def insert_revision(session: Session, new: NewRevision) -> None:
    """Keep a form; forms are never changed."""
    one = new.revision
    session.add(
        ResponseRevision(
            invitation_id=new.invitation_id,
            n=one.n,
            page=one.page,
            follows="-".join(str(n) for n in one.follows),
            content_sha256=new.content_sha256,
            score=one.score,
            answers=new.answers,
            verbatim=new.verbatim,
            clean=one.clean,
            why=new.why,
            dwell_ms=max(0, min(new.dwell_ms, 2**31 - 1)),
            client_key=new.client_key,
            at=one.at,
        )
    )
    session.flush()


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of a response that stands, and on which local day; `answers`: (question, value), no score."""

    score: int
    commented: bool
    day: date
    answers: tuple[tuple[str, str], ...] = ()


def counted(session: Session, invitation_id: UUID) -> tuple[int, Counted | None]:
    """The revision that stands (0: none) and what is counted of it, without its answers."""
    row = session.get(Response, invitation_id)
    if row is None or row.standing is None or row.score is None or row.day is None:
        return 0, None
    return row.standing, Counted(row.score, row.commented, row.day)


def save_response(session: Session, of: Link, found: Standing, what: Counted | None, *, now: datetime) -> None:
    """Write what stands of an invitation's forms."""
    standing = {
        "standing": found.standing,
        "score": found.score,
        "commented": what.commented if what else False,
        "answered_at": found.answered_at,
        "day": what.day if what else None,
        "quarantined": found.quarantined,
        "updated_at": now,
    }
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(Response).values(
        invitation_id=of.invitation_id,
        store_id=of.store_id,
        segment=of.segment,
        rule_id=of.rule_id,
        rule_version=of.rule_version,
        questionnaire_version=of.questionnaire_version,
        language=of.language,
        source="email",
        **standing,
    )
    session.execute(statement.on_conflict_do_update(index_elements=["invitation_id"], set_=standing))
    session.expire_all()


@dataclass(frozen=True, slots=True)
class Opening:
    """One request of a survey link. `client_key`: who, for one day; `score`: of a score link."""

    method: str
    client_key: bytes
    score: int | None = None
    prefetch: bool = False
    navigated: bool = False


def add_visit(session: Session, invitation_id: UUID, opening: Opening, *, now: datetime) -> None:
    """Keep one opening; a crash may lose half a second of them, never an answer."""
    session.add(
        Visit(
            id=new_id(now),
            invitation_id=invitation_id,
            method=opening.method,
            score=opening.score,
            at=now,
            client_key=opening.client_key,
            prefetch=opening.prefetch,
            navigated=opening.navigated,
        )
    )
    session.flush()


def scores_opened(session: Session, invitation_id: UUID, client_key: bytes, *, since: datetime) -> int:
    """How many different score links of an invitation a client opened since an instant."""
    return (
        session.scalar(
            select(func.count(Visit.score.distinct())).where(
                Visit.invitation_id == invitation_id,
                Visit.client_key == client_key,
                Visit.at >= since,
                Visit.score.is_not(None),
            )
        )
        or 0
    )


#: How far back visits are counted on each pass, and how old one is before it is judged.
VISITS_SINCE, JUDGED_AFTER = timedelta(days=2), timedelta(seconds=60)


def unvisited(
    session: Session, *, now: datetime, limit: int = 500
) -> dict[UUID, Sequence[tuple[datetime, bytes, Any]]]:
    """Sent invitations that no visit was counted of: their openings, as (instant, client, score), oldest first."""
    fresh = (
        select(Visit.invitation_id)
        .join(Invitation, Invitation.id == Visit.invitation_id)
        .where(Visit.id >= first_id(now - VISITS_SINCE), Visit.at <= now - JUDGED_AFTER)
        .where(Visit.method == "GET", Visit.prefetch.is_(False))
        .where(Invitation.visited_at.is_(None), Invitation.state == "sent")
        .distinct()
        .limit(limit)
    )
    rows = session.execute(
        select(Visit.invitation_id, Visit.at, Visit.client_key, Visit.score)
        .where(Visit.invitation_id.in_(fresh), Visit.method == "GET", Visit.prefetch.is_(False))
        .order_by(Visit.at)
    )
    found: dict[UUID, list[tuple[datetime, bytes, Any]]] = {}
    for row in rows:
        found.setdefault(row.invitation_id, []).append((row.at, row.client_key, row.score))
    return dict(found)


def mark_visited(session: Session, invitation_id: UUID, *, at: datetime) -> bool:
    """Note the first human visit; False when it was noted before."""
    changed = session.execute(
        update(Invitation).where(Invitation.id == invitation_id, Invitation.visited_at.is_(None)).values(visited_at=at),
        execution_options={"synchronize_session": False},
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]
