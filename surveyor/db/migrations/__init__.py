"""The schema of everything between order and indicator, brought up to date in one call; no ini file is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import surveyor.db.tables  # noqa: F401  (fills the metadata)
from surveyor.db.base import Base

_HERE = Path(__file__).resolve().parent
#: Any number of ours: one migration at a time on a PostgreSQL database.
_LOCK = 7_236_501


def upgrade(engine: Engine) -> None:
    """Bring the database to the last revision, in one transaction; nothing happens when it is there already."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if current(connection) != head():
            command.upgrade(_config(connection), "head")
        if connection.dialect.name == "postgresql":
            _close_the_audit(connection)


def _close_the_audit(connection: Connection) -> None:
    """Whoever does not own the audit table may add to it and read it, no more; a trigger says no to the owner too."""
    others = text(
        "SELECT DISTINCT quote_ident(g.grantee) FROM information_schema.role_table_grants g"
        " JOIN pg_tables t ON t.schemaname = g.table_schema AND t.tablename = g.table_name"
        " WHERE g.table_name = 'audit' AND t.schemaname = current_schema() AND t.tableowner = current_user"
        " AND g.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE') AND g.grantee <> t.tableowner"
    )
    for grantee in connection.execute(others).scalars().all():
        connection.exec_driver_sql(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM {grantee}")  # quoted by the server


def head() -> str | None:
    """The revision this code needs."""
    return ScriptDirectory(str(_HERE)).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision the database is at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """Whether the database is at the revision this code needs; cheap enough for a readiness check."""
    with engine.connect() as connection:
        return current(connection) == head()


def check(engine: Engine) -> list[str]:
    """What differs between the tables of the code and those of the database, one sentence each; empty is well."""
    with engine.connect() as connection:
        found = current(connection)
        if found != head():
            return [f"the database is at revision {found or 'none'}, the code needs {head()}: run surveyor db upgrade"]
        context = MigrationContext.configure(connection, opts={"include_object": _ours, "compare_type": False})
        return [_sentence(difference) for difference in compare_metadata(context, Base.metadata)]


def _ours(_object: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    return not (kind == "table" and reflected and name == "alembic_version")


def _sentence(difference: Any) -> str:
    if isinstance(difference, list):
        return "; ".join(_sentence(one) for one in difference)
    kind, *rest = difference
    return f"{kind.replace('_', ' ')}: " + ", ".join(str(getattr(one, "name", one)) for one in rest if one is not None)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
