"""Who listens: webhooks added, rested, ended, their failures in a row and what became of their deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyor.db.once import insert_once
from surveyor.db.outgoing.rows import PLAIN, changed
from surveyor.db.tables.outgoing import Webhook, WebhookDelivery


def count_failure(session: Session, webhook_id: UUID) -> int:
    """One more try in a row that failed; how many now."""
    w = Webhook
    session.execute(update(w).where(w.id == webhook_id).values(failures=w.failures + 1), execution_options=PLAIN)
    return session.scalar(select(w.failures).where(w.id == webhook_id)) or 0


def count_success(session: Session, webhook_id: UUID) -> None:
    """The row of failures is broken."""
    w = Webhook
    session.execute(update(w).where(w.id == webhook_id, w.failures > 0).values(failures=0), execution_options=PLAIN)


def pause(session: Session, webhook_id: UUID, cause: str, *, now: datetime) -> bool:
    """Let a webhook rest; what is noted for it waits. False when it rests already."""
    w = Webhook
    mine = (w.id == webhook_id, w.paused_at.is_(None), w.ended_at.is_(None))
    return changed(session, update(w).where(*mine).values(paused_at=now, pause_cause=cause)) > 0


def resume(session: Session, webhook_id: UUID) -> bool:
    """Go on telling a webhook; False when it did not rest."""
    w = Webhook
    mine = (w.id == webhook_id, w.paused_at.is_not(None), w.ended_at.is_(None))
    return changed(session, update(w).where(*mine).values(paused_at=None, pause_cause="", failures=0)) > 0


def end(session: Session, webhook_id: UUID, *, now: datetime) -> bool:
    """Stop a webhook for good; what waits for it is dropped, its secrets go."""
    w, d = Webhook, WebhookDelivery
    mine = (w.id == webhook_id, w.ended_at.is_(None))
    gone = changed(session, update(w).where(*mine).values(ended_at=now, secret=b"", previous_secret=None))
    waiting = (d.webhook_id == webhook_id, d.state == "waiting")
    changed(session, update(d).where(*waiting).values(state="dropped", outcome="ended"))
    return gone > 0


def add(session: Session, **values: Any) -> bool:
    """Insert a webhook: the columns of Webhook; False when one of that id was made before, ended or not."""
    return insert_once(session, Webhook, values)


def change(session: Session, webhook_id: UUID, **values: Any) -> None:
    """Set columns of a webhook."""
    session.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values), execution_options=PLAIN)


def seal_again(session: Session, webhook_id: UUID, *, old: bytes, values: Mapping[str, Any]) -> int:
    """The same secrets under another key; 0 when they were rotated meanwhile."""
    mine = (Webhook.id == webhook_id, Webhook.secret == old)
    return changed(session, update(Webhook).where(*mine).values(**values))


def hooks(session: Session) -> list[Webhook]:
    """Every webhook that was not ended, the newest first."""
    newest = (Webhook.created_at.desc(), Webhook.id)
    return list(session.scalars(select(Webhook).where(Webhook.ended_at.is_(None)).order_by(*newest)))


def hook(session: Session, webhook_id: UUID, *, locked: bool = False) -> Webhook | None:
    """A webhook that was not ended. locked: nobody else changes it until the transaction ends."""
    found = select(Webhook).where(Webhook.id == webhook_id, Webhook.ended_at.is_(None))
    return session.scalar(found.with_for_update() if locked else found)


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
