"""Customers as sources name them: found or made before their orders are decided upon."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.customers import Customer

_COLUMNS = ("id", "external_id", "email", "address_key", "first_name", "last_name", "language", "segment")
_READ = (*_COLUMNS, "erased_at")
_VALUES = attrgetter(*_COLUMNS)


class CustomerRow(NamedTuple):
    """One customer; texts are "" when nothing is known, address_key None without an address.

    created: made by the transaction that holds this row.
    """

    id: UUID
    external_id: str
    email: str = ""
    address_key: bytes | None = None
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    segment: str = ""
    erased_at: datetime | None = None
    created: bool = False

    def with_news(self, **news: Any) -> CustomerRow:
        """The customer with what an order said about them; an erased one stays as they are."""
        said = {key: value for key, value in news.items() if value and value != getattr(self, key)}
        return self if self.erased_at is not None or not said else self._replace(**said)


def by_external_id(session: Session, ids: Collection[str]) -> dict[str, CustomerRow]:
    """The customers that sources call so."""
    return {row[1]: CustomerRow(*row) for row in bulk.read(session, Customer, _READ, "external_id", ids)}


def by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, CustomerRow]:
    """The customers of these ids."""
    return {row[0]: CustomerRow(*row) for row in bulk.read(session, Customer, _READ, "id", ids)}


def by_address(session: Session, key: bytes) -> list[CustomerRow]:
    """Every account of an address."""
    return [CustomerRow(*row) for row in bulk.read(session, Customer, _READ, "address_key", (key,))]


def still_known(session: Session, keys: Sequence[bytes]) -> int:
    """How many accounts of these addresses still have their identity: none after their erasure."""
    rows = bulk.read(session, Customer, _READ, "address_key", keys)
    return sum(CustomerRow(*row).erased_at is None for row in rows)


def add(session: Session, rows: Sequence[CustomerRow], *, now: datetime) -> set[str]:
    """Insert customers, and say which are new; one that somebody else inserted stays as it is (read it again)."""
    values = [_VALUES(row) for row in sorted(rows, key=lambda row: row.external_id)]
    return bulk.insert_new(session, Customer, _COLUMNS, values, same={"created_at": now}, known_by="external_id")


def save(session: Session, rows: Sequence[CustomerRow]) -> None:
    """Write what changed of customers whose state rows the caller has locked; one erased meanwhile stays so."""
    values = [_VALUES(row) for row in sorted(rows, key=lambda row: row.id.int)]
    bulk.update(session, Customer, _COLUMNS[:1], _COLUMNS[1:], values, guard="erased_at IS NULL")


def empty_identity(session: Session, address_key: bytes, *, now: datetime) -> int:
    """Forget address and name of everybody at an address; how many there were. Their orders and counts stay."""
    changed = session.execute(
        update(Customer)
        .where(Customer.address_key == address_key, Customer.erased_at.is_(None))
        .values(email="", first_name="", last_name="", erased_at=now),
        execution_options={"synchronize_session": False},
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]
