"""Counts of people and rows that are kept for a day, between the tables they were counted in and the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.base import dumps
from surveyor.db.engine import dialect_name
from surveyor.db.tables.tallies import KeptCount


@dataclass(frozen=True, slots=True)
class Kept:
    """What was counted, when, and when somebody last looked at it."""

    body: Any
    counted_at: datetime
    looked_at: datetime


def key_of(asked: Any) -> bytes:
    """The key of a question in its plain form."""
    return sha256(dumps(asked).encode()).digest()


def find(session: Session, asked: Any) -> Kept | None:
    """What is kept for a question, however old."""
    k = KeptCount
    row = session.execute(select(k.body, k.counted_at, k.looked_at).where(k.key == key_of(asked))).first()
    return None if row is None else Kept(*row)


def keep(session: Session, asked: Any, body: Any, *, now: datetime, looked: bool = True) -> None:
    """Keep what was counted now. looked: somebody asked for it; the night, which counts ahead, did not."""
    k = KeptCount
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values = {"body": body, "counted_at": now} | ({"looked_at": now} if looked else {})
    statement: Any = make(k).values(key=key_of(asked), asked=asked, body=body, counted_at=now, looked_at=now)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))


def look(session: Session, asked: Any, *, now: datetime) -> None:
    """Somebody looked at it."""
    session.execute(update(KeptCount).where(KeptCount.key == key_of(asked)).values(looked_at=now))


def looked_at(session: Session, *, since: datetime) -> Sequence[Any]:
    """The questions that somebody asked since an instant, in the order of their keys."""
    k = KeptCount
    return session.scalars(select(k.asked).where(k.looked_at >= since).order_by(k.key)).all()


def forget(session: Session, *, before: datetime) -> int:
    """Let go of what nobody has looked at since; how many."""
    found: Any = session.execute(delete(KeptCount).where(KeptCount.looked_at < before))
    return int(found.rowcount)
