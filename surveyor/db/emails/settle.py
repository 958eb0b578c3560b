"""What became of a hand-over: the attempt first, the email only when the attempt changed; late truth is welcome."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from surveyor.core.emails import RANK, Delivery
from surveyor.db import sheets
from surveyor.db.plain import Statement, execute, ids_full, ids_lite, is_full, reading, when_lite
from surveyor.db.tables.emails import Email, SendAttempt


class Open(NamedTuple):
    """An attempt whose end is not known yet, and where its email is."""

    email_id: UUID
    n: int
    intent_at: datetime
    state: str
    failures: int
    address_key: bytes
    due_at: datetime


class Outcome(NamedTuple):
    """How one attempt ended and where its email goes, due again at `due_at`; `sent_at` only when it was sent."""

    email_id: UUID
    n: int
    outcome: str
    evidence: str
    ref: str
    state: str
    reason: str | None
    due_at: datetime
    failures: int
    sent_at: datetime | None


INTERNAL = "internal: "

_OPEN_TEXT = (
    "SELECT e.id, a.n, a.intent_at, e.state, e.failures, e.address_key, e.due_at FROM emails e "
    "JOIN send_attempts a ON a.email_id = e.id AND a.n = e.attempts WHERE e.id {} "
    "AND a.outcome || '' IN ('intent', 'unknown') AND e.state || '' IN ('dispatching', 'in_doubt') ORDER BY e.id{}"
)
# The ids stand beside both tables: a plan that was kept from when one of them was empty would start by reading it all.
_AMONG = "= ANY(CAST(%s AS uuid[]))"
_OPEN = Statement(
    _OPEN_TEXT.format("IN (@)", ""), _OPEN_TEXT.format(f"{_AMONG} AND a.email_id {_AMONG}", " FOR UPDATE OF e, a")
)


def open_attempts(session: Session, pairs: Collection[tuple[UUID, int]]) -> list[Open]:
    """Of these (email, n), the attempts that may still be settled: `intent`, or `unknown` after a sweep; locked."""
    if not pairs:
        return []
    ids = [email_id for email_id, _ in pairs]
    read = reading(session)
    rows = _OPEN.run(session, lite=[ids_lite(ids)], full=[ids_full(ids)] * 2)
    if is_full(session):
        found = [Open._make(row) for row in rows]
    else:
        found = [
            Open(read.id(row[0]), row[1], read.instant(row[2]), row[3], row[4], bytes(row[5]), read.instant(row[6]))
            for row in rows
        ]
    return [one for one in found if (one.email_id, one.n) in pairs]


def internal_errors(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many hand-overs of these emails ended in an error of ours."""
    if not ids:
        return {}
    rows = session.execute(
        select(SendAttempt.email_id, func.count())
        .where(SendAttempt.email_id.in_(list(ids)), SendAttempt.evidence.startswith(INTERNAL, autoescape=True))
        .group_by(SendAttempt.email_id)
    )
    return {row[0]: row[1] for row in rows}


_NOT_SETTLED = "send_attempts.outcome || '' IN ('intent', 'unknown')"
_UNDER_WAY = "emails.state || '' IN ('dispatching', 'in_doubt')"  # by its id: see `intent`
_DELIVERED = (Delivery.DELIVERED.value, RANK[Delivery.DELIVERED])
_AS_DELIVERED = (
    "delivery = CASE WHEN {0} AND {1} = 'sent' AND emails.delivery_rank < {2} THEN '{3}' ELSE emails.delivery END, "
    "delivery_rank = CASE WHEN {0} AND {1} = 'sent' AND emails.delivery_rank < {2} THEN {2} "
    "ELSE emails.delivery_rank END"
)
# A late truth is welcome even after the sweep said unknown; the email moves only when its attempt changed.
_SETTLE = (
    "WITH v AS MATERIALIZED (SELECT * FROM unnest(CAST(%s AS uuid[]), CAST(%s AS int[]), CAST(%s AS text[]), "  # noqa: S608
    "CAST(%s AS text[]), CAST(%s AS text[]), CAST(%s AS text[]), CAST(%s AS text[]), CAST(%s AS timestamptz[]), "
    "CAST(%s AS int[]), CAST(%s AS timestamptz[])) AS v(id, n, outcome, evidence, ref, state, reason, due_at, "
    "failures, sent_at)), a AS (UPDATE send_attempts SET outcome = v.outcome, settled_at = %s, evidence = v.evidence, "
    "provider_ref = v.ref FROM v WHERE send_attempts.email_id = v.id AND send_attempts.n = v.n "
    f"AND send_attempts.email_id {_AMONG} AND ({_NOT_SETTLED}) RETURNING send_attempts.email_id, send_attempts.n) "
    "UPDATE emails SET state = v.state, reason = v.reason, "
    "due_at = v.due_at, failures = v.failures, owner = NULL, lease_until = NULL, sent_at = v.sent_at, "
    f"{_AS_DELIVERED.format('CAST(%s AS boolean)', 'v.state', _DELIVERED[1], _DELIVERED[0])} "
    "FROM v JOIN a ON a.email_id = v.id AND a.n = v.n "
    f"WHERE emails.id = v.id AND emails.attempts = v.n AND emails.id {_AMONG} AND ({_UNDER_WAY})"
)
_SETTLE_ATTEMPT = (
    "UPDATE send_attempts SET outcome = ?3, settled_at = ?4, evidence = ?5, provider_ref = ?6 "  # noqa: S608
    f"WHERE email_id = ?1 AND n = ?2 AND ({_NOT_SETTLED})"
)
_SETTLE_EMAIL = (
    "UPDATE emails SET state = ?3, reason = ?4, due_at = ?5, failures = ?6, owner = NULL, lease_until = NULL, "  # noqa: S608
    f"sent_at = ?7, {_AS_DELIVERED.format('?8', '?3', _DELIVERED[1], _DELIVERED[0])} "
    f"WHERE id = ?1 AND attempts = ?2 AND ({_UNDER_WAY})"
)


