"""The schema of everything between order and indicator, brought up to date in one call; no ini file is needed."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from functools import cache
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
from surveyor.errors import SettingsError

_HERE = Path(__file__).resolve().parent
#: Any number of ours: one migration at a time on a PostgreSQL database.
_LOCK = 7_236_501


class Standing(StrEnum):
    """Where a database stands to this program. AHEAD: a newer version migrated it, and its revision is unknown here."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"

    @property
    def workable(self) -> bool:
        """Whether this program may work with it: a revision only adds, so that the version before goes on."""
        return self in (Standing.CURRENT, Standing.AHEAD)


def upgrade(engine: Engine) -> None:
    """Bring the database to the last revision, in one transaction; nothing happens when it is there already.

    Raises SettingsError when a newer version has migrated it: this one does not know the way back.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = standing(connection)
        if found is Standing.AHEAD:
            raise SettingsError(f"SURVEYOR_DATABASE_URL: {_newer(current(connection))}: use that version")
        if found is not Standing.CURRENT:
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


def standing(connection: Connection) -> Standing:
    """Where the database stands; cheap enough for a readiness check."""
    return stands(current(connection), _revisions(), head())


def stands(found: str | None, known: Collection[str], last: str | None) -> Standing:
    """Where a database at revision `found` stands to a program that knows these revisions, the `last` among them."""
    if found is None:
        return Standing.EMPTY
    if found not in known:
        return Standing.AHEAD
    return Standing.CURRENT if found == last else Standing.BEHIND


@cache
def _revisions() -> frozenset[str]:
    return frozenset(one.revision for one in ScriptDirectory(str(_HERE)).walk_revisions())


def standing_of(engine: Engine) -> Standing:
    """The same of an engine."""
    with engine.connect() as connection:
        return standing(connection)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the revision this code needs."""
    return standing_of(engine) is Standing.CURRENT


def _newer(found: str | None) -> str:
    return f"the database is at revision {found}, which a newer version of surveyor made"


def check(engine: Engine) -> list[str]:
    """What differs between the tables of the code and those of the database, one sentence each; empty is well."""
    with engine.connect() as connection:
        found = current(connection)
        if standing(connection) is Standing.AHEAD:
            return [f"{_newer(found)}: this one works on until it is replaced"]
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
