"""Batched statements, from stored events to tallies: arrays on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Boolean, ColumnElement, Date, Integer, Numeric, Table, any_, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from surveyor.db.base import Hash, Id, Instant, Json, dumps, instant_text
from surveyor.db.engine import dialect_name
from surveyor.db.plain import execute

Rows = Sequence[Sequence[Any]]
_NEW = re.compile(r"new\.(\w+)")
# S608 below: statements are put together from names of our own tables and columns; values are always parameters.


def insert(session: Session, table: Any, columns: Sequence[str], rows: Rows, *, conflict: str = "") -> None:
    """Insert `rows` (values in the order of `columns`) in one statement; a column left out has its table's default.

    conflict: what follows ON CONFLICT, for example "DO NOTHING" or "(id) DO UPDATE SET n = t.n + excluded.n"; a
    constant of ours, never an input.
    """
    tail = f" ON CONFLICT {conflict}" if conflict else ""
    constants = _constants(table.__table__, tuple(columns))
    columns = (*columns, *(name for name, _ in constants))
    rest = tuple(value for _, value in constants)
    rows = [(*row, *rest) for row in rows] if rest else rows
    sheet = _sheet(table.__table__, tuple(columns))
    names = ", ".join(columns)
    if dialect_name(session) == "postgresql":
        text = f"INSERT INTO {sheet.name} ({names}) SELECT * FROM {sheet.unnest()}{tail}"  # noqa: S608
    else:
        text = f"INSERT INTO {sheet.name} ({names}) VALUES ({', '.join('?' * len(columns))}){tail}"  # noqa: S608
    sheet.run(session, text, rows)


def update(
    session: Session, table: Any, keys: Sequence[str], columns: Sequence[str], rows: Rows, *, guard: str = ""
) -> None:
    """Set `columns` of the rows found by `keys`, in one statement; values come as keys, then columns.

    guard: a condition on the table's own columns that a row must meet besides, `new.COLUMN` in it being the value to
    be set; a constant of ours, never an input.
    """
    sheet = _sheet(table.__table__, (*keys, *columns))
    also = f" AND ({guard})" if guard else ""
    if dialect_name(session) == "postgresql":
        sets = ", ".join(f"{c} = v.{c}" for c in columns)
        where = " AND ".join(f"{sheet.name}.{k} = v.{k}" for k in keys)
        also = also.replace("new.", "v.")
        names = ", ".join((*keys, *columns))
        text = f"UPDATE {sheet.name} SET {sets} FROM {sheet.unnest()} AS v({names}) WHERE {where}{also}"  # noqa: S608
    else:
        numbered = {name: f"?{n}" for n, name in enumerate((*keys, *columns), start=1)}
        sets = ", ".join(f"{c} = {numbered[c]}" for c in columns)
        where = " AND ".join(f"{k} = {numbered[k]}" for k in keys)
        also = _NEW.sub(lambda found: numbered[found[1]], also)
        text = f"UPDATE {sheet.name} SET {sets} WHERE {where}{also}"  # noqa: S608
    sheet.run(session, text, rows)


def delete(session: Session, table: Any, keys: Sequence[str], rows: Rows) -> None:
    """Delete the rows found by `keys`, in one statement."""
    sheet = _sheet(table.__table__, tuple(keys))
    if dialect_name(session) == "postgresql":
        where = " AND ".join(f"{sheet.name}.{k} = v.{k}" for k in keys)
        text = f"DELETE FROM {sheet.name} USING {sheet.unnest()} AS v({', '.join(keys)}) WHERE {where}"  # noqa: S608
    else:
        text = f"DELETE FROM {sheet.name} WHERE {' AND '.join(f'{k} = ?' for k in keys)}"  # noqa: S608
    sheet.run(session, text, rows)


def among(session: Session, column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column has one of many values: one array on PostgreSQL, so that a thousand are one parameter."""
    listed = list(values)
    if dialect_name(session) != "postgresql":
        return cast("ColumnElement[bool]", column.in_(listed))
    return cast("ColumnElement[bool]", column == any_(literal(listed, postgresql.ARRAY(column.type))))


class _Sheet:
    """The columns of one table that a batch carries, and how each of their values is written."""

    def __init__(self, table: Table, columns: tuple[str, ...]) -> None:
        self.name = table.name
        dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
        self.types = [str(table.c[c].type.compile(dialect)) for c in columns]
        self.texts = [_as_text(table.c[c].type) for c in columns]
        self.values = [_as_value(table.c[c].type) for c in columns]

    def unnest(self) -> str:
        return f"unnest({', '.join(f'CAST(%s AS {kind}[])' for kind in self.types)})"

    def run(self, session: Session, text: str, rows: Rows) -> None:
        if not rows:
            return
        if dialect_name(session) == "postgresql":
            arrays = [
                array_literal(map(write, column))
                for write, column in zip(self.texts, zip(*rows, strict=True), strict=True)
            ]
            execute(session, text, tuple(arrays))
        else:
            columns = zip(self.values, zip(*rows, strict=True), strict=True)
            written = [column if write is None else map(write, column) for write, column in columns]
            execute(session, text, list(zip(*written, strict=True)), many=True)


@lru_cache(maxsize=128)
def _sheet(table: Table, columns: tuple[str, ...]) -> _Sheet:
    return _Sheet(table, columns)


@lru_cache(maxsize=128)
def _constants(table: Table, given: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    """Columns that were not given and whose table says a constant for them."""
    found = []
    for column in table.c:
        default: Any = column.default
        if column.name not in given and default is not None and column.server_default is None:
            found.append((column.name, default.arg if default.is_scalar else default.arg(None)))
    return tuple(found)


def array_literal(values: Iterable[str | None]) -> str:
    """A PostgreSQL array literal of texts; None is NULL. Half the cost of lists that the driver adapts one by one."""
    listed = list(values)
    if None not in listed:
        joined = '","'.join(cast("list[str]", listed))
        if "\\" not in joined and joined.count('"') == 2 * (len(listed) - 1):
            return f'{{"{joined}"}}'  # nothing to escape in any of them
    parts = [
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in listed
    ]
    return "{" + ",".join(parts) + "}"


def _as_text(kind: Any) -> Callable[[Any], str | None]:
    write: Callable[[Any], str]
    if isinstance(kind, Instant):
        write = _instant
    elif isinstance(kind, Hash) or kind.__class__.__name__ == "LargeBinary":
        write = _bytea
    elif isinstance(kind, Json):
        write = dumps
    elif isinstance(kind, Boolean):
        write = _boolean
    else:
        write = str
    return lambda value: None if value is None else write(value)


def _as_value(kind: Any) -> Callable[[Any], Any] | None:
    """How SQLite's driver is given a value; None: as it is."""
    if isinstance(kind, Id):
        return _uuid_bytes
    if isinstance(kind, Instant):
        return _sqlite_instant
    if isinstance(kind, Json):
        return _json
    if isinstance(kind, Date):
        return _date
    return _number if isinstance(kind, Numeric) and not isinstance(kind, Integer) else None


@lru_cache(maxsize=8192)
def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _bytea(value: bytes) -> str:
    return "\\x" + value.hex()


def _boolean(value: bool) -> str:
    return "t" if value else "f"


def _uuid_bytes(value: uuid.UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _sqlite_instant(value: datetime | None) -> str | None:
    return None if value is None else instant_text(value)


def _json(value: Any) -> str | None:
    return None if value is None else dumps(value)


def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
