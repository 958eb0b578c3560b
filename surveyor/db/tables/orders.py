"""What sources deliver, and the orders made of it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json, one_of

#: Orders that the funnel counts, once they are completed: word for word in the index and in what is found by it.
LIVE_ORDER = text("NOT history AND cancelled_at IS NULL")
COUNTED_ORDER = text("fulfilled_at IS NOT NULL AND NOT history AND cancelled_at IS NULL")
EVENT_STATES = ("new", "decided", "ignored", "conflict", "quarantined")


class OrderEventRow(Base):
    """An event as delivered, once (G2); a second content of the same id is kept as `conflict`."""

    __tablename__ = "order_events"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[bytes] = mapped_column(Hash)
    body: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="new")
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint(one_of("state", *EVENT_STATES), name="state"),
        Index(
            "order_event_once",
            "source",
            "event_id",
            unique=True,
            sqlite_where=state != "conflict",
            postgresql_where=state != "conflict",
        ),
        Index(
            "order_event_conflict",
            "source",
            "event_id",
            "content_sha256",
            unique=True,
            sqlite_where=state == "conflict",
            postgresql_where=state == "conflict",
        ),
        Index(
            "order_event_waiting",
            "received_at",
            sqlite_where=state.in_(("new", "quarantined")),
            postgresql_where=state.in_(("new", "quarantined")),
        ),
    )


class Order(Base):
    """One order, made of its events. `day` is not here: it depends on the rule's basis. Guests have no customer."""

    __tablename__ = "orders"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    order_id: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[UUID | None] = mapped_column(Id)
    store_id: Mapped[str] = mapped_column(Text, default="")
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    ordered_offset: Mapped[int] = mapped_column(default=0)  # minutes; the zone of a store that says nothing
    fulfilled_at: Mapped[datetime | None] = mapped_column(Instant)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    currency: Mapped[str] = mapped_column(Text, default="")
    segment: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(Text, default="")
    history: Mapped[bool] = mapped_column(default=False)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    source: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Instant)
    attributes: Mapped[Any] = mapped_column(Json, nullable=True)
    __table_args__ = (
        Index("order_customer", "customer_id", "ordered_at"),
        Index("order_fulfilled", "fulfilled_at", sqlite_where=COUNTED_ORDER, postgresql_where=COUNTED_ORDER),
    )


class OrderMark(Base):
    """A cancellation or a refund, kept even when it comes before its order."""

    __tablename__ = "order_marks"
    event_id: Mapped[UUID] = mapped_column(Id, primary_key=True)  # order_events.id
    order_id: Mapped[str] = mapped_column(Text, index=True)
    kind: Mapped[str] = mapped_column(Text)  # cancelled | refunded
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    at: Mapped[datetime] = mapped_column(Instant)
