"""How the values of columns are written for either database, and read back as ours: below the batched statements."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import repeat
from typing import Any, cast

from sqlalchemy import Boolean, Date, Integer, LargeBinary, Numeric, Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from surveyor.db.base import Hash, Id, Instant, Json, dumps, instant_text, uuid_of_bytes
from surveyor.db.engine import dialect_name
from surveyor.db.packed import PACKERS
from surveyor.db.plain import execute

Rows = Sequence[Sequence[Any]]
#: Stands for NULL while the texts of an array are escaped.
_NULL = "\x01"
#: Stands between the texts of a column that come as one.
_PART = "\x1f"
_PARTED = r"string_to_array(CAST(%s AS text), E'\x1f', E'\x01')"
#: What a value may not hold as it is between the tabs of a line.
_OF_LINES = str.maketrans({"\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": r"\r"})
#: Stands in a statement for the table of rows that `Sheet.rows_of` gives.
ROWS = "$ROWS"


class Sheet:
    """The columns of one table that a batch carries, and how each of their values is written and read.

    same: columns that follow with one value for all rows.
    """

    def __init__(self, table: Table, columns: tuple[str, ...], same: tuple[str, ...]) -> None:
        self.name = table.name
        self.types = [type_name(table, c) for c in columns]
        self.packers = [None if table.c[c].nullable else PACKERS.get(type_name(table, c)) for c in columns]
        self.same_types = [type_name(table, c) for c in same]
        writers = [writers_of(table, c) for c in columns]
        self.texts = [text for text, _ in writers]
        self.values = [value for _, value in writers]
        self.same_writers = [writers_of(table, c) for c in same]
        self.read_sqlite = [_reader(table.c[c].type, "sqlite") for c in columns]
        self.read_postgresql = [_reader(table.c[c].type, "postgresql") for c in columns]

    def rows_of(self, columns: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
        """The rows of these columns as a table of PostgreSQL: its text, and the values of its places."""
        parts: list[str] = []
        values: list[Any] = []
        for kind, write, pack, column in zip(self.types, self.texts, self.packers, columns, strict=True):
            if pack is not None:
                parts.append(f"CAST(%s AS {kind}[])")
                values.append(pack(column))
                continue
            listed = list(_column(column, write))
            one = parted_text(listed) if kind == "TEXT" else None
            parts.append(f"CAST(%s AS {kind}[])" if one is None else _PARTED)
            values.append(one or (array_literal(listed) if kind == "TEXT" else bare_literal(listed)))
        return f"unnest({', '.join(parts)})", values

    def casts(self) -> str:
        return "".join(f", CAST(%s AS {kind})" for kind in self.same_types)

    def copied(self, columns: Sequence[tuple[Any, ...]], same: Sequence[Any]) -> str:
        """The rows of these columns as COPY of PostgreSQL reads them; those that are the same end every line."""
        written = [_escaped(_column(column, write)) for write, column in zip(self.texts, columns, strict=True)]
        rest = [_written(value, write) for value, (write, _) in zip(same, self.same_writers, strict=True)]
        end = "".join(f"\t{value}" for value in _escaped(rest)) + "\n"
        return end.join(map("\t".join, zip(*written, strict=True))) + end

    def run(self, session: Session, text: str, columns: Sequence[tuple[Any, ...]], same: Sequence[Any] = ()) -> Any:
        """Run a text with the values of the columns, row by row, and those that are the same in all rows."""
        if dialect_name(session) == "postgresql":
            table, values = self.rows_of(columns)
            rest = [_written(value, write) for value, (write, _) in zip(same, self.same_writers, strict=True)]
            return execute(session, text.replace(ROWS, table), (*rest, *values))
        written: list[Iterable[Any]] = [
            _column(column, write) for write, column in zip(self.values, columns, strict=True)
        ]
        # An endless column beside those of the rows: zip stops with the rows.
        written += [repeat(_written(value, write)) for value, (_, write) in zip(same, self.same_writers, strict=True)]
        return execute(session, text, zip(*written), many=True)  # noqa: B905


def _column(values: Sequence[Any], write: Callable[[Any], Any] | None) -> Iterable[Any]:
    """A column as it is written; one object in all of its rows, such as the instant of a batch, is written once."""
    if write is None:
        return values
    if len(values) > 1 and values[0] is values[-1] and len(set(map(id, values))) == 1:
        return repeat(write(values[0]), len(values))
    return map(write, values)


def _written(value: Any, write: Callable[[Any], Any] | None) -> Any:
    return value if write is None or value is None else write(value)


@lru_cache(maxsize=256)
def sheet_of(table: Table, columns: tuple[str, ...], same: tuple[str, ...]) -> Sheet:
    return Sheet(table, columns, same)


def type_name(table: Table, column: str) -> str:
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(table.c[column].type.compile(dialect))


@lru_cache(maxsize=512)
def writers_of(table: Table, column: str) -> tuple[Callable[[Any], Any] | None, Callable[[Any], Any] | None]:
    """How a value of this column is written for PostgreSQL's arrays and for SQLite; None: as it is."""
    found = table.c[column]
    text, value = _as_text(found.type), _as_value(found.type)
    if found.nullable:
        return _or_null(text), _or_null(value)
    return text, value


