"""The base of every table: naming convention, the column types of both engines, and time-ordered ids."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from struct import unpack
from typing import Any

import msgspec
from sqlalchemy import LargeBinary, MetaData, Text, TypeDecorator, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

from surveyor.core.calendar import iso_day

_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode
_new_uuid, _set, _UNKNOWN = uuid.UUID.__new__, object.__setattr__, uuid.SafeUUID.unknown
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables hang here; the metadata is what migrations are compared with."""

    metadata = MetaData(naming_convention=NAMING)


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC: timestamptz on PostgreSQL, fixed-width ISO text on SQLite so that it sorts."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone: pass an aware datetime")
        return value.astimezone(UTC) if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        found: datetime = value
        return found.astimezone(UTC)


@lru_cache(maxsize=8192)
def instant_text(value: datetime) -> str:
    """The fixed-width form that SQLite stores: 2026-11-22T09:00:00.000000+00:00.

    A whole second is put together from texts: half of what a batch says are instants, and to format one costs more.
    """
    at = value if value.tzinfo is UTC else value.astimezone(UTC)
    if at.microsecond:
        return at.isoformat(timespec="microseconds")
    return f"{iso_day(at.toordinal())}T{_CLOCK[at.hour * 60 + at.minute]}:{_TWO[at.second]}.000000+00:00"


_TWO = [f"{n:02d}" for n in range(60)]
_CLOCK = [f"{hour:02d}:{minute}" for hour in range(24) for minute in _TWO]


class Id(TypeDecorator[uuid.UUID]):
    """A UUID in 16 bytes: uuid on PostgreSQL, BLOB on SQLite."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        if value is None or isinstance(value, uuid.UUID):
            return value
        return uuid_of_bytes(value)


class Hash(TypeDecorator[bytes]):
    """A hash or a token digest: 32 bytes on both engines."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes(value)


class Json(TypeDecorator[Any]):
    """Compact JSON kept as text on both engines: read whole, never searched."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else _decode(value)


def dumps(value: Any) -> str:
    """The one way JSON is written in a column."""
    return _encode(value).decode()


def one_of(column: str, *values: str) -> str:
    """The condition that a column has one of these words (constants of ours), or none, for the check of a table.

    An IN list of three or more makes SQLite build a table of it for every row that it checks: twice the row's cost.
    """
    return " OR ".join(f"{column} = '{value}'" for value in values)


def new_id(now: datetime) -> uuid.UUID:
    """A UUIDv7 of the instant given (RFC 9562): ids made later sort later, so indexes grow at one end."""
    return new_ids(now, 1)[0]


def new_ids(now: datetime, count: int) -> list[uuid.UUID]:
    """Ids of one instant, each greater than the one before: rows of a batch written so come at the end of an index."""
    return list(islice(id_stream(now), count))


def id_stream(now: datetime) -> Iterator[uuid.UUID]:
    """Ids of one instant without end, each greater than the one before.

    62 random bits to begin with, then steps of up to 32 random bits, as RFC 9562 (6.2, method 2) has them.
    """
    high = (int(now.timestamp() * 1000) & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | 0b10 << 62
    high |= (int.from_bytes(os.urandom(2), "big") & 0xFFF) << 64
    low = int.from_bytes(os.urandom(8), "big") >> 3  # as many steps fit above as nobody takes
    drawn = 4
    while True:
        for step in unpack(f"<{drawn}I", os.urandom(4 * drawn)):
            low += step + 1
            made = _new_uuid(uuid.UUID)
            _set(made, "int", high | low)
            _set(made, "is_safe", _UNKNOWN)
            yield made
        drawn = 256


def uuid_of_bytes(value: bytes) -> uuid.UUID:
    """The id of 16 bytes that the database kept: not examined again, which is most of what a UUID costs."""
    made = _new_uuid(uuid.UUID)
    _set(made, "int", int.from_bytes(value, "big"))
    _set(made, "is_safe", _UNKNOWN)
    return made


def first_id(instant: datetime) -> uuid.UUID:
    """The smallest id that `new_id` can make at an instant: where a range of recent rows begins."""
    return uuid.UUID(int=((int(instant.timestamp() * 1000) & 0xFFFFFFFFFFFF) << 80) | (0x7 << 76) | (0b10 << 62))
