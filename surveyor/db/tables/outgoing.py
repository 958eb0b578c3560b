"""What others are told of the line: who listens, what happened, and how each telling went."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Id, Instant, Json

WAITING = text("state = 'waiting'")
NOT_SPREAD = text("spread_at IS NULL")


class Webhook(Base):
    """An address that listens to some kinds of events; its secrets are sealed under `key_id`."""

    __tablename__ = "webhooks"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[str] = mapped_column(Text)  # space-separated
    identity: Mapped[bool] = mapped_column(default=False)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(Text)
    rotated_at: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    pause_cause: Mapped[str] = mapped_column(Text, default="")  # "failures", "gone" or "person"
    failures: Mapped[int] = mapped_column(default=0)  # tries in a row that failed
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class WebhookEvent(Base):
    """One fact, written in the transaction that made it; without identity. spread_at: its deliveries exist."""

    __tablename__ = "webhook_events"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)  # id of what it is about
    customer_id: Mapped[UUID | None] = mapped_column(Id)
    data: Mapped[Any] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    spread_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (
        Index("webhook_event_due", "due_at", sqlite_where=NOT_SPREAD, postgresql_where=NOT_SPREAD),
        Index("webhook_event_customer", "customer_id"),
    )


class WebhookDelivery(Base):
    """One event for one webhook, and how the last try went: the status and size of the answer, never the answer."""

    __tablename__ = "webhook_deliveries"
    event_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_events.id", ondelete="CASCADE"), primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Text, default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(Instant)
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    status: Mapped[int | None]
    size: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(Text, default="")  # a word of ours: ok, status, timeout, url_internal…
    __table_args__ = (
        CheckConstraint("state IN ('waiting','delivered','failed','dropped')", name="state"),
        Index("webhook_delivery_due", "next_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("webhook_delivery_of", "webhook_id", "event_id"),
    )
