"""What a decision reads of the persons it is about, locked: state rows, oppositions, choices, emails under way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from surveyor.db import bulk, customers
from surveyor.db.customers import CustomerRow
from surveyor.db.engine import dialect_name
from surveyor.db.plain import Statement
from surveyor.db.tables.customers import CustomerState
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.suppressions import Preference, Suppression

_STATE = ("customer_id", "address_key", "state")


class StateRow(NamedTuple):
    """One customer's state row with what decisions need of the customer. `state` "" : nothing is remembered yet."""

    customer_id: UUID
    address_key: bytes | None
    state: str
    external_id: str
    email: str
    segment: str
    language: str


@dataclass(frozen=True, slots=True)
class Opposition:
    """A suppression in force: `reason` is a word of the table."""

    address_key: bytes
    reason: str
    scope: str
    expires_at: datetime | None


def make_states(session: Session, rows: Sequence[tuple[UUID, bytes | None]], *, now: datetime) -> None:
    """Give customers a row to lock: (customer, address key); those that have one keep it."""
    values = sorted(rows, key=lambda row: row[0].int)
    same = {"state": "", "updated_at": now}
    bulk.insert(session, CustomerState, _STATE[:2], values, same=same, conflict="DO NOTHING")


def lock(
    session: Session,
    *,
    customer_ids: Collection[UUID],
    address_keys: Collection[bytes],
    known: Mapping[UUID, CustomerRow] | None = None,
) -> list[StateRow]:
    """The state rows of these customers and of everybody at these addresses, locked: by address, then those without.

    Each statement locks in the order of its keys, and a row is always found the same way: two batches wait for each
    other and never block each other. known: customers that were read in this transaction.
    """
    tail = f"ORDER BY customer_id{' FOR UPDATE' if dialect_name(session) == 'postgresql' else ''}"
    found = bulk.read(session, CustomerState, _STATE, "address_key", address_keys, tail=tail)
    absent = set(customer_ids).difference(row[0] for row in found)
    found += bulk.read(session, CustomerState, _STATE, "customer_id", absent, tail=tail)
    described = dict(known or {})
    # Whoever changed the address since they were read has changed the customer: read again, under the lock.
    others = [key for key, address, _ in found if key not in described or described[key].address_key != address]
    described.update(customers.by_id(session, others))
    rows = []
    for key, address, state in found:
        who = described[key]
        rows.append(StateRow(key, address, state, who.external_id, who.email, who.segment, who.language))
    return rows


def save_states(
    session: Session,
    rows: Sequence[tuple[UUID, str]],
    *,
    moved: Sequence[tuple[UUID, bytes | None, str]] = (),
    now: datetime,
) -> None:
    """Write state rows that are locked: (customer, state); moved: (customer, new address key, state).

    Apart, because a column that is set has its index written again on SQLite, changed or not.
    """
    values = [(*row, now) for row in sorted(rows, key=lambda row: row[0].int)]
    bulk.update(session, CustomerState, ("customer_id",), ("state", "updated_at"), values)
    others = [(*row, now) for row in sorted(moved, key=lambda row: row[0].int)]
    bulk.update(session, CustomerState, ("customer_id",), ("address_key", "state", "updated_at"), others)


def oppositions(session: Session, address_keys: Collection[bytes], *, now: datetime) -> list[Opposition]:
    """Suppressions in force at `now`."""
    columns = ("address_key", "reason", "scope", "expires_at")
    tail = "AND lifted_at IS NULL ORDER BY created_at, id"
    found = bulk.read(session, Suppression, columns, "address_key", address_keys, tail=tail)
    return [Opposition(*row) for row in found if row[3] is None or row[3] > now]


def gaps(session: Session, address_keys: Collection[bytes]) -> dict[bytes, int]:
    """ "Less often": months between two invitations, of the addresses that chose."""
    columns, tail = ("address_key", "gap_months"), "AND gap_months IS NOT NULL"
    return dict(bulk.read(session, Preference, columns, "address_key", address_keys, tail=tail))


def under_way(session: Session, keys: Collection[str]) -> set[str]:
    """Of these open invitations (dedupe keys), those whose email is being handed over or in doubt: nothing stops it.

    Few are at any time: all of them are read, by the partial indexes of held emails and of doubts, and none is sought.
    """
    if not keys:
        return set()
    return {key for (key,) in _UNDER_WAY.run(session, lite=(), full=())}.intersection(keys)


_OF_EMAIL = "SELECT i.dedupe_key FROM emails e JOIN invitations i ON i.id = e.invitation_id WHERE e.kind = 'invitation'"
#: The lists of states are those of the partial indexes `email_lease` and `email_doubt`, word for word.
_HELD = f"{_OF_EMAIL} AND e.state IN ('leased','dispatching') AND e.state = 'dispatching'"
_UNDER_WAY = Statement(*[f"{_HELD} UNION ALL {_OF_EMAIL} AND e.state = 'in_doubt'"] * 2)


def asked(session: Session, address_keys: Collection[bytes]) -> dict[bytes, list[datetime]]:
    """When each address was asked, by whichever customer had it then, the oldest first."""
    columns, tail = ("address_key", "asked_at"), "AND asked_at IS NOT NULL ORDER BY asked_at"
    found: dict[bytes, list[datetime]] = {}
    for key, at in bulk.read(session, Invitation, columns, "address_key", address_keys, tail=tail):
        found.setdefault(key, []).append(at)
    return found
