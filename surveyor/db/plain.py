"""Statements of the hot path as plain text, one for each engine; only the connection is SQLAlchemy's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from surveyor.db import packed
from surveyor.db.base import instant_text, uuid_of_bytes
from surveyor.db.engine import UNHURRIED, dialect_name
from surveyor.db.packed import Packed
from surveyor.db.straight import Straight, straight

# Texts are ours to the last letter; values are always parameters. SQLite has no arrays: `@` stands for as many places.


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in both engines' words: `?` and `@` (a list of values or of rows) on SQLite, `%s` on PostgreSQL."""

    sqlite: str
    postgresql: str

    def run(self, session: Session, *, lite: Sequence[Any], full: Sequence[Any]) -> list[Any]:
        """Its rows, if any. lite: values for SQLite, a list at each `@`; full: those for PostgreSQL."""
        if dialect_name(session) == "postgresql":
            text = self.postgresql
            cursor = execute(session, text, _written(full))
        else:
            values: list[Any] = []
            counts: list[tuple[int, int]] = []
            for value in lite:
                if isinstance(value, partial):
                    value = value()
                if not isinstance(value, list):
                    values.append(value)
                elif value and isinstance(value[0], tuple):
                    counts.append((len(value), len(value[0])))
                    values += chain.from_iterable(value)
                else:
                    counts.append((len(value), 0))
                    values += value
            text = self.sqlite
            cursor = execute(session, _places(text, tuple(counts)), tuple(values))
        brings = _BRINGS.get(text)
        if brings is None:
            brings = _BRINGS[text] = cursor.description is not None
        return cursor.fetchall() if brings else []


def _written(values: Sequence[Any]) -> tuple[Any, ...]:
    """The values of PostgreSQL's places; an array that stands at several of them is made once."""
    made: dict[int, Any] = {}
    written = []
    for value in values:
        if isinstance(value, partial):
            key = id(value)
            if key not in made:
                made[key] = value()
            written.append(made[key])
        else:
            written.append(value)
    return tuple(written)


#: Whether a text brings rows: looked at once, since psycopg describes every column anew each time it is asked.
_BRINGS: dict[str, bool] = {}


def execute(session: Session, text: str, values: Any, *, many: bool = False) -> Any:
    """Run a text on the driver itself and give its cursor back, good until the next one; errors are SQLAlchemy's.

    many: once for each row of `values`. SQLAlchemy's own way costs a fifth of a group of emails in looking at results.
    """
    connection = _connection(session)
    cursor = _cursor(connection)
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _said(connection, text, error, cursor) from error
    return cursor


def copy_in(session: Session, text: str, rows: str) -> None:
    """Run a COPY FROM STDIN with all of its rows; errors are SQLAlchemy's. PostgreSQL only, and in no pipeline."""
    connection = _connection(session)
    cursor = _cursor(connection)
    try:
        with cursor.copy(text) as into:
            into.write(rows)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _said(connection, text, error, cursor) from error


CURSOR = "surveyor.plain"


def _connection(session: Session) -> Any:
    """The connection of the session's transaction: asked for at its first statement, known at the others."""
    known = session.info.get(CURSOR)
    if known is None or known.closed or not session.in_transaction():
        known = session.info[CURSOR] = session.connection()
    return known


def _cursor(connection: Any) -> Any:
    """The one cursor of a connection."""
    cursor = connection.info.get(CURSOR)
    if cursor is None:
        cursor = connection.connection.cursor()
        if connection.dialect.name == "postgresql":
            cursor = straight(cursor)
        connection.info[CURSOR] = cursor
    return cursor


