"""Texts that replies begin with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
from surveyor.db.tables.cases import ReplyText


@dataclass(frozen=True, slots=True)
class Text:
    """One of them."""

    id: UUID
    name: str
    language: str
    body: str


def listed(session: Session, *, language: str = "") -> list[Text]:
    """By name; those of one language."""
    t = ReplyText
    query = select(t.id, t.name, t.language, t.body).order_by(t.language, t.name, t.id)
    rows = session.execute(query.where(t.language == language) if language else query)
    return [Text(*row) for row in rows]


def add(session: Session, *, name: str, language: str, body: str, author: str, now: datetime) -> UUID:
    """Keep one more."""
    ident = new_id(now)
    values = {"name": name, "language": language, "body": body, "author": author, "updated_at": now}
    session.execute(insert(ReplyText).values(id=ident, **values))
    return ident


def drop(session: Session, text_id: UUID) -> bool:
    """Let go of one; False when there was none."""
    gone = session.execute(delete(ReplyText).where(ReplyText.id == text_id).returning(ReplyText.id)).first()
    return gone is not None
