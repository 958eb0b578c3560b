"""What a person must know of the line: one open row per code and subject, counted, until somebody resolves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
from surveyor.db.engine import dialect_name
from surveyor.db.tables.instance import Alert

OPEN = text("resolved_at IS NULL")


def raise_alert(session: Session, code: str, *, now: datetime, subject: str = "", detail: str = "") -> None:
    """Open the alert, or count it once more. Neither subject nor detail holds an address, a key or a verbatim."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(Alert).values(
        id=new_id(now), code=code, subject=subject, detail=detail, count=1, first_at=now, last_at=now
    )
    statement = statement.on_conflict_do_update(
        index_elements=["code", "subject"],
        index_where=OPEN,
        set_={"count": Alert.count + 1, "last_at": now, "detail": detail},
    )
    session.execute(statement)


def resolve(session: Session, code: str, *, now: datetime, subject: str = "") -> bool:
    """Close an open alert; False when there was none."""
    found = session.execute(
        update(Alert)
        .where(Alert.code == code, Alert.subject == subject, Alert.resolved_at.is_(None))
        .values(resolved_at=now),
        execution_options={"synchronize_session": False},
    )
    return bool(found.rowcount)  # type: ignore[attr-defined]


def close(session: Session, alert_id: UUID, *, now: datetime) -> tuple[str, str] | None:
    """Close an open alert by its id: its code and subject; None when there was none."""
    row = session.execute(
        select(Alert.code, Alert.subject).where(Alert.id == alert_id, Alert.resolved_at.is_(None)).with_for_update()
    ).first()
    if row is None:
        return None
    session.execute(
        update(Alert).where(Alert.id == alert_id, Alert.resolved_at.is_(None)).values(resolved_at=now),
        execution_options={"synchronize_session": False},
    )
    return row.code, row.subject


def open_alerts(session: Session) -> list[Alert]:
    """Those that nobody has resolved, the latest first."""
    return list(session.scalars(select(Alert).where(Alert.resolved_at.is_(None)).order_by(Alert.last_at.desc())))


def open_marks(session: Session) -> set[tuple[str, str]]:
    """Code and subject of those that are open: one of each at most."""
    query = select(Alert.code, Alert.subject).where(Alert.resolved_at.is_(None))
    return {(row.code, row.subject) for row in session.execute(query)}


def count_open(session: Session) -> int:
    """How many are open."""
    return len(open_marks(session))
