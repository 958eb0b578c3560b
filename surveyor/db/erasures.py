"""Erasures: who asked, what is still to be done, and the customers whose later orders come without a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyor.db import bulk, persons
from surveyor.db.base import new_id, new_ids
from surveyor.db.plain import Statement
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.erasures import Erasure
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.suppressions import Suppression


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """One erasure; receipt: rows and files emptied so far, by place."""

    id: UUID
    customer_id: UUID
    address_key: bytes | None
    requested_at: datetime
    done_at: datetime | None
    receipt: Mapping[str, int]


def begin(session: Session, customer_id: UUID, address_key: bytes | None, *, by: str, now: datetime) -> UUID:
    """Write down that a person is to be erased; its id."""
    made = new_id(now)
    values = {"id": made, "customer_id": customer_id, "address_key": address_key, "by": by}
    session.execute(insert(Erasure).values(**values, requested_at=now, receipt={}))
    return made


def under_way(session: Session, customer_id: UUID) -> UUID | None:
    """The erasure of this customer that is not done yet."""
    e = Erasure
    return session.scalar(select(e.id).where(e.customer_id == customer_id, e.done_at.is_(None)).limit(1))


def waiting(session: Session, *, limit: int = 100) -> list[ErasureRow]:
    """Those that are not done yet, the oldest first."""
    query = _rows().where(Erasure.done_at.is_(None)).order_by(Erasure.requested_at, Erasure.id)
    return [ErasureRow(*row) for row in session.execute(query.limit(limit))]


def one(session: Session, erasure: UUID) -> ErasureRow | None:
    """One erasure."""
    found = session.execute(_rows().where(Erasure.id == erasure)).first()
    return None if found is None else ErasureRow(*found)


def note(session: Session, erasure: UUID, counts: Mapping[str, int], *, done_at: datetime | None = None) -> None:
    """Add to the receipt what this transaction emptied; done_at: nothing is left."""
    receipt = dict(session.scalar(select(Erasure.receipt).where(Erasure.id == erasure).with_for_update()) or {})
    for place, n in counts.items():
        if n:
            receipt[place] = receipt.get(place, 0) + n
    values: dict[str, Any] = {"receipt": receipt} | ({} if done_at is None else {"done_at": done_at})
    session.execute(update(Erasure).where(Erasure.id == erasure).values(**values))


def revoke_links(session: Session, customer_ids: Collection[UUID], *, now: datetime) -> int:
    """End the survey links of these customers; how many."""
    i = Invitation
    changed = session.execute(
        update(i).where(i.customer_id.in_(customer_ids), i.revoked_at.is_(None)).values(revoked_at=now),
        execution_options={"synchronize_session": False},
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]


_ANY = Statement(*["SELECT 1 FROM erasures LIMIT 1"] * 2)


def any_yet(session: Session) -> bool:
    """Whether anybody was ever erased: without that nobody has to be recognised."""
    return bool(_ANY.run(session, lite=(), full=()))


def erased_among(session: Session, names: Collection[str], keys: Collection[bytes]) -> tuple[set[str], set[bytes]]:
    """Of these names (`erased-…`) those that customers have, and of these address keys those that were erased."""
    known = bulk.read(session, Customer, ("external_id",), "external_id", names)
    tail = "AND reason = ? AND lifted_at IS NULL"
    opposed = bulk.read(session, Suppression, ("address_key",), "address_key", keys, tail=tail, given=("erased",))
    return {name for (name,) in known}, {key for (key,) in opposed}


def add_nameless(session: Session, rows: Mapping[str, bytes], *, now: datetime) -> None:
    """Customers of whom nothing is known but that they were erased (name, address key), each with a row to lock."""
    names = sorted(rows)
    values = [(key, name, rows[name]) for key, name in zip(new_ids(now, len(names)), names, strict=True)]
    same = {"erased_at": now, "created_at": now}
    columns = ("id", "external_id", "address_key")
    bulk.insert(session, Customer, columns, values, same=same, conflict="DO NOTHING")
    found = bulk.read(session, Customer, ("id", "address_key"), "external_id", names)
    persons.make_states(session, [(key, address) for key, address in found], now=now)


def empty_bodies(session: Session, source: str, event_ids: Sequence[str]) -> None:
    """Empty the payloads of these events; ids and hashes stay, so that they are known once more."""
    row = OrderEventRow
    session.execute(
        update(row).where(row.source == source, row.event_id.in_(event_ids)).values(body=None),
        execution_options={"synchronize_session": False},
    )


def _rows() -> Any:
    e = Erasure
    return select(e.id, e.customer_id, e.address_key, e.requested_at, e.done_at, e.receipt)
