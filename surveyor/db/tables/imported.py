"""What files bring besides orders: past answers of another tool, costs, tickets, mentions, where customers came from.

Kept apart from what the line itself measures; `source` and `ref` make a line known again.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json


class ImportedResponse(Base):
    """An answer that another tool collected: out of every response rate, in a score only when somebody asks for it."""

    __tablename__ = "imported_responses"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[bytes] = mapped_column(Hash)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    store_id: Mapped[str] = mapped_column(Text)
    segment: Mapped[str] = mapped_column(Text, default="")
    score: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Text)
    answers: Mapped[Any] = mapped_column(Json)
    language: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime] = mapped_column(Instant)
    day: Mapped[date]  # local date of the answer at the store
    imported_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 10", name="score"),
        UniqueConstraint("source", "ref", name="imported_response_once"),
        Index("imported_response_day", "day", "store_id"),
    )


class MarketingCost(Base):
    """Money spent to win customers, over days (both included), by what it was spent on."""

    __tablename__ = "marketing_costs"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[bytes] = mapped_column(Hash)
    channel: Mapped[str] = mapped_column(Text, default="")
    store_id: Mapped[str] = mapped_column(Text, default="")  # "" for the whole network
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    currency: Mapped[str] = mapped_column(Text, default="EUR")
    first_day: Mapped[date]
    last_day: Mapped[date]
    imported_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days"),
        UniqueConstraint("source", "ref", name="marketing_cost_once"),
        Index("marketing_cost_days", "first_day", "last_day"),
    )


class Ticket(Base):
    """A contact with customer service. person_key: a keyed hash of who wrote, so that a second contact is seen."""

    __tablename__ = "tickets"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[bytes] = mapped_column(Hash)
    person_key: Mapped[bytes | None] = mapped_column(Hash)
    topic: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(Text, default="")
    store_id: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    first_reply_at: Mapped[datetime | None] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    agent_minutes: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    quality: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  # internal review, 0 to 100
    imported_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("quality BETWEEN 0 AND 100", name="quality"),
        UniqueConstraint("source", "ref", name="ticket_once"),
        Index("ticket_created", "created_at"),
        Index("ticket_resolved", "resolved_at"),
        Index("ticket_person", "person_key", "created_at"),
    )


class SocialMention(Base):
    """That somebody spoke of a store elsewhere, and how; neither who nor what is kept."""

    __tablename__ = "social_mentions"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[bytes] = mapped_column(Hash)
    network: Mapped[str] = mapped_column(Text, default="")  # where it was said
    store_id: Mapped[str] = mapped_column(Text, default="")
    polarity: Mapped[int]  # -1, 0 or 1
    judged_by: Mapped[str] = mapped_column(Text, default="")  # a person or a tool
    day: Mapped[date]
    imported_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("polarity BETWEEN -1 AND 1", name="polarity"),
        UniqueConstraint("source", "ref", name="social_mention_once"),
        Index("social_mention_day", "day"),
    )


class CustomerOrigin(Base):
    """Where a customer came from, as somebody else knows it (CUS-09)."""

    __tablename__ = "customer_origins"
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime] = mapped_column(Instant)
