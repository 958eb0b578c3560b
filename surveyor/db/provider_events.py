"""What providers said of emails, each thing once, and where each email is on its ladder."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from surveyor.core.delivery import UNDELIVERED_RANK
from surveyor.core.emails import RANK, Delivery
from surveyor.db import bulk
from surveyor.db.base import first_id, new_ids
from surveyor.db.emails.addressed import OF_ADDRESSES, of_addresses
from surveyor.db.plain import Statement, hashes_full, ids_full, ids_lite, reading, when_lite
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email, EmailEvent, SendAttempt

#: How old an email may be and still wait for its first outcome.
RECENT = timedelta(days=90)


_KEPT = (
    "provider",
    "event_id",
    "fingerprint",
    "email_id",
    "n",
    "matched_by",
    "kind",
    "at",
    "detail",
    "id",
    "received_at",
)
#: An event to keep, in our words: provider, event id (None without one), fingerprint, email, attempt, matched_by
#: (`email`, `request`, `return_path`, `address`, `none`), kind, instant, detail. The fingerprint tells it from its
#: copies when the provider gives them another id.
NewEvent = tuple[str, str | None, bytes, UUID | None, int | None, str, str, datetime, Any]


def keep(session: Session, events: Sequence[NewEvent], *, now: datetime) -> list[bool]:
    """Insert events; for each, whether it was new: by the provider's id and by its fingerprint."""
    if not events:
        return []
    ids = new_ids(now, len(events))
    rows = [(*event, row_id, now) for event, row_id in zip(events, ids, strict=True)]
    bulk.insert(session, EmailEvent, _KEPT, rows, conflict="DO NOTHING")
    # Ids of one instant stand together: what is there between the least and the greatest of them is what came in.
    first, last = ids[0], ids[-1]
    found = _BETWEEN.run(session, lite=[first.bytes, last.bytes], full=[first, last])
    there = {row[0].bytes if isinstance(row[0], UUID) else bytes(row[0]) for row in found}
    return [row_id.bytes in there for row_id in ids]


_BETWEEN_TEXT = "SELECT id FROM email_events WHERE id BETWEEN {0} AND {0}"
_BETWEEN = Statement(_BETWEEN_TEXT.format("?"), _BETWEEN_TEXT.format("%s"))


def by_request(session: Session, provider: str, refs: Collection[str]) -> dict[str, list[tuple[UUID, int]]]:
    """The attempts that a provider's own references name: one, or several where a request carried several emails."""
    found: dict[str, list[tuple[UUID, int]]] = {}
    if refs:
        rows = session.execute(
            select(SendAttempt.provider_ref, SendAttempt.email_id, SendAttempt.n)
            .where(SendAttempt.provider == provider, bulk.among(session, SendAttempt.provider_ref, sorted(refs)))
            .order_by(SendAttempt.email_id)
        )
        for row in rows:
            found.setdefault(row.provider_ref, []).append((row.email_id, row.n))
    return found


def address_keys(session: Session, ids: Collection[UUID]) -> set[bytes]:
    """The addresses of these emails, to be locked before them."""
    return set(session.scalars(select(Email.address_key).where(bulk.among(session, Email.id, ids)))) if ids else set()


def sent_to(session: Session, address_keys: Collection[bytes]) -> dict[bytes, list[tuple[UUID, datetime]]]:
    """The accepted emails of these addresses with the instants they were sent at, the latest first."""
    rows = session.execute(
        select(Email.address_key, Email.id, Email.sent_at)
        .where(Email.id.in_(of_addresses(session, address_keys)), Email.state == "sent")
        .order_by(Email.sent_at.desc())
    )
    found: dict[bytes, list[tuple[UUID, datetime]]] = {}
    for row in rows:
        if row.sent_at is not None:
            found.setdefault(row.address_key, []).append((row.id, row.sent_at))
    return found


#: Where the counts of an invitation stand: day sent, store, rule, its version, segment, questionnaire version.
Cell = tuple[date, str, str, int, str, int]


class Rung(NamedTuple):
    """Where an email is on its ladder. `visited`: its invitation was, which proves delivery.

    told: somebody said so, at an instant; a delivery that is only assumed was not. cell: where it counts, None for a
    reminder, an email without an invitation, and one that is not sent.
    """

    email_id: UUID
    address_key: bytes
    state: str
    delivery: str | None
    rank: int
    attempts: int
    told: bool = True
    visited: bool = False
    cell: Cell | None = None

    def at(self, to: Delivery) -> Rung:
        """The same email on another rung, as somebody told."""
        return Rung(
            self.email_id,
            self.address_key,
            self.state,
            to.value,
            RANK[to],
            self.attempts,
            True,
            self.visited,
            self.cell,
        )


_EMAILS_TEXT = (
    "SELECT id, address_key, state, delivery, delivery_rank, attempts, delivery_at IS NOT NULL, kind, invitation_id "
    "FROM emails WHERE id {} ORDER BY id{}"
)
_INVITATIONS_TEXT = (
    "SELECT id, visited_at IS NOT NULL, sent_day, store_id, rule_id, rule_version, segment, questionnaire_version "
    "FROM invitations WHERE id {} ORDER BY id{}"
)
_THESE = "= ANY(CAST(%s AS uuid[]))"
_EMAILS = Statement(_EMAILS_TEXT.format("IN (@)", ""), _EMAILS_TEXT.format(_THESE, " FOR UPDATE"))
_INVITATIONS = Statement(_INVITATIONS_TEXT.format("IN (@)", ""), _INVITATIONS_TEXT.format(_THESE, " FOR UPDATE"))