def _said(connection: Any, text: str, error: Any, cursor: Any) -> DBAPIError:
    """The error as every other statement would raise it, without its parameters."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection, cursor)
    if lost:
        connection.invalidate(error)
    made: Any = DBAPIError.instance(
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return made  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _places(text: str, counts: tuple[tuple[int, int], ...]) -> str:
    parts = text.split("@")
    filled = [part + _many(*count) for part, count in zip(parts, counts, strict=False)]
    return "".join(filled) + parts[-1]


def _many(rows: int, columns: int) -> str:
    one = f"({','.join('?' * columns)})" if columns else "?"
    return ",".join([one] * rows) or "NULL"


def by_index(session: Session) -> None:
    """Until the commit, plans on PostgreSQL are made once a connection and go by indexes: for statements of known keys.

    Connections plan each time otherwise (db/engine.py), a quarter of what a group of emails costs the server. A plan
    that is kept may be older than the table's rows, so it is not let choose what is only good for a few of them.
    """
    if is_full(session):
        _command(session, _BY_INDEX)


def unhurried(session: Session) -> None:
    """This transaction may be lost with the power of the machine, as long as no later one is kept: nothing waits for
    the disk at its commit. To be called first.

    It goes by indexes besides, and in their order: what it takes comes from the start of a long queue, and a plan that
    was made while the queue was empty must not sort all of it.
    """
    session.connection(execution_options={UNHURRIED: True})
    if is_full(session):
        _command(session, _UNHURRIED)


def _command(session: Session, text: str) -> None:
    """Statements without values, together with the beginning of the transaction when nothing was asked yet."""
    connection = _connection(session)
    cursor = _cursor(connection)
    try:
        if isinstance(cursor, Straight):
            cursor.command(text)
        else:
            cursor.execute(text, None)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _said(connection, text, error, cursor) from error


_SETTINGS = {"plan_cache_mode": "force_generic_plan"} | dict.fromkeys(
    ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"), "off"
)
_IN_ORDER = dict.fromkeys(("synchronous_commit", "enable_bitmapscan", "enable_sort"), "off")


def _set(settings: Mapping[str, str]) -> str:
    return "; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items())


_BY_INDEX = _set(_SETTINGS)
_UNHURRIED = _set(_SETTINGS | _IN_ORDER)


def is_full(session: Session) -> bool:
    """Whether this is PostgreSQL: it has locks and arrays."""
    return dialect_name(session) == "postgresql"


# The values of the other engine are never written: these are called by the statement that runs.


def ids_lite(ids: Iterable[uuid.UUID]) -> partial[list[bytes]]:
    """Ids as SQLite stores them, for a `Statement`."""
    return partial(_ids_lite, ids)


def ids_full(ids: Iterable[uuid.UUID]) -> partial[Packed]:
    """Ids as one array, for a `Statement`: `CAST(%s AS uuid[])`."""
    return partial(packed.ids, ids)


def hashes_full(values: Iterable[bytes]) -> partial[Packed]:
    """Hashes as one array, for a `Statement`: `CAST(%s AS bytea[])`."""
    return partial(_hashes_full, values)


def _ids_lite(ids: Iterable[uuid.UUID]) -> list[bytes]:
    return [one.int.to_bytes(16, "big") for one in ids]


def _hashes_full(values: Iterable[bytes]) -> Packed:
    return packed.hashes(list(values))


def when_lite(value: datetime) -> str:
    """An instant as SQLite stores it."""
    return instant_text(value)


_from_bytes = lru_cache(maxsize=8192)(uuid_of_bytes)  # the ids of a group come by several times


def _same(value: Any) -> Any:
    return value


def _maybe_from_bytes(value: bytes | None) -> uuid.UUID | None:
    return None if value is None else _from_bytes(value)


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class Reading:
    """How an engine's driver brings values: ids, ids that may be missing, instants that may be missing."""

    id: Callable[[Any], uuid.UUID]
    maybe_id: Callable[[Any], uuid.UUID | None]
    instant: Callable[[Any], Any]


_LITE = Reading(_from_bytes, _maybe_from_bytes, _from_text)
_FULL = Reading(_same, _same, _same)


def reading(session: Session) -> Reading:
    """How values of this session's rows are read; sessions of PostgreSQL are in UTC."""
    return _FULL if is_full(session) else _LITE
