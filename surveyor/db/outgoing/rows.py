"""How the rows of outgoing webhooks are taken and changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name

PLAIN = {"synchronize_session": False}


def alone(session: Session, query: Any, of: Any = None) -> Any:
    """Locked, skipping what another worker holds; SQLite has one writer."""
    if dialect_name(session) != "postgresql":
        return query
    return query.with_for_update(skip_locked=True, of=of) if of is not None else query.with_for_update(skip_locked=True)


def changed(session: Session, statement: Any) -> int:
    """How many rows a statement changed."""
    return int(session.execute(statement, execution_options=PLAIN).rowcount)  # type: ignore[attr-defined]