def rungs(session: Session, ids: Collection[UUID]) -> dict[UUID, Rung]:
    """The ladders of these emails, locked with their invitations (after their customers); unknown ids are absent."""
    if not ids:
        return {}
    read = reading(session)
    rows = _EMAILS.run(session, lite=[ids_lite(ids)], full=[ids_full(ids)])
    invited = [read.id(row[8]) for row in rows if row[8] is not None]
    places: dict[Any, tuple[bool, Cell | None]] = {}  # by the id as the driver gives it
    if invited:
        for row in _INVITATIONS.run(session, lite=[ids_lite(invited)], full=[ids_full(invited)]):
            places[row[0]] = (bool(row[1]), _cell(row))
    found = {}
    for row in rows:
        visited, cell = places.get(row[8], (False, None))
        counts = cell if row[7] == "invitation" else None
        email_id = read.id(row[0])
        found[email_id] = Rung(email_id, bytes(row[1]), row[2], row[3], row[4], row[5], bool(row[6]), visited, counts)
    return found


def _cell(row: Any) -> Cell | None:
    if row[2] is None:
        return None
    day = row[2] if isinstance(row[2], date) else date.fromisoformat(row[2])
    return (day, *row[3:])


def climb(session: Session, moves: Sequence[tuple[UUID, Delivery, datetime]]) -> None:
    """Move emails up their ladders, never down, whatever is asked."""
    rows = [(email, to.value, RANK[to], at) for email, to, at in moves]
    bulk.update(session, Email, ("id",), ("delivery", "delivery_rank", "delivery_at"), rows, guard=_RISES)


_RISES = "emails.delivery_rank < new.delivery_rank"


def tell(session: Session, told: Sequence[tuple[UUID, Delivery, datetime]]) -> None:
    """Give an assumed delivery the instant at which somebody told it."""
    rows = [(email, to.value, at) for email, to, at in told]
    bulk.update(session, Email, ("id", "delivery"), ("delivery_at",), rows, guard="emails.delivery_at IS NULL")


@dataclass(frozen=True, slots=True)
class SoftBounce:
    """A soft bounce or block of an address, with the class the provider gave it ("" when it gave none)."""

    at: datetime
    bounce_class: str


def soft_bounces(
    session: Session, address_keys: Collection[bytes], *, since: datetime
) -> dict[bytes, list[SoftBounce]]:
    """Soft bounces and blocks of these addresses since an instant and since their last delivery, oldest first."""
    cleared = {}
    read, full, lite = reading(session), [hashes_full(address_keys)] * 2, [list(address_keys)] * 2
    for row in _DELIVERED.run(session, lite=lite, full=full):
        cleared[bytes(row[0])] = read.instant(row[1])
    found: dict[bytes, list[SoftBounce]] = {}
    for row in _BOUNCED.run(session, lite=[*lite, when_lite(since)], full=[*full, since]):
        key, at = bytes(row[0]), read.instant(row[1])
        if key not in cleared or at > cleared[key]:
            said = json.loads(row[2]) if row[2] else {}
            found.setdefault(key, []).append(SoftBounce(at, str(said.get("bounce_class", ""))))
    return found


_OF_THESE = f"FROM emails e JOIN email_events v ON v.email_id = e.id WHERE e.id IN ({OF_ADDRESSES})"
_KEYS = ("IN (@)", "= ANY(CAST(%s AS bytea[]))")
_DELIVERED = Statement(
    *(
        f"SELECT e.address_key, max(v.at) {_OF_THESE.format(keys)} AND v.kind = 'delivered' GROUP BY e.address_key"
        for keys in _KEYS
    )
)
_BOUNCED = Statement(
    *(
        f"SELECT e.address_key, v.at, v.detail {_OF_THESE.format(keys)} "
        f"AND v.kind = 'bounced_soft' AND v.at > {place} ORDER BY v.at"
        for keys, place in zip(_KEYS, ("?", "%s"), strict=True)
    )
)


@dataclass(frozen=True, slots=True)
class Silent:
    """A sent email that a provider without events carried: who it went to and when."""

    email_id: UUID
    n: int
    address: str
    sent_at: datetime


def silent(session: Session, provider: str, *, now: datetime, after: timedelta, limit: int = 500) -> list[Silent]:
    """Emails sent through a provider `after` ago or more, of whose delivery nothing was told yet."""
    rows = session.execute(
        select(Email.id, SendAttempt.n, Customer.email, Email.sent_at)
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
        .join(Customer, Customer.id == Email.customer_id)
        .where(Email.id >= first_id(now - RECENT), Email.state == "sent", Email.delivery_at.is_(None))
        .where(SendAttempt.provider == provider, Email.sent_at <= now - after)
        .order_by(Email.id)
        .limit(limit)
    )
    return [Silent(row.id, row.n, row.email, row.sent_at) for row in rows if row.sent_at is not None]


def without_outcome(session: Session, *, now: datetime, after: timedelta, limit: int = 500) -> dict[UUID, bytes]:
    """Invitation emails sent `after` ago or more that nobody said anything final of: id -> address key."""
    rows = session.execute(
        select(Email.id, Email.address_key)
        .where(Email.id >= first_id(now - RECENT), Email.kind == "invitation", Email.state == "sent")
        .where(Email.delivery_rank < UNDELIVERED_RANK, Email.sent_at <= now - after)
        .order_by(Email.id)
        .limit(limit)
    )
    return {row.id: row.address_key for row in rows}


def mark_undelivered(session: Session, ids: Collection[UUID]) -> None:
    """Note that their time is over; a delivery that comes later still counts."""
    session.execute(
        update(Email)
        .where(Email.id.in_(list(ids)), Email.delivery_rank < UNDELIVERED_RANK)
        .values(delivery_rank=UNDELIVERED_RANK),
        execution_options={"synchronize_session": False},
    )
