"""Whether the database that keeps orders and answers can be used: reachable, migrated, its clock beating."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.instance import Instance

#: PostgreSQL's word for a transaction that may not write.
READ_ONLY = "25006"


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database could not be reached or was too busy: worth another try.

    A standby that only reads, while it waits to take over, is no database for a writer either.
    """
    if isinstance(error, DBAPIError) and (error.connection_invalidated or _says(error) == READ_ONLY):
        return True
    return isinstance(error, OperationalError | InterfaceError | TimeoutError)


def _says(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def answers(session: Session) -> bool:
    """Whether the database answers a query; raises what `is_away` recognises otherwise."""
    return bool(session.execute(text("SELECT 1")).scalar_one())


def integrity_problems(session: Session) -> list[str]:
    """What SQLite finds wrong in its own file, the first hundred; PostgreSQL checks its pages as it reads them."""
    if dialect_name(session) != "sqlite":
        return []
    found = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check"))]
    return [] if found == ["ok"] else found


def revision(session: Session) -> str:
    """The migration this database is at; "" when it was never migrated."""
    try:
        return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or "")
    except DBAPIError:
        return ""


def heartbeat(session: Session) -> datetime | None:
    """When the clock of this installation last beat; None before the first time."""
    return session.execute(select(Instance.heartbeat_at)).scalar_one_or_none()


def sending(session: Session) -> str:
    """`released` or `held`; "" before the installation has its row."""
    return session.execute(select(Instance.sending)).scalar_one_or_none() or ""
