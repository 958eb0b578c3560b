"""Published texts of emails: every version of every kind, and which one is read at an instant of the line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from surveyor.db.tables.emails import EmailTemplate, EmailVersion

Parts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a kind. number: from 1. edition: counts every publication of the network. base: made from."""

    kind: str
    number: int
    edition: int
    base: int | None
    sha256: bytes
    author: str
    why: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Text:
    """One language of a version: what is rendered, and what was written (part -> source)."""

    language: str
    subject: str
    text: str
    html: str
    sha256: bytes
    source: Parts


def edition(session: Session) -> int:
    """The newest edition; 0 when only the texts that come with the product are read."""
    return session.scalar(select(func.max(EmailVersion.edition))) or 0


def current(session: Session, kind: str, *, at: int | None = None) -> Version | None:
    """The version of a kind that is read, or was at edition `at`; None: the texts that come with the product."""
    conditions = [EmailVersion.kind == kind, *([EmailVersion.edition <= at] if at is not None else [])]
    return next(iter(_versions(session, *conditions)), None)


def version(session: Session, kind: str, number: int) -> Version | None:
    """One version of a kind."""
    return next(iter(_versions(session, EmailVersion.kind == kind, EmailVersion.number == number)), None)


def versions(session: Session, kind: str | None = None) -> list[Version]:
    """Every version, of one kind or of all, the newest first."""
    return _versions(session, *([EmailVersion.kind == kind] if kind is not None else []))


def kinds(session: Session) -> list[str]:
    """The kinds that somebody has published."""
    return list(session.scalars(select(EmailVersion.kind).distinct().order_by(EmailVersion.kind)))


def texts(session: Session, kind: str, number: int) -> dict[str, Text]:
    """language -> text of a version; empty when nobody published it."""
    t = EmailTemplate
    query = select(t.language, t.subject, t.text, t.html, t.sha256, t.source).where(t.kind == kind, t.version == number)
    return {
        row.language: Text(row.language, row.subject, row.text, row.html, row.sha256, json.loads(row.source))
        for row in session.execute(query.order_by(t.language))
    }


def publish(session: Session, new: Version, written: Sequence[Text]) -> None:
    """Insert a version with all its languages. Somebody who took its number or edition first makes it fail whole."""
    names = ("kind", "number", "edition", "base", "sha256", "author", "why", "published_at")
    session.execute(insert(EmailVersion).values({name: getattr(new, name) for name in names}))
    for one in written:
        values = {name: getattr(one, name) for name in ("language", "subject", "text", "html", "sha256")}
        source = json.dumps(dict(one.source), ensure_ascii=False, sort_keys=True)
        session.execute(
            insert(EmailTemplate).values(
                kind=new.kind, version=new.number, published_at=new.published_at, source=source, **values
            )
        )


def _versions(session: Session, *conditions: object) -> list[Version]:
    v = EmailVersion
    columns = (v.kind, v.number, v.edition, v.base, v.sha256, v.author, v.why, v.published_at)
    query = select(*columns).where(*conditions).order_by(v.edition.desc())  # type: ignore[arg-type]
    return [Version(*row) for row in session.execute(query)]
