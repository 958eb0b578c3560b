"""Every form received of an invitation, and the response that stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.responses import Revision, Standing
from surveyor.db.engine import dialect_name
from surveyor.db.responses.links import Link
from surveyor.db.tables.responses import Response, ResponseRevision


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
