"""Arrays of ids, hashes, days and instants in PostgreSQL's own bytes: below the sheets of batched statements.

To read such a value as a text costs the server three to five times as much, and to write it as one costs more here too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from struct import pack
from typing import Any

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = _FIRST.toordinal()
_MICROSECOND = timedelta(microseconds=1)


class Packed(bytes):
    """An array as the server receives it; one class for each type of its elements."""

    element: int
    array: int


class _Ids(Packed):
    element, array = 2950, 2951


class _Hashes(Packed):
    element, array = 17, 1001


class _Days(Packed):
    element, array = 1082, 1182


class _Instants(Packed):
    element, array = 1184, 1185


def ids(values: Iterable[uuid.UUID]) -> Packed:
    """An array of type uuid[]."""
    return _packed(_Ids, 16, [value.int.to_bytes(16, "big") for value in values])


def hashes(values: Collection[bytes]) -> Packed:
    """An array of type bytea[]: values of one length as in nearly all, or of several."""
    sizes = set(map(len, values))
    if len(sizes) <= 1:
        return _packed(_Hashes, max(sizes, default=0), values)
    parts = [pack(">i", len(value)) + value for value in values]
    return _Hashes(_head(_Hashes, len(parts)) + b"".join(parts))


def days(values: Collection[date]) -> Packed:
    """An array of type date[]."""
    return _packed(_Days, 4, list(map(_day, values)))


def instants(values: Collection[datetime]) -> Packed:
    """An array of type timestamptz[]; a value without its zone raises TypeError."""
    return _packed(_Instants, 8, list(map(_instant, values)))


#: How the columns of a type are packed, by its name in a statement.
PACKERS: dict[str, Callable[[Any], Packed]] = {
    "UUID": ids,
    "BYTEA": hashes,
    "DATE": days,
    "TIMESTAMP WITH TIME ZONE": instants,
}


def register(connection: Any) -> None:
    """Have a connection of psycopg hand such arrays over as they are."""
    from psycopg.adapt import Dumper  # noqa: PLC0415 - embedded imports no psycopg
    from psycopg.pq import Format  # noqa: PLC0415

    class AsItIs(Dumper):
        format = Format.BINARY

        def dump(self, obj: Any) -> Any:
            return obj

    for kind in Packed.__subclasses__():
        dumper = type(f"As{kind.__name__}", (AsItIs,), {"oid": kind.array})
        connection.adapters.register_dumper(kind, dumper)


def _packed(kind: type[Packed], size: int, values: Collection[bytes]) -> Packed:
    """Values of one size, each behind its length."""
    length = pack(">i", size)
    return kind(_head(kind, len(values)) + length + length.join(values)) if values else kind(_head(kind, 0))


def _head(kind: type[Packed], count: int) -> bytes:
    """Dimensions, whether there are NULLs, the type of the elements, then how many there are from 1 on."""
    return pack(">5i", 1, 0, kind.element, count, 1) if count else pack(">3i", 0, 0, kind.element)


@lru_cache(maxsize=4096)
def _day(value: date) -> bytes:
    return pack(">i", value.toordinal() - _FIRST_DAY)


@lru_cache(maxsize=8192)
def _instant(value: datetime) -> bytes:
    return pack(">q", (value - _FIRST) // _MICROSECOND)
