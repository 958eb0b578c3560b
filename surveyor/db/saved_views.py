"""Views that people saved: their own, and those that others share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from surveyor.db.tables.figures import SavedView
from surveyor.db.tables.users import User


@dataclass(frozen=True, slots=True)
class View:
    """A view; owner: what its owner is called. first: what its owner sees of the page before choosing anything."""

    id: UUID
    user_id: UUID
    owner: str
    name: str
    page: str
    query: str
    shared: bool
    first: bool
    created_at: datetime


def visible(session: Session, user_id: UUID) -> list[View]:
    """One's own, then those that others share, by name."""
    v = SavedView
    query = (
        select(v.id, v.user_id, User.name, User.email, v.name, v.page, v.query, v.shared, v.first, v.created_at)
        .join(User, User.id == v.user_id)
        .where(or_(v.user_id == user_id, v.shared.is_(True)))
        .order_by(v.name, v.id)
    )
    rows: Any = session.execute(query)
    found = [View(row[0], row[1], row[2] or row[3].partition("@")[0], *row[4:]) for row in rows]
    return sorted(found, key=lambda one: one.user_id != user_id)


def first_of(session: Session, user_id: UUID, page: str) -> str | None:
    """The filter that somebody sees of a page before choosing anything."""
    v = SavedView
    return session.scalar(select(v.query).where(v.user_id == user_id, v.page == page, v.first.is_(True)))


def how_many_others(session: Session, user_id: UUID, name: str) -> int:
    """How many somebody has beside the one of a name."""
    v = SavedView
    return session.scalar(select(func.count()).where(v.user_id == user_id, v.name != name)) or 0


def put(session: Session, one: View) -> None:
    """Keep a view in place of the owner's one of the same name; a first one takes the place of the page's first."""
    v = SavedView
    session.execute(delete(v).where(v.user_id == one.user_id, v.name == one.name))
    if one.first:
        session.execute(update(v).where(v.user_id == one.user_id, v.page == one.page).values(first=False))
    session.execute(
        insert(v).values(
            id=one.id,
            user_id=one.user_id,
            name=one.name,
            page=one.page,
            query=one.query,
            shared=one.shared,
            first=one.first,
            created_at=one.created_at,
        )
    )


def remove(session: Session, user_id: UUID, view_id: UUID) -> bool:
    """Forget one's own view; whether there was one."""
    gone = session.execute(
        delete(SavedView).where(SavedView.id == view_id, SavedView.user_id == user_id).returning(SavedView.id)
    )
    return gone.first() is not None
