"""Statements compiled once for each engine and handed straight to the driver: for the pages customers answer on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any] | None


class Prepared:
    """One statement with `bindparam`s, compiled at its first use; its types are those of the tables.

    Only for statements whose text never changes: no list that expands, no literal that is rendered in place.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def send(self, session: Session, **values: Any) -> Sent:
        """Hand it over; inside `together` PostgreSQL answers later, when the rows are asked for."""
        connection = session.connection()
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._compiled[connection.dialect.name] = _compile(self._statement, connection.dialect)
        driver: Any = connection.connection.driver_connection
        with _told(session):
            cursor = driver.cursor()
            cursor.execute(compiled.text, compiled.parameters(values))
        return Sent(session, cursor, compiled.results)

    def rows(self, session: Session, **values: Any) -> list[Row]:
        """Hand it over and wait for its rows."""
        return self.send(session, **values).rows()

    def changed(self, session: Session, **values: Any) -> int:
        """Hand it over and say how many rows it wrote."""
        return self.send(session, **values).changed()


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement under way."""

    session: Session
    cursor: Any
    results: tuple[_Convert, ...]

    def rows(self) -> list[Row]:
        """Its rows, each value as its column's type reads it."""
        with _told(self.session):
            found = self.cursor.fetchall()
        return [
            tuple(value if read is None else read(value) for read, value in zip(self.results, row, strict=True))
            for row in found
        ]

    def changed(self) -> int:
        """How many rows it wrote."""
        with _told(self.session):
            if self.cursor.description is not None:
                self.cursor.fetchall()
        return int(self.cursor.rowcount)


@contextmanager
def together(session: Session) -> Iterator[None]:
    """What is sent inside leaves in one go on PostgreSQL; SQLite has no way to go."""
    if dialect_name(session) != "postgresql":
        yield
        return
    driver: Any = session.connection().connection.driver_connection
    with _told(session), driver.pipeline():
        yield


#: PostgreSQL plans a statement of unique keys once; connections plan each time otherwise (db/engine.py).
KNOWN_PLAN = Prepared(text("SET LOCAL plan_cache_mode = force_generic_plan"))


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    names: tuple[str, ...]
    positional: bool
    fixed: dict[str, Any]
    binds: dict[str, Callable[[Any], Any]]
    results: tuple[_Convert, ...]

    def parameters(self, values: dict[str, Any]) -> Any:
        known, write = {**self.fixed, **values}, self.binds
        if self.positional:
            return [write[name](known[name]) if name in write else known[name] for name in self.names]
        return {name: write[name](known[name]) if name in write else known[name] for name in self.names}


def _compile(statement: Any, dialect: Any) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    names = tuple(compiled.positiontup if compiled.positional else compiled.binds)
    columns = [entry.type.dialect_impl(dialect) for entry in getattr(compiled, "_result_columns", ())]
    return _Compiled(
        str(compiled),
        names,
        bool(compiled.positional),
        {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required},
        dict(compiled._bind_processors),
        tuple(kind.result_processor(dialect, None) for kind in columns),
    )


@contextmanager
def _told(session: Session) -> Iterator[None]:
    """Errors of the driver as SQLAlchemy's, whom callers know: what may pass, what says that the database is away."""
    dialect: Any = session.get_bind().dialect
    error: Any = dialect.loaded_dbapi.Error
    try:
        yield
    except error as wrong:
        connection = session.connection()
        gone = dialect.is_disconnect(wrong, connection.connection.driver_connection, None)
        if gone:
            connection.invalidate(wrong)
        raise DBAPIError.instance(
            "", None, wrong, error, hide_parameters=True, connection_invalidated=gone, dialect=dialect
        ) from wrong