def settle_outcomes(session: Session, outcomes: Sequence[Outcome], *, now: datetime, assumed: bool = False) -> None:
    """Write how attempts ended and move their emails; an attempt that was settled meanwhile keeps what it says.

    `sent_at` is the instant of the intent. assumed: the provider tells nothing, so that sent counts as delivered.
    """
    if not outcomes:
        return
    if is_full(session):
        columns = zip(*(_full_row(one) for one in outcomes), strict=True)
        arrays = [sheets.array_literal(column) for column in columns]
        execute(session, _SETTLE, (*arrays, now, arrays[0], assumed, assumed, arrays[0]))
        return
    at = when_lite(now)
    ended = [(one.email_id.bytes, one.n, one.outcome, at, one.evidence, _ref(one)) for one in outcomes]
    execute(session, _SETTLE_ATTEMPT, ended, many=True)
    moved = [
        (
            *(one.email_id.bytes, one.n, one.state, one.reason, when_lite(one.due_at), one.failures),
            *(None if one.sent_at is None else when_lite(one.sent_at), assumed),
        )
        for one in outcomes
    ]
    execute(session, _SETTLE_EMAIL, moved, many=True)


def _ref(one: Outcome) -> str | None:
    """What finds the email at its provider; one that knows it by our id needs no second name for it."""
    return None if one.ref in ("", one.email_id.hex) else one.ref


def _full_row(one: Outcome) -> tuple[str | None, ...]:
    return (
        *(one.email_id.hex, str(one.n), one.outcome, one.evidence, _ref(one), one.state, one.reason),
        *(one.due_at.isoformat(), str(one.failures), None if one.sent_at is None else one.sent_at.isoformat()),
    )


def assume_delivered(session: Session, ids: Collection[UUID]) -> None:
    """Emails of a provider that tells nothing: delivered until a refusal is known; `delivery_at` stays empty."""
    if ids:
        session.execute(
            update(Email)
            .where(Email.id.in_(list(ids)), Email.state == "sent", Email.delivery_rank < RANK[Delivery.DELIVERED])
            .values(delivery=Delivery.DELIVERED.value, delivery_rank=RANK[Delivery.DELIVERED]),
            execution_options={"synchronize_session": False},
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """An email that late evidence shows to have been handed over; `before` is the state it was in."""

    email_id: UUID
    n: int
    intent_at: datetime
    before: str
    reason: str | None


def accept_late(
    session: Session, ids: Iterable[UUID], *, now: datetime, evidence: str, n: int | None = None
) -> list[Accepted]:
    """Evidence that emails were accepted, long after: their latest attempt (or attempt `n`) and they become `sent`.

    Only what the table of moves allows: out of pending, leased, dispatching, in doubt, or dropped as UNCONFIRMED.
    The caller holds their locks. An email that never had an attempt is left alone.
    """
    at = SendAttempt.n == (Email.attempts if n is None else n)
    rows = session.execute(
        select(Email.id, SendAttempt.n, SendAttempt.intent_at, Email.state, Email.reason)
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, at))
        .where(Email.id.in_(list(ids)), Email.attempts == SendAttempt.n)
        .where(or_(Email.state.in_(("pending", "leased", "dispatching", "in_doubt")), Email.reason == "UNCONFIRMED"))
        .order_by(Email.id)
    ).all()
    found = [Accepted(*row) for row in rows]
    for one in found:
        session.execute(
            update(SendAttempt)
            .where(SendAttempt.email_id == one.email_id, SendAttempt.n == one.n, SendAttempt.outcome != "accepted")
            .values(outcome="accepted", settled_at=now, evidence=evidence),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Email)
            .where(Email.id == one.email_id, Email.attempts == one.n)
            .where(
                or_(Email.state.in_(("pending", "leased", "dispatching", "in_doubt")), Email.reason == "UNCONFIRMED")
            )
            .values(state="sent", reason=None, owner=None, lease_until=None, sent_at=one.intent_at),
            execution_options={"synchronize_session": False},
        )
    return found
