"""Customers as sources name them: found or made before their orders are decided upon."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.customers import Customer

_COLUMNS = ("id", "external_id", "email", "address_key", "first_name", "last_name", "language", "segment")


@dataclass(frozen=True, slots=True)
class CustomerRow:
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

    def with_news(self, **news: object) -> CustomerRow:
        """The customer with what an order said about them; an erased one stays as they are."""
        said = {key: value for key, value in news.items() if value and value != getattr(self, key)}
        return self if self.erased_at is not None or not said else replace(self, **said)  # type: ignore[arg-type]


def by_external_id(session: Session, ids: Collection[str]) -> dict[str, CustomerRow]:
    """The customers that sources call so."""
    return (
        {row.external_id: row for row in _select(session, bulk.among(session, Customer.external_id, ids))}
        if ids
        else {}
    )


def by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, CustomerRow]:
    """The customers of these ids."""
    return {row.id: row for row in _select(session, bulk.among(session, Customer.id, ids))} if ids else {}


def by_address(session: Session, key: bytes) -> list[CustomerRow]:
    """Every account of an address."""
    return _select(session, Customer.address_key == key)


def add(session: Session, rows: Sequence[CustomerRow], *, now: datetime) -> None:
    """Insert customers; one that somebody else inserted meanwhile stays as it is (read it again)."""
    values = [(*_values(row), now) for row in sorted(rows, key=lambda row: row.external_id)]
    bulk.insert(session, Customer, (*_COLUMNS, "created_at"), values, conflict="DO NOTHING")


def save(session: Session, rows: Sequence[CustomerRow]) -> None:
    """Write what changed of customers whose state rows the caller has locked."""
    values = [_values(row) for row in sorted(rows, key=lambda row: row.id.int)]
    bulk.update(session, Customer, _COLUMNS[:1], _COLUMNS[1:], values)


def _values(row: CustomerRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _COLUMNS)


def _select(session: Session, condition: object) -> list[CustomerRow]:
    c = Customer
    query = select(
        c.id,
        c.external_id,
        c.email,
        c.address_key,
        c.first_name,
        c.last_name,
        c.language,
        c.segment,
        c.erased_at,
    )
    return [CustomerRow(*row) for row in session.execute(query.where(condition))]  # type: ignore[arg-type]
