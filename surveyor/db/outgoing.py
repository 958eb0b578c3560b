"""What others are told of the line: facts noted in the transaction that made them, spread to who listens, delivered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import new_ids
from surveyor.db.engine import dialect_name
from surveyor.db.tables.outgoing import Webhook, WebhookDelivery, WebhookEvent

_PLAIN = {"synchronize_session": False}
#: For so long a process believes what it read of who listens: the hot path asks nobody.
BELIEVED = timedelta(seconds=5)
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
        rows = session.scalars(select(Webhook.events).where(Webhook.ended_at.is_(None)))
        known = _listened[bind] = (now, frozenset(kind for text in rows for kind in text.split()))
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
    facts = session.execute(_alone(session, query.limit(limit))).all()
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
    session.execute(mine, execution_options=_PLAIN)
    return len(facts)


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
    rows = session.execute(_alone(session, due.order_by(d.next_at, d.event_id).limit(limit), of=d)).all()
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
        update(d).where(mine).values(tries=d.tries + 1, next_at=now + lease, tried_at=now), execution_options=_PLAIN
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
    session.execute(update(d).where(*mine).values(tries=d.tries - 1, next_at=at), execution_options=_PLAIN)


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
    return _changed(session, update(d).where(*mine).values(**values)) > 0


def count_failure(session: Session, webhook_id: UUID) -> int:
    """One more try in a row that failed; how many now."""
    w = Webhook
    session.execute(update(w).where(w.id == webhook_id).values(failures=w.failures + 1), execution_options=_PLAIN)
    return session.scalar(select(w.failures).where(w.id == webhook_id)) or 0


def count_success(session: Session, webhook_id: UUID) -> None:
    """The row of failures is broken."""
    w = Webhook
    session.execute(update(w).where(w.id == webhook_id, w.failures > 0).values(failures=0), execution_options=_PLAIN)


def pause(session: Session, webhook_id: UUID, cause: str, *, now: datetime) -> bool:
    """Let a webhook rest; what is noted for it waits. False when it rests already."""
    w = Webhook
    mine = (w.id == webhook_id, w.paused_at.is_(None), w.ended_at.is_(None))
    return _changed(session, update(w).where(*mine).values(paused_at=now, pause_cause=cause)) > 0


def resume(session: Session, webhook_id: UUID) -> bool:
    """Go on telling a webhook; False when it did not rest."""
    w = Webhook
    mine = (w.id == webhook_id, w.paused_at.is_not(None), w.ended_at.is_(None))
    return _changed(session, update(w).where(*mine).values(paused_at=None, pause_cause="", failures=0)) > 0


def end(session: Session, webhook_id: UUID, *, now: datetime) -> bool:
    """Stop a webhook for good; what waits for it is dropped, its secrets go."""
    w, d = Webhook, WebhookDelivery
    mine = (w.id == webhook_id, w.ended_at.is_(None))
    gone = _changed(session, update(w).where(*mine).values(ended_at=now, secret=b"", previous_secret=None))
    waiting = (d.webhook_id == webhook_id, d.state == "waiting")
    _changed(session, update(d).where(*waiting).values(state="dropped", outcome="ended"))
    return gone > 0


def replay(session: Session, event_id: UUID, webhook_id: UUID, *, now: datetime) -> bool:
    """Deliver once more, under the same message id; False when there is no such delivery."""
    d = WebhookDelivery
    mine = (d.event_id == event_id, d.webhook_id == webhook_id)
    return _changed(session, update(d).where(*mine).values(state="waiting", tries=0, next_at=now)) > 0


def add(session: Session, **values: Any) -> None:
    """Insert a webhook: the columns of Webhook."""
    session.execute(insert(Webhook).values(**values))


def change(session: Session, webhook_id: UUID, **values: Any) -> None:
    """Set columns of a webhook."""
    session.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values), execution_options=_PLAIN)


def seal_again(session: Session, webhook_id: UUID, *, old: bytes, values: Mapping[str, Any]) -> int:
    """The same secrets under another key; 0 when they were rotated meanwhile."""
    mine = (Webhook.id == webhook_id, Webhook.secret == old)
    return _changed(session, update(Webhook).where(*mine).values(**values))


def hooks(session: Session) -> list[Webhook]:
    """Every webhook that was not ended, the newest first."""
    return list(session.scalars(select(Webhook).where(Webhook.ended_at.is_(None)).order_by(Webhook.id.desc())))


def hook(session: Session, webhook_id: UUID) -> Webhook | None:
    """A webhook that was not ended."""
    return session.scalar(select(Webhook).where(Webhook.id == webhook_id, Webhook.ended_at.is_(None)))


@dataclass(frozen=True, slots=True)
class Counts:
    """Deliveries of a webhook by state, and the last that was told."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    last_at: datetime | None = None


def counts(session: Session) -> dict[UUID, Counts]:
    """By webhook."""
    d = WebhookDelivery
    rows = session.execute(
        select(d.webhook_id, d.state, func.count(), func.max(d.tried_at)).group_by(d.webhook_id, d.state)
    )
    found: dict[UUID, dict[str, Any]] = {}
    for webhook, state, n, last in rows:
        into = found.setdefault(webhook, {})
        into[state] = n
        if state == "delivered":
            into["last_at"] = last
    return {webhook: Counts(**values) for webhook, values in found.items()}


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


def _alone(session: Session, query: Any, of: Any = None) -> Any:
    """Locked, skipping what another worker holds; SQLite has one writer."""
    if dialect_name(session) != "postgresql":
        return query
    return query.with_for_update(skip_locked=True, of=of) if of is not None else query.with_for_update(skip_locked=True)


def _changed(session: Session, statement: Any) -> int:
    return int(session.execute(statement, execution_options=_PLAIN).rowcount)  # type: ignore[attr-defined]