def _or_null(write: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return None if write is None else lambda value: None if value is None else write(value)


def parted_text(values: list[str | None]) -> str | None:
    """Texts as one, for `_PARTED`: nothing is escaped, here or there. None for a single text, or where that fails."""
    nulls = values.count(None)
    given = values if not nulls else [_NULL if value is None else value for value in values]
    joined = _PART.join(cast("Sequence[str]", given))
    # One alone is left: when it is empty, it would be an array of nothing.
    return joined if joined.count(_PART) == len(values) - 1 > 0 and joined.count(_NULL) == nulls else None


def bare_literal(values: list[str | None]) -> str:
    """An array literal of what is no text: numbers, ids, hashes, instants. Nothing in it needs quotes."""
    joined = ",".join(["NULL" if value is None else value for value in values])
    return f"{{{joined}}}".replace("\\", "\\\\")


def _escaped(values: Iterable[Any]) -> list[str]:
    """Values as a line of COPY has them: nearly all are so already."""
    listed = list(values)
    if None in listed:
        return ["\\N" if value is None else str(value).translate(_OF_LINES) for value in listed]
    joined = "".join(listed)
    if "\\" in joined or "\n" in joined or "\t" in joined or "\r" in joined:
        return [value.translate(_OF_LINES) for value in listed]
    return listed


def array_literal(values: Iterable[str | None]) -> str:
    """A PostgreSQL array literal of texts; None is NULL. Half the cost of lists that the driver adapts one by one."""
    listed = list(values)
    nulls = listed.count(None)
    if nulls == len(listed):
        return f"{{{','.join(['NULL'] * nulls)}}}"
    # No text has NUL, which neither database takes, and few have \x01: all of them are escaped at once.
    texts = cast("list[str]", listed) if not nulls else [_NULL if value is None else value for value in listed]
    joined = "\x00".join(texts)
    if joined.count("\x00") == len(listed) - 1 and (not nulls or joined.count(_NULL) == nulls):
        if "\\" in joined:
            joined = joined.replace("\\", "\\\\")
        joined = joined.replace('"', '\\"').replace("\x00", '","')
        return f'{{"{joined}"}}' if not nulls else f'{{"{joined}"}}'.replace(f'"{_NULL}"', "NULL")
    parts = [
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in listed
    ]
    return "{" + ",".join(parts) + "}"


def _as_text(kind: Any) -> Callable[[Any], str] | None:
    """How a value is written in an array literal of PostgreSQL; None: it is a text already."""
    if isinstance(kind, Instant):
        return instant_text
    if isinstance(kind, Id):
        return _uuid_text
    if isinstance(kind, Hash | LargeBinary):
        return _bytea
    if isinstance(kind, Json):
        return dumps
    if isinstance(kind, Boolean):
        return _boolean
    if isinstance(kind, Date):
        return _date
    return None if isinstance(kind, Text) else str


def _as_value(kind: Any) -> Callable[[Any], Any] | None:
    """How SQLite's driver is given a value; None: as it is."""
    if isinstance(kind, Id):
        return _uuid_bytes
    if isinstance(kind, Instant):
        return instant_text
    if isinstance(kind, Json):
        return dumps
    if isinstance(kind, Date):
        return _date
    return str if isinstance(kind, Numeric) and not isinstance(kind, Integer) else None


def _reader(kind: Any, dialect: str) -> Callable[[Any], Any] | None:
    """What makes a value of the driver ours again; None: it is ours already."""
    if isinstance(kind, Json):
        return lambda value: None if value is None else json.loads(value)
    if dialect == "postgresql":
        return (lambda value: None if value is None else value.astimezone(UTC)) if isinstance(kind, Instant) else None
    read: Callable[[Any], Any]
    if isinstance(kind, Id):
        read = uuid_of_bytes
    elif isinstance(kind, Instant):
        read = datetime.fromisoformat
    elif isinstance(kind, Date):
        read = date.fromisoformat
    elif isinstance(kind, Boolean):
        read = bool
    elif isinstance(kind, Numeric) and not isinstance(kind, Integer):
        read = _decimal
    else:
        return None
    return lambda value: None if value is None else read(value)


def _uuid_text(value: uuid.UUID) -> str:
    return value.int.to_bytes(16, "big").hex()  # a tenth of what a format of the number costs


def _bytea(value: bytes) -> str:
    return "\\x" + value.hex()


def _boolean(value: bool) -> str:
    return "t" if value else "f"


def _uuid_bytes(value: uuid.UUID) -> bytes:
    return value.int.to_bytes(16, "big")


@lru_cache(maxsize=4096)
def _date(value: date) -> str:
    return value.isoformat()


def _decimal(value: Any) -> Decimal:
    return Decimal(f"{value:.4f}")
