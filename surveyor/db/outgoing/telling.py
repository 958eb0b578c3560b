"""Facts on their way to a webhook: deliveries claimed, tried, settled, told once more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from surveyor.db.outgoing.rows import PLAIN, alone, changed
from surveyor.db.tables.outgoing import Webhook, WebhookDelivery, WebhookEvent


@dataclass(frozen=True, slots=True)
class Telling:
    """One delivery to be made, with the webhook as it is now."""

    event_id: UUID
    webhook_id: UUID
    kind: str
    subject: str
    customer_id: UUID | None
    data: Any
    at: datetime
    tries: int
    url: str
    identity: bool
    secret: bytes
    previous_secret: bytes | None
    rotated_at: datetime | None
    key_id: str


def claim(session: Session, *, now: datetime, lease: timedelta, each: int, limit: int) -> list[Telling]:
    """Take deliveries that are due, the oldest first, at most `each` of one webhook; counted as tried.

    They are due again after `lease`: who is killed meanwhile loses none.
    """
    d, w = WebhookDelivery, Webhook
    due = select(d.event_id, d.webhook_id).join(w, w.id == d.webhook_id)
    due = due.where(d.state == "waiting", d.next_at <= now, w.paused_at.is_(None), w.ended_at.is_(None))
    rows = session.execute(alone(session, due.order_by(d.next_at, d.event_id).limit(limit), of=d)).all()
    taken: dict[UUID, int] = {}
    keys = []
    for row in rows:
        taken[row.webhook_id] = taken.get(row.webhook_id, 0) + 1
        if taken[row.webhook_id] <= each:
            keys.append((row.event_id, row.webhook_id))
    if not keys:
        return []
    mine = _these(keys)
    session.execute(
        update(d).where(mine).values(tries=d.tries + 1, next_at=now + lease, tried_at=now), execution_options=PLAIN
    )
    e = WebhookEvent
    query = (
        select(
            *(d.event_id, d.webhook_id, e.kind, e.subject, e.customer_id, e.data, e.at, d.tries),
            *(w.url, w.identity, w.secret, w.previous_secret, w.rotated_at, w.key_id),
        )
        .join(e, e.id == d.event_id)
        .join(w, w.id == d.webhook_id)
        .where(mine)
        .order_by(e.at, e.id)
    )
    return [Telling(*row) for row in session.execute(query)]


def give_back(session: Session, keys: Collection[tuple[UUID, UUID]], *, at: datetime) -> None:
    """Deliveries that were claimed and not tried: due at another instant."""
    d = WebhookDelivery
    mine = (_these(keys), d.state == "waiting")
    session.execute(update(d).where(*mine).values(tries=d.tries - 1, next_at=at), execution_options=PLAIN)


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try ended: the state that the delivery moves to, and what the answer was."""

    state: str
    outcome: str
    status: int | None
    size: int | None
    next_at: datetime | None


def settle(session: Session, event_id: UUID, webhook_id: UUID, tried: Tried, *, tries: int) -> bool:
    """Write how try number `tries` ended; False when somebody else tried meanwhile."""
    d = WebhookDelivery
    values: dict[str, Any] = {
        "state": tried.state,
        "outcome": tried.outcome,
        "status": tried.status,
        "size": tried.size,
    }
    values |= {} if tried.next_at is None else {"next_at": tried.next_at}
    mine = (d.event_id == event_id, d.webhook_id == webhook_id, d.tries == tries, d.state == "waiting")
    return changed(session, update(d).where(*mine).values(**values)) > 0


def replay(session: Session, event_id: UUID, webhook_id: UUID, *, now: datetime) -> bool:
    """Deliver once more, under the same message id; False when there is no such delivery."""
    d = WebhookDelivery
    mine = (d.event_id == event_id, d.webhook_id == webhook_id)
    return changed(session, update(d).where(*mine).values(state="waiting", tries=0, next_at=now)) > 0


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery as a screen shows it."""

    event_id: UUID
    kind: str
    subject: str
    at: datetime
    state: str
    tries: int
    next_at: datetime
    tried_at: datetime | None
    status: int | None
    size: int | None
    outcome: str


def deliveries(session: Session, webhook_id: UUID, *, limit: int, before: UUID | None = None) -> Sequence[Line]:
    """Deliveries of a webhook, the newest fact first."""
    d, e = WebhookDelivery, WebhookEvent
    query = (
        select(
            d.event_id, e.kind, e.subject, e.at, d.state, d.tries, d.next_at, d.tried_at, d.status, d.size, d.outcome
        )
        .join(e, e.id == d.event_id)
        .where(d.webhook_id == webhook_id)
        .order_by(d.event_id.desc())
        .limit(limit)
    )
    rows = session.execute(query if before is None else query.where(d.event_id < before))
    return [Line(*row) for row in rows]


def _these(keys: Collection[tuple[UUID, UUID]]) -> Any:
    d = WebhookDelivery
    return or_(*(and_(d.event_id == event, d.webhook_id == webhook) for event, webhook in keys))
