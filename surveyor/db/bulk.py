"""Batched statements, from stored events to tallies: arrays or COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, any_, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.packed import PACKERS
from surveyor.db.plain import copy_in, execute
from surveyor.db.sheets import ROWS, Rows, Sheet, array_literal, sheet_of, type_name, writers_of

_NEW = re.compile(r"new\.(\w+)")
#: More values than this in one IN list of SQLite are asked for in several statements.
_MOST_AT_ONCE = 4096
#: From as many rows on, what is the same in all of them is looked for.
_ENOUGH_ROWS = 16
_NOTHING: Mapping[str, Any] = {}
# S608 below: statements are put together from names of our own tables and columns; values are always parameters.


def insert(
    session: Session,
    table: Any,
    columns: Sequence[str],
    rows: Rows,
    *,
    same: Mapping[str, Any] = _NOTHING,
    conflict: str = "",
) -> None:
    """Insert `rows` (values in the order of `columns`) in one statement; a column left out has its table's default.

    same: columns that have one value in all of these rows, written once. conflict: what follows ON CONFLICT, for
    example "DO NOTHING" or "(id) DO UPDATE SET n = t.n + excluded.n"; a constant of ours, never an input.
    """
    if rows:
        _insert(session, table, columns, rows, same, f" ON CONFLICT {conflict}" if conflict else "")


def insert_new(
    session: Session, table: Any, columns: Sequence[str], rows: Rows, *, same: Mapping[str, Any], known_by: str
) -> set[Any]:
    """Insert those of `rows` that no unique index knows, in one statement; the values of `known_by` that are new.

    On SQLite, whose one writer has looked already, every row is taken to be new.
    """
    if not rows:
        return set()
    if dialect_name(session) != "postgresql":
        _insert(session, table, columns, rows, same, "")
        at = list(columns).index(known_by)
        return {row[at] for row in rows}
    found = _insert(session, table, columns, rows, same, f" ON CONFLICT DO NOTHING RETURNING {known_by}")
    return {value for (value,) in found.fetchall()}


def insert_and_ask(
    session: Session, table: Any, columns: Sequence[str], rows: Rows, *, conflict: str, asked: str
) -> Any:
    """Insert `rows` as `insert` does, on PostgreSQL alone; what `asked`, an expression of ours, says meanwhile."""
    return _insert(session, table, columns, rows, {}, f" ON CONFLICT {conflict} RETURNING {asked}").fetchall()[0][0]


def _insert(
    session: Session, table: Any, columns: Sequence[str], rows: Rows, same: Mapping[str, Any], tail: str
) -> Any:
    values = list(zip(*rows, strict=True))
    if len(values) != len(columns):
        raise ValueError("bind: as many values as columns")
    varying, values, once = _apart(table.__table__, columns, values, same)
    dialect = dialect_name(session)
    # Many rows that nothing can be in the way of come to PostgreSQL's pages together, and no array is made of them.
    way = "copy" if dialect == "postgresql" and not tail and len(rows) >= _ENOUGH_ROWS else dialect
    text, sheet, rest = _insertion(table.__table__, varying, tuple(once), way, tail)
    if way == "copy":
        return copy_in(session, text, sheet.copied(values, (*once.values(), *rest)))
    return sheet.run(session, text, values, (*once.values(), *rest))


def _apart(
    table: Table, columns: Sequence[str], values: list[tuple[Any, ...]], same: Mapping[str, Any]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]], Mapping[str, Any]]:
    """The columns that vary, and those with one value in all rows: these are written once, not at all when missing."""
    if len(values[0]) < _ENOUGH_ROWS:
        return tuple(columns), values, same
    varying, kept, once = [], [], dict(same)
    for name, column in zip(columns, values, strict=True):
        if not _is_one(column):
            varying.append(name)
            kept.append(column)
        elif column[0] is not None or table.c[name].default is not None:
            once[name] = column[0]
    return (tuple(varying), kept, once) if varying else (tuple(columns), values, same)


def _is_one(column: tuple[Any, ...]) -> bool:
    """Whether all values of a column are one; of lists and dictionaries only the same object is."""
    first = column[0]
    if isinstance(first, dict | list):
        return all(one is first for one in column)
    return bool(first == column[-1]) and column.count(first) == len(column)


@lru_cache(maxsize=256)
def _insertion(
    table: Table, columns: tuple[str, ...], same: tuple[str, ...], way: str, tail: str
) -> tuple[str, Sheet, tuple[Any, ...]]:
    """The text of an INSERT, its sheet, and the defaults that its table says."""
    constants = _constants(table, (*columns, *same))
    names = (*columns, *same, *(name for name, _ in constants))
    sheet = sheet_of(table, columns, names[len(columns) :])
    listed = ", ".join(names)
    if way == "copy":
        text = f"COPY {sheet.name} ({listed}) FROM STDIN"
    elif way == "postgresql":
        text = f"INSERT INTO {sheet.name} ({listed}) SELECT v.*{sheet.casts()} FROM {ROWS} AS v{tail}"  # noqa: S608
    else:
        text = f"INSERT INTO {sheet.name} ({listed}) VALUES ({', '.join('?' * len(names))}){tail}"  # noqa: S608
    return text, sheet, tuple(value for _, value in constants)


def update(
    session: Session, table: Any, keys: Sequence[str], columns: Sequence[str], rows: Rows, *, guard: str = ""
) -> None:
    """Set `columns` of the rows found by `keys`, in one statement; values come as keys, then columns.

    guard: a condition on the table's own columns that a row must meet besides, `new.COLUMN` in it being the value to
    be set; a constant of ours, never an input.
    """
    if rows:
        sheet, text = _updating(table.__table__, tuple(keys), tuple(columns), guard, dialect_name(session))
        sheet.run(session, text, list(zip(*rows, strict=True)))


@lru_cache(maxsize=256)
def _updating(
    table: Table, keys: tuple[str, ...], columns: tuple[str, ...], guard: str, dialect: str
) -> tuple[Sheet, str]:
    sheet = sheet_of(table, (*keys, *columns), ())
    also = f" AND ({guard})" if guard else ""
    if dialect == "postgresql":
        sets = ", ".join(f"{c} = v.{c}" for c in columns)
        where = " AND ".join(f"{sheet.name}.{k} = v.{k}" for k in keys)
        also = also.replace("new.", "v.")
        names = ", ".join((*keys, *columns))
        text = f"UPDATE {sheet.name} SET {sets} FROM {ROWS} AS v({names}) WHERE {where}{also}"  # noqa: S608
    else:
        numbered = {name: f"?{n}" for n, name in enumerate((*keys, *columns), start=1)}
        sets = ", ".join(f"{c} = {numbered[c]}" for c in columns)
        where = " AND ".join(f"{k} = {numbered[k]}" for k in keys)
        also = _NEW.sub(lambda found: numbered[found[1]], also)
        text = f"UPDATE {sheet.name} SET {sets} WHERE {where}{also}"  # noqa: S608
    return sheet, text


def delete(session: Session, table: Any, keys: Sequence[str], rows: Rows) -> None:
    """Delete the rows found by `keys`, in one statement."""
    if not rows:
        return
    sheet = sheet_of(table.__table__, tuple(keys), ())
    if dialect_name(session) == "postgresql":
        where = " AND ".join(f"{sheet.name}.{k} = v.{k}" for k in keys)
        text = f"DELETE FROM {sheet.name} USING {ROWS} AS v({', '.join(keys)}) WHERE {where}"  # noqa: S608
    else:
        text = f"DELETE FROM {sheet.name} WHERE {' AND '.join(f'{k} = ?' for k in keys)}"  # noqa: S608
    sheet.run(session, text, list(zip(*rows, strict=True)))


def read(  # noqa: PLR0913 - a statement has as many parts
    session: Session,
    table: Any,
    columns: Sequence[str],
    key: str,
    values: Collection[Any],
    *,
    tail: str = "",
    given: Sequence[Any] = (),
) -> list[tuple[Any, ...]]:
    """The `columns` of the rows whose `key` is one of `values`: one statement for a batch, plain tuples back.

    tail: what follows that condition ("AND source = ? ORDER BY id"), a constant of ours, with `?` where the texts of
    `given` go. On SQLite the rows of more than 4096 values come in several answers, each in that order.
    """
    if not values:
        return []
    sheet = sheet_of(table.__table__, tuple(columns), ())
    key_text, key_value = writers_of(table.__table__, key)
    listed = list(values)
    start = f"SELECT {', '.join(columns)} FROM {sheet.name} WHERE {key}"  # noqa: S608
    if dialect_name(session) == "postgresql":
        kind = type_name(table.__table__, key)
        pack = PACKERS.get(kind)
        array = pack(listed) if pack else array_literal(listed if key_text is None else map(key_text, listed))
        text = f"{start} = ANY(CAST(%s AS {kind}[])) {tail.replace('?', '%s')}"
        return _converted(execute(session, text, (array, *given)).fetchall(), sheet.read_postgresql)
    found: list[tuple[Any, ...]] = []
    for first in range(0, len(listed), _MOST_AT_ONCE):
        some = listed[first : first + _MOST_AT_ONCE]
        written = some if key_value is None else list(map(key_value, some))
        width = 1 << (len(written) - 1).bit_length()  # few widths: as many statements to prepare
        written += written[-1:] * (width - len(written))
        text = f"{start} IN ({','.join('?' * width)}) {tail}"
        found += execute(session, text, (*written, *given)).fetchall()
    return _converted(found, sheet.read_sqlite)


def _converted(rows: list[tuple[Any, ...]], readers: Sequence[Callable[[Any], Any] | None]) -> list[tuple[Any, ...]]:
    if not rows or not any(readers):
        return rows
    columns = zip(*rows, strict=True)
    return list(
        zip(
            *(column if read is None else map(read, column) for read, column in zip(readers, columns, strict=True)),
            strict=True,
        )
    )


def among(session: Session, column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column has one of many values: one array on PostgreSQL, so that a thousand are one parameter."""
    listed = list(values)
    if dialect_name(session) != "postgresql":
        return cast("ColumnElement[bool]", column.in_(listed))
    return cast("ColumnElement[bool]", column == any_(literal(listed, postgresql.ARRAY(column.type))))


@lru_cache(maxsize=128)
def _constants(table: Table, given: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    """Columns that were not given and whose table says a constant for them."""
    found = []
    for column in table.c:
        default: Any = column.default
        if column.name not in given and default is not None and column.server_default is None:
            found.append((column.name, default.arg if default.is_scalar else default.arg(None)))
    return tuple(found)
