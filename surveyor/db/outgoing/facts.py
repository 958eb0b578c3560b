"""What others may be told: facts noted in the transaction that made them, spread to the webhooks that listen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import new_ids
from surveyor.db.outgoing.rows import PLAIN, alone
from surveyor.db.plain import Statement
from surveyor.db.tables.outgoing import Webhook, WebhookDelivery, WebhookEvent

#: For so long a process believes what it read of who listens: the hot path asks nobody.
BELIEVED = timedelta(seconds=5)
_LISTENED = Statement(*["SELECT events FROM webhooks WHERE ended_at IS NULL"] * 2)
_listened: WeakKeyDictionary[Any, tuple[datetime, frozenset[str]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened. subject: the id of what it is about; data: told as it is, never an identity.

    customer_id: whom it is about, for webhooks that may know. due_at: not told before.
    """

    kind: str
    subject: str
    at: datetime
    data: Mapping[str, Any]
    customer_id: UUID | None = None
    due_at: datetime | None = None


def listened(session: Session, *, now: datetime) -> frozenset[str]:
    """The kinds that some webhook listens to; up to five seconds old, in either direction of the clock."""
    bind = session.get_bind()
    known = _listened.get(bind)
    if known is None or abs(now - known[0]) >= BELIEVED:
        rows = _LISTENED.run(session, lite=(), full=())
        known = _listened[bind] = (now, frozenset(kind for (text,) in rows for kind in text.split()))
    return known[1]


def forget_listened(session: Session) -> None:
    """Somebody changed who listens: this process reads it again."""
    _listened.pop(session.get_bind(), None)


def note(session: Session, facts: Sequence[Happened], *, now: datetime) -> None:
    """Keep these facts for those who listen; nothing is written of a kind that nobody listens to."""
    if not facts:
        return
    wanted = listened(session, now=now)
    kept = [one for one in facts if one.kind in wanted]
    if not kept:
        return
    rows = [
        {
            "id": key,
            "kind": one.kind,
            "subject": one.subject,
            "customer_id": one.customer_id,
            "data": dict(one.data),
            "at": one.at,
            "due_at": one.due_at or one.at,
        }
        for key, one in zip(new_ids(now, len(kept)), kept, strict=True)
    ]
    session.execute(insert(WebhookEvent), rows)


def spread(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Make a delivery of each due fact for each webhook that listened when it happened; how many facts."""
    e = WebhookEvent
    query = select(e.id, e.kind, e.at).where(e.spread_at.is_(None), e.due_at <= now).order_by(e.due_at, e.id)
    facts = session.execute(alone(session, query.limit(limit))).all()
    if not facts:
        return 0
    hooks = session.execute(select(Webhook.id, Webhook.events, Webhook.created_at).where(Webhook.ended_at.is_(None)))
    listening = [(row.id, frozenset(row.events.split()), row.created_at) for row in hooks]
    made = [
        {"event_id": fact.id, "webhook_id": hook, "next_at": now}
        for fact in facts
        for hook, kinds, since in listening
        if fact.kind in kinds and since <= fact.at
    ]
    if made:
        session.execute(insert(WebhookDelivery), made)
    mine = update(e).where(e.id.in_([fact.id for fact in facts])).values(spread_at=now)
    session.execute(mine, execution_options=PLAIN)
    return len(facts)
