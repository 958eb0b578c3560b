"""What a decision reads of the persons it is about, locked: state rows, oppositions, choices, emails under way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.customers import Customer, CustomerState
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.suppressions import Preference, Suppression


@dataclass(frozen=True, slots=True)
class StateRow:
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
    values = [(customer, address, "", now) for customer, address in sorted(rows, key=lambda row: row[0].int)]
    columns = ("customer_id", "address_key", "state", "updated_at")
    bulk.insert(session, CustomerState, columns, values, conflict="DO NOTHING")


def lock(session: Session, *, customer_ids: Collection[UUID], address_keys: Collection[bytes]) -> list[StateRow]:
    """The state rows of these customers and of everybody at these addresses, locked in the order of their keys."""
    s, c = CustomerState, Customer
    query = (
        select(s.customer_id, s.address_key, s.state, c.external_id, c.email, c.segment, c.language)
        .join(c, c.id == s.customer_id)
        .where(or_(bulk.among(session, s.customer_id, customer_ids), bulk.among(session, s.address_key, address_keys)))
        .order_by(s.customer_id)
        .with_for_update(of=s)
    )
    return [StateRow(*row) for row in session.execute(query)]


def save_states(session: Session, rows: Sequence[tuple[UUID, bytes | None, str]], *, now: datetime) -> None:
    """Write state rows that are locked: (customer, address key, state)."""
    values = [(*row, now) for row in sorted(rows, key=lambda row: row[0].int)]
    bulk.update(session, CustomerState, ("customer_id",), ("address_key", "state", "updated_at"), values)


def oppositions(session: Session, address_keys: Collection[bytes], *, now: datetime) -> list[Opposition]:
    """Suppressions in force at `now`."""
    s = Suppression
    query = select(s.address_key, s.reason, s.scope, s.expires_at).where(
        bulk.among(session, s.address_key, address_keys),
        s.lifted_at.is_(None),
        or_(s.expires_at.is_(None), s.expires_at > now),
    )
    return [Opposition(*row) for row in session.execute(query.order_by(s.created_at, s.id))]


def gaps(session: Session, address_keys: Collection[bytes]) -> dict[bytes, int]:
    """ "Less often": months between two invitations, of the addresses that chose."""
    p = Preference
    query = select(p.address_key, p.gap_months).where(
        bulk.among(session, p.address_key, address_keys), p.gap_months.is_not(None)
    )
    return {row.address_key: row.gap_months for row in session.execute(query)}


def under_way(session: Session, keys: Collection[str]) -> set[str]:
    """Of these open invitations (dedupe keys), those whose email is being handed over or in doubt: nothing stops it."""
    if not keys:
        return set()
    query = (
        select(Invitation.dedupe_key)
        .join(Email, Email.invitation_id == Invitation.id)
        .where(
            bulk.among(session, Invitation.dedupe_key, keys),
            Email.kind == "invitation",
            Email.state.in_(("dispatching", "in_doubt")),
        )
    )
    return set(session.scalars(query))


def asked(session: Session, address_keys: Collection[bytes]) -> dict[bytes, list[datetime]]:
    """When each address was asked, by whichever customer had it then, the oldest first."""
    if not address_keys:
        return {}
    i = Invitation
    query = select(i.address_key, i.asked_at).where(
        bulk.among(session, i.address_key, address_keys), i.asked_at.is_not(None)
    )
    found: dict[bytes, list[datetime]] = {}
    for row in session.execute(query.order_by(i.asked_at)):
        if row.asked_at is not None:
            found.setdefault(row.address_key, []).append(row.asked_at)
    return found
