"""What is due and who takes it: the step from `pending` to `leased`, the only way into a worker's hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, literal, select, union_all, update
from sqlalchemy.orm import Session

from surveyor.core.emails import DOMAIN_GROUPS, KINDS
from surveyor.db.base import Instant
from surveyor.db.engine import dialect_name
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


@dataclass(frozen=True, slots=True)
class Claimed:
    """An email that this worker holds until its lease ends, as long as nobody else raised the fence."""

    id: UUID
    fence: int
    kind: str
    address_key: bytes
    due_at: datetime
    build_failures: int = 0


def _lanes_statement() -> Any:
    # One probe of the index `email_due` per lane: what is due later costs nothing, however much there is of it.
    lanes = union_all(
        *(
            select(literal(group).label("domain_group"), literal(priority).label("priority"))
            for priority in sorted({policy.priority for policy in KINDS.values()})
            for group in DOMAIN_GROUPS
        )
    ).subquery("lanes")
    due = (
        select(Email.id)
        .where(
            Email.state == "pending",
            Email.domain_group == lanes.c.domain_group,
            Email.priority == lanes.c.priority,
            Email.due_at <= bindparam("now", type_=Instant),
        )
        .exists()
    )
    return select(lanes.c.priority, lanes.c.domain_group).where(due)


_LANES = _lanes_statement()


def due_lanes(session: Session, *, now: datetime) -> list[Lane]:
    """The lanes in which something is due at `now`, most urgent first."""
    return sorted(Lane(row.priority, row.domain_group) for row in session.execute(_LANES, {"now": now}))


def next_due(session: Session) -> datetime | None:
    """When the next pending email is due; None when nothing waits. For a clock that jumps, not for the hot path."""
    return session.scalar(select(func.min(Email.due_at)).where(Email.state == "pending"))


def claim(
    session: Session, lane: Lane, *, now: datetime, lease: Lease, limit: int, start: datetime | None = None
) -> list[Claimed]:
    """Take up to `limit` due emails of a lane, oldest first; whoever is taken by another transaction is passed over.

    start: instant at which the last claim of the lane ended; what is older is left to a claim without a start.
    """
    due: Any = select(Email.id).where(
        Email.state == "pending",
        Email.due_at <= now,
        Email.domain_group == lane.domain_group,
        Email.priority == lane.priority,
    )
    if start is not None:
        due = due.where(Email.due_at >= start)
    due = due.order_by(Email.priority, Email.due_at, Email.id).limit(limit)
    changes = {"state": "leased", "fence": Email.fence + 1, "owner": lease.owner, "lease_until": lease.until}
    taken: Any = update(Email).values(changes)
    if dialect_name(session) == "postgresql":
        # MATERIALIZED: a LIMIT in a plain sub-query may be evaluated again and claim too many.
        rows = due.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")
        taken = taken.where(Email.id == rows.c.id)
    else:
        taken = taken.where(Email.state == "pending", Email.id.in_(due))
    taken = taken.returning(Email.id, Email.fence, Email.kind, Email.address_key, Email.due_at, Email.build_failures)
    found = session.execute(taken, execution_options={"synchronize_session": False})
    return sorted((Claimed(*row) for row in found), key=lambda email: (email.due_at, email.id))
