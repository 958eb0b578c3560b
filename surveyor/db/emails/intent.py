"""The intent to send, committed before a byte leaves: guards, the attempt's row, and the ways back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.emails.claim import Claimed
from surveyor.db.instance import RELEASED, RELEASED_FULL
from surveyor.db.plain import Statement, hashes_full, ids_full, is_full, reading, when_lite
from surveyor.db.sheets import array_literal, bare_literal
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.suppressions import Suppression


class Intent(NamedTuple):
    """A committed intent: attempt `n` (from 1) of an email, to be handed over once."""

    email_id: UUID
    n: int


_LOCK_CUSTOMERS = Statement(
    "",
    "SELECT customer_id FROM customer_state WHERE address_key = ANY(CAST(%s AS bytea[])) "
    "ORDER BY customer_id FOR UPDATE",
)
_LOCK_EMAILS = Statement("", "SELECT id FROM emails WHERE id = ANY(CAST(%s AS uuid[])) ORDER BY id FOR UPDATE")


def lock(session: Session, *, address_keys: Collection[bytes], email_ids: Collection[UUID]) -> None:
    """Lock customers by key, then emails by id: the order of every transaction. SQLite has one writer, no locks."""
    if not is_full(session):
        return
    if address_keys:
        _LOCK_CUSTOMERS.run(session, lite=(), full=[hashes_full(address_keys)])
    if email_ids:
        _LOCK_EMAILS.run(session, lite=(), full=[ids_full(email_ids)])


# `state || ''` is the state, and no partial index by it is thought of: emails are found by their ids, and nobody reads
# the entries of `email_lease` that an old transaction keeps from being cleared away.
#: The guards of the design, said in the statement that writes the attempts, whatever was looked at before.
_MAY_LEAVE = (
    "e.state || '' = 'leased' AND e.expires_at > {0} AND EXISTS (SELECT 1 FROM instance i WHERE {2}) "
    "AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.address_key = e.address_key AND s.reason {1} "
    "AND s.lifted_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > {0}) AND (s.scope = 'all' OR s.scope = "
    "(SELECT t.brand_id FROM invitations i JOIN stores t ON t.id = i.store_id WHERE i.id = e.invitation_id)))"
)
_INSERT = "INSERT INTO send_attempts (email_id, n, provider, outcome, intent_at) SELECT e.id, e.attempts + 1"
# Ids stand beside each table: a plan that was kept from when it was empty would start by reading it all (db/plain.py).
_AMONG = "= ANY(CAST(%s AS uuid[]))"
_INTEND = Statement(
    f"{_INSERT}, ?, 'intent', ? FROM emails e WHERE (e.id, e.fence) IN (VALUES @) "
    f"AND {_MAY_LEAVE.format('?', 'IN (@)', RELEASED.format('i'))} ON CONFLICT DO NOTHING RETURNING email_id, n",
    "WITH v AS MATERIALIZED (SELECT * FROM unnest(CAST(%s AS uuid[]), CAST(%s AS int[]), "  # noqa: S608
    "CAST(%s AS bytea[]), CAST(%s AS int[])) AS v(id, fence, body, edition)), "
    f"intents AS ({_INSERT}, %s, 'intent', CAST(%s AS timestamptz) FROM v JOIN emails e "
    f"ON e.id = v.id AND e.fence = v.fence WHERE e.id {_AMONG} "
    f"AND {_MAY_LEAVE.format('%s', '= ANY(CAST(%s AS text[]))', RELEASED_FULL.format('i'))} "
    "ON CONFLICT DO NOTHING RETURNING email_id, n) "
    "UPDATE emails e SET state = 'dispatching', attempts = intents.n, body_sha256 = v.body, lease_until = %s, "
    "template_version = v.edition "
    "FROM intents JOIN v ON v.id = intents.email_id "
    f"WHERE e.id = intents.email_id AND e.id {_AMONG} AND e.state || '' = 'leased' AND e.fence = v.fence "
    "RETURNING e.id, e.attempts",
)


#: What is about to leave: the email, the hash of its bytes, the edition of the texts it was built with.
Leaving = tuple[Claimed, bytes, int | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What intents are committed under: to which provider, when, the lease of the call, what stops this kind."""

    provider: str
    now: datetime
    lease_until: datetime
    stopping: Collection[str]


