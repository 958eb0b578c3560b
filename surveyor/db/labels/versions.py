"""Versions of the lexicon, the one in force, and the drafts on the way to the next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.prepared import Prepared
from surveyor.db.tables.labels import LabelDraft, Labelling, LabelVersion

_NUMBER = Prepared(select(func.max(LabelVersion.number)))
_MARK = Prepared(select(LabelVersion.number, LabelVersion.sha256).order_by(LabelVersion.number.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class Version:
    """A published lexicon. number 0: the one that comes with the product, which has no row."""

    number: int
    base: int | None
    text: str
    author: str
    why: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody works on. base: number of the version it was made from."""

    author: str
    base: int
    text: str
    updated_at: datetime


def in_force(session: Session) -> int:
    """Number of the version in force: the last one published; 0 before the first."""
    return _NUMBER.rows(session)[0][0] or 0


def mark(session: Session) -> tuple[int, bytes]:
    """Number and hash of the version in force: what tells two installations' version 1 apart."""
    found = _MARK.rows(session)
    return (found[0][0], bytes(found[0][1])) if found else (0, b"")


def all_sorted(session: Session, number: int) -> bool:
    """Whether no response is left that another version sorted, but for those that somebody went through."""
    w = Labelling
    other = or_(w.version < number, w.version > number)  # two ends of an index
    unread = case((w.reviewed_at.is_(None), 1), else_=0) == 1  # no index of its own: nearly every row is one
    return session.scalar(select(w.version).where(other, unread).limit(1)) is None


def version(session: Session, number: int) -> Version | None:
    """One version; None when there is none of this number."""
    return next(iter(_select(session, LabelVersion.number == number)), None)


def versions(session: Session) -> list[Version]:
    """Every version, the newest first."""
    return _select(session)


def publish(session: Session, new: Version, *, now: datetime) -> None:
    """Insert a version; somebody who took its number first makes it fail whole."""
    digest = hashlib.sha256(new.text.encode()).digest()
    names = ("number", "base", "text", "author", "why")
    values = {name: getattr(new, name) for name in names}
    session.execute(insert(LabelVersion).values(**values, sha256=digest, published_at=now))


def find_draft(session: Session, author: str) -> Draft | None:
    """The draft of a person."""
    d = LabelDraft
    row = session.execute(select(d.author, d.base, d.text, d.updated_at).where(d.author == author)).first()
    return None if row is None else Draft(*row)


def save_draft(session: Session, draft: Draft) -> None:
    """Keep a draft, whatever there was before."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values = {"base": draft.base, "text": draft.text, "updated_at": draft.updated_at}
    statement = make(LabelDraft).values(author=draft.author, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["author"], set_=values))


def discard_draft(session: Session, author: str) -> None:
    """Forget a person's draft."""
    session.execute(delete(LabelDraft).where(LabelDraft.author == author))


def _select(session: Session, *conditions: object) -> list[Version]:
    v = LabelVersion
    query = select(v.number, v.base, v.text, v.author, v.why, v.published_at).order_by(v.number.desc())
    return [Version(*row) for row in session.execute(query.where(*conditions))]  # type: ignore[arg-type]
