"""Versions of the rules: which one decides now, and every one that ever did."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.plain import Statement
from surveyor.db.tables.rules import ActiveRules, RuleVersion

_TEXT = "SELECT v.number, v.sha256 FROM active_rules a JOIN rule_versions v ON v.number = a.number"
_ACTIVE = Statement(_TEXT, _TEXT)


@dataclass(frozen=True, slots=True)
class Version:
    """A published text; `base` is the number of the version it was made from."""

    number: int
    base: int | None
    text: str
    sha256: bytes
    author: str
    why: str
    published_at: datetime


def sha256(text: str) -> bytes:
    """The hash of a text as versions keep it."""
    return hashlib.sha256(text.encode()).digest()


def active(session: Session) -> tuple[int, bytes] | None:
    """Number and hash of the version in force, as this transaction sees it; None before the first publication."""
    found = _ACTIVE.run(session, lite=(), full=())
    return (found[0][0], bytes(found[0][1])) if found else None


def lock_active(session: Session) -> int | None:
    """The number in force, its row locked until the commit: one publication at a time."""
    return session.scalar(select(ActiveRules.number).with_for_update())


def version(session: Session, number: int) -> Version | None:
    """One version; None when there is none of this number."""
    return next(iter(_select(session, RuleVersion.number == number)), None)


def versions(session: Session) -> list[Version]:
    """Every version, the newest first."""
    return _select(session)


def is_version(session: Session, digest: bytes) -> bool:
    """Whether a text of this hash was ever published."""
    return session.scalar(select(RuleVersion.number).where(RuleVersion.sha256 == digest).limit(1)) is not None


def publish(session: Session, new: Version, *, over: int | None) -> None:
    """Insert a version and point to it. over: number in force, locked by the caller; None for the first one."""
    names = ("number", "base", "text", "sha256", "author", "why", "published_at")
    session.execute(insert(RuleVersion).values({name: getattr(new, name) for name in names}))
    if over is None:
        session.execute(insert(ActiveRules).values(id=1, number=new.number))
    else:
        session.execute(update(ActiveRules).where(ActiveRules.id == 1).values(number=new.number))


def _select(session: Session, *conditions: object) -> list[Version]:
    v = RuleVersion
    query = select(v.number, v.base, v.text, v.sha256, v.author, v.why, v.published_at).order_by(v.number.desc())
    return [Version(*row) for row in session.execute(query.where(*conditions))]  # type: ignore[arg-type]