def intend(session: Session, emails: Sequence[Leaving], terms: Terms) -> list[Intent]:
    """leased -> dispatching with an attempt's row each, for those that may go.

    No intent for an email: do not send it.
    """
    if not emails:
        return []
    stopping, now = sorted(terms.stopping), terms.now
    at = when_lite(now)
    ids = ids_full([one.id for one, _, _ in emails])
    rows = _INTEND.run(
        session,
        lite=[terms.provider, at, [(one.id.bytes, one.fence) for one, _, _ in emails], at, stopping, at],
        full=[
            ids,
            bare_literal([str(one.fence) for one, _, _ in emails]),
            hashes_full(body for _, body, _ in emails),
            bare_literal([None if edition is None else str(edition) for _, _, edition in emails]),
            *(terms.provider, now, ids, now, array_literal(stopping), now, terms.lease_until, ids),
        ],
    )
    read = reading(session)
    intents = sorted((Intent(read.id(row[0]), row[1]) for row in rows), key=lambda intent: intent.email_id.int)
    if not is_full(session):
        _dispatch(session, emails, {intent.email_id: intent.n for intent in intents}, terms.lease_until)
    return intents


def _dispatch(session: Session, emails: Sequence[Leaving], numbers: dict[UUID, int], lease_until: datetime) -> None:
    """The second half on SQLite, where a statement that inserts cannot update another table."""
    rows = [
        (email.id, email.fence, "dispatching", numbers[email.id], body, lease_until, edition)
        for email, body, edition in emails
        if email.id in numbers
    ]
    columns = ("state", "attempts", "body_sha256", "lease_until", "template_version")
    bulk.update(session, Email, ("id", "fence"), columns, rows, guard=_LEASED)


def blocked_by(session: Session, ids: Collection[UUID], *, now: datetime, stopping: Collection[str]) -> dict[UUID, str]:
    """Of these emails, the ones that a suppression stops, with its reason (the oldest)."""
    brand = (
        select(Store.brand_id)
        .join(Invitation, Invitation.store_id == Store.id)
        .where(Invitation.id == Email.invitation_id)
        .correlate(Email)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Email.id, Suppression.reason)
        .join(Suppression, Suppression.address_key == Email.address_key)
        .where(
            Email.id.in_(ids),
            or_(Suppression.scope == "all", Suppression.scope == brand),
            Suppression.reason.in_(sorted(stopping)),
            Suppression.lifted_at.is_(None),
            or_(Suppression.expires_at.is_(None), Suppression.expires_at > now),
        )
        .order_by(Suppression.created_at.desc())
    )
    return {row.id: row.reason for row in rows}


def give_back(session: Session, emails: Iterable[tuple[Claimed, datetime | None, int]]) -> None:
    """leased -> pending: with a new due instant (None: unchanged) and so many more failed builds."""
    rows = [
        (email.id, email.fence, "pending", None, None, due or email.due_at, email.build_failures + failed)
        for email, due, failed in emails
    ]
    columns = ("state", "owner", "lease_until", "due_at", "build_failures")
    bulk.update(session, Email, ("id", "fence"), columns, rows, guard=_LEASED)


def drop(session: Session, emails: Iterable[tuple[UUID, str]], *, states: Collection[str]) -> None:
    """To `dropped(reason)`, whoever of these is in one of `states` (`pending`, `leased`; `in_doubt` for doubts)."""
    rows = [(email_id, "dropped", reason, None, None) for email_id, reason in emails]
    guard = " OR ".join(_GUARDS[state] for state in sorted(states))
    bulk.update(session, Email, ("id",), ("state", "reason", "owner", "lease_until"), rows, guard=guard)


_LEASED = "emails.state = 'leased'"
_GUARDS = {state: f"emails.state = '{state}'" for state in ("pending", "leased", "in_doubt")}
