"""What is due and who takes it: the step from `pending` to `leased`, the only way into a worker's hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.core.breaker import ChannelState
from surveyor.core.emails import DOMAIN_GROUPS, KINDS, policy
from surveyor.db.instance import RELEASED, RELEASED_FULL
from surveyor.db.plain import Statement, is_full, reading, when_lite
from surveyor.db.prepared import Prepared
from surveyor.db.streams import EVERY_KIND
from surveyor.db.tables.emails import Email


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """Emails of one priority to one group of domains: a claim never mixes two."""

    priority: int
    domain_group: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds an email, and until when."""

    owner: str
    until: datetime


class Claimed(NamedTuple):
    """An email that this worker holds until its lease ends, as long as nobody else raised the fence.

    attempts: hand-overs begun so far. Its reader is a customer (then perhaps with an invitation) or a user.
    template_version: the edition of the texts that its first hand-over was built with.
    """

    id: UUID
    fence: int
    kind: str
    address_key: bytes
    due_at: datetime
    build_failures: int
    attempts: int
    key_id: str
    customer_id: UUID | None
    user_id: UUID | None
    invitation_id: UUID | None
    template_version: int | None = None


_PRIORITIES = sorted({kind.priority for kind in KINDS.values()})
_VALUES = ", ".join(f"({priority}, '{group}')" for priority in _PRIORITIES for group in DOMAIN_GROUPS)
# One probe of the index `email_due` per lane: what is due later costs nothing, however much there is of it.
_PROBE = (
    "SELECT id FROM emails WHERE state = 'pending' AND domain_group = lanes.domain_group "
    "AND priority = lanes.priority AND due_at <= "
)
_LANES = Statement(
    f"WITH lanes(priority, domain_group) AS (VALUES {_VALUES}) "  # noqa: S608
    f"SELECT priority, domain_group FROM lanes WHERE EXISTS ({_PROBE} ?)",
    f"SELECT lanes.priority, lanes.domain_group FROM (VALUES {_VALUES}) AS lanes(priority, domain_group) "  # noqa: S608
    # The order is the index's own: without it the table is read once for each lane that is empty.
    f"CROSS JOIN LATERAL ({_PROBE} %s ORDER BY due_at, id LIMIT 1) AS found",
)


def due_lanes(session: Session, *, now: datetime) -> list[Lane]:
    """The lanes in which something is due at `now`, most urgent first."""
    return sorted(Lane(*row) for row in _LANES.run(session, lite=[when_lite(now)], full=[now]))


def next_due(session: Session) -> datetime | None:
    """When the next pending email is due; None when nothing waits. For a clock that jumps, not for the hot path."""
    ((due_at,),) = _NEXT.rows(session)
    return due_at  # type: ignore[no-any-return]


_NEXT = Prepared(select(func.min(Email.due_at)).where(Email.state == "pending"))


_GATE_TEXT = (
    "SELECT {1}, c.paused_until, c.reason, c.strikes, c.struck_at, c.allowance, c.refusals, "
    "EXISTS (SELECT 1 FROM mail_limits WHERE provider = {0}), s.kind, (SELECT MAX(edition) FROM email_versions) "
    "FROM instance i LEFT JOIN channels c ON c.provider = {0} "
    "LEFT JOIN mail_streams s ON s.provider = {0} AND s.paused_at IS NOT NULL WHERE i.id = 1"
)
_GATE = Statement(_GATE_TEXT.format("?", RELEASED.format("i")), _GATE_TEXT.format("%s", RELEASED_FULL.format("i")))


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether this installation may send at all, the provider as its breaker sees it, the kinds that are paused.

    closed: priorities whose kinds a kill switch paused; kinds of one priority wait together. limited: buckets of tokens
    are kept for the provider. edition: of the texts of emails, the newest this transaction sees; 0 when nobody has
    published any.
    """

    open: bool
    channel: ChannelState
    closed: frozenset[int] = frozenset()
    limited: bool = False
    edition: int = 0


def gate(session: Session, provider: str) -> Gate:
    """What stands between due emails and a provider."""
    rows = _GATE.run(session, lite=[provider] * 3, full=[provider] * 3)
    if not rows:
        return Gate(False, ChannelState(provider))
    released, paused_until, reason, strikes, struck_at, allowance, refusals, limited, _, edition = rows[0]
    at = reading(session).instant
    state = ChannelState(provider, at(paused_until), reason, strikes or 0, at(struck_at), allowance, refusals or 0)
    paused = {row[8] for row in rows if row[8] is not None}
    if EVERY_KIND in paused:
        return Gate(False, state)
    closed = frozenset(policy(kind).priority for kind in paused)
    return Gate(bool(released), state, closed, bool(limited), edition or 0)


_BACK = (
    "id, fence, kind, address_key, due_at, build_failures, attempts, key_id, customer_id, user_id, invitation_id, "
    "template_version"
)
_DUE = "state = 'pending' AND due_at <= {0} AND domain_group = {0} AND priority = {0} AND due_at >= {0}"
_ORDER = "ORDER BY priority, due_at, id LIMIT"
# MATERIALIZED: a LIMIT in a plain sub-query may be evaluated again and claim too many. On SQLite there is one writer.
_CLAIM = Statement(
    "UPDATE emails SET state = 'leased', fence = fence + 1, owner = ?, lease_until = ? WHERE state = 'pending' "  # noqa: S608
    f"AND id IN (SELECT id FROM emails WHERE {_DUE.format('?')} {_ORDER} ?) RETURNING {_BACK}",
    f"WITH due AS MATERIALIZED (SELECT id FROM emails WHERE {_DUE.format('%s')} {_ORDER} %s "  # noqa: S608
    "FOR UPDATE SKIP LOCKED) UPDATE emails e SET state = 'leased', fence = e.fence + 1, owner = %s, lease_until = %s "
    f"FROM due WHERE e.id = due.id RETURNING {', '.join('e.' + name for name in _BACK.split(', '))}",
)
#: Before every due instant.
_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def claim(
    session: Session, lane: Lane, *, now: datetime, lease: Lease, limit: int, start: datetime | None = None
) -> list[Claimed]:
    """Take up to `limit` due emails of a lane, oldest first; whoever is taken by another transaction is passed over.

    start: instant at which the last claim of the lane ended; what is older is left to a claim without a start.
    """
    since = start or _BEGINNING
    rows = _CLAIM.run(
        session,
        lite=[
            *(lease.owner, when_lite(lease.until), when_lite(now), lane.domain_group, lane.priority),
            *(when_lite(since), limit),
        ],
        full=[now, lane.domain_group, lane.priority, since, limit, lease.owner, lease.until],
    )
    read = reading(session)
    found = (
        [Claimed._make(row) for row in rows]
        if is_full(session)
        else [
            Claimed(
                read.id(row[0]),
                row[1],
                row[2],
                bytes(row[3]),
                read.instant(row[4]),
                row[5],
                row[6],
                row[7],
                read.maybe_id(row[8]),
                read.maybe_id(row[9]),
                read.maybe_id(row[10]),
                row[11],
            )
            for row in rows
        ]
    )
    return sorted(found, key=_place)


def _place(email: Claimed) -> Any:
    return email.due_at, email.id
