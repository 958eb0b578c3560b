"""Streams of emails (a provider and a kind) that a kill switch paused: which, why, and who let them go again."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.pace import Figures
from surveyor.db.engine import dialect_name
from surveyor.db.plain import Statement, when_lite
from surveyor.db.tables.pace import MailStream

#: What stands for every kind of a provider.
EVERY_KIND = ""


@dataclass(frozen=True, slots=True)
class PausedStream:
    """A stream that waits for a person. kind "": every kind. cause: a word of core/pace; detail: its figures."""

    provider: str
    kind: str
    paused_at: datetime
    cause: str
    detail: str


def paused(session: Session, provider: str | None = None) -> list[PausedStream]:
    """The streams that are paused (of one provider, or of all), the oldest first."""
    s = MailStream
    query = select(s.provider, s.kind, s.paused_at, s.cause, s.detail).where(s.paused_at.is_not(None))
    if provider is not None:
        query = query.where(s.provider == provider)
    rows: Any = session.execute(query.order_by(s.paused_at, s.kind))
    return [PausedStream(*row) for row in rows]


def judged_from(session: Session, provider: str) -> dict[str, datetime]:
    """Since when the figures of each kind count: a person who releases forgives what was before."""
    s = MailStream
    query = select(s.kind, s.judged_from).where(s.provider == provider, s.judged_from.is_not(None))
    return {row.kind: row.judged_from for row in session.execute(query) if row.judged_from is not None}


_FIGURES_TEXT = (
    "SELECT e.kind, SUM(CASE WHEN a.outcome = 'accepted' THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN e.delivery = 'bounced_hard' THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN e.delivery = 'complained' THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN e.delivery = 'deferred' THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN a.outcome = 'unknown' THEN 1 ELSE 0 END) "
    "FROM send_attempts a JOIN emails e ON e.id = a.email_id AND e.attempts = a.n "
    "WHERE a.provider = {0} AND a.intent_at >= {0} GROUP BY e.kind"
)
_FIGURES = Statement(_FIGURES_TEXT.format("?"), _FIGURES_TEXT.format("%s"))


def figures(session: Session, provider: str, *, since: datetime) -> dict[str, Figures]:
    """What became of the emails handed over since an instant, by kind (`account-password` is an `account`)."""
    found: dict[str, Figures] = {}
    for name, *counts in _FIGURES.run(session, lite=[provider, when_lite(since)], full=[provider, since]):
        kind = name.partition("-")[0]
        one, before = Figures(*map(int, counts)), found.get(kind, Figures())
        found[kind] = Figures(*(a + b for a, b in zip(astuple(one), astuple(before), strict=True)))
    return found


def pause(session: Session, provider: str, kind: str, *, cause: str, detail: str, now: datetime) -> bool:
    """Stop a stream; False when it was stopped already, which keeps its first cause."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values = {"paused_at": now, "cause": cause, "detail": detail[:500]}
    statement: Any = make(MailStream).values(provider=provider, kind=kind, **values)
    statement = statement.on_conflict_do_update(
        index_elements=["provider", "kind"], set_=values, where=MailStream.paused_at.is_(None)
    )
    return bool(session.execute(statement.returning(MailStream.kind)).all())


def release(session: Session, provider: str, kind: str, *, who: str, why: str, now: datetime) -> PausedStream | None:
    """Let a stream go again and say who did and why; what it was, None when it was not paused."""
    found = [one for one in paused(session, provider) if one.kind == kind]
    if not found:
        return None
    done = session.execute(
        update(MailStream)
        .where(MailStream.provider == provider, MailStream.kind == kind, MailStream.paused_at.is_not(None))
        .values(paused_at=None, released_at=now, released_by=who, why=why[:500], judged_from=now),
        execution_options={"synchronize_session": False},
    )
    return found[0] if done.rowcount else None  # type: ignore[attr-defined]
