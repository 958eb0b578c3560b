"""Reviews: what customers agreed to publish and what they wrote elsewhere, with how each was judged."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json

STATES = ("waiting", "published", "refused", "withdrawn", "external")


class Review(Base):
    """One review. Ours (source `survey`) has no text here: it is that of `revision`, never edited; others bring theirs.

    experienced_on: the day of the order. masks: [start, end] of personal data shown as […].
    """

    __tablename__ = "reviews"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitations.id"), unique=True)
    revision: Mapped[int | None]
    store_id: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="")
    rating: Mapped[int | None]  # 1 to 5 stars, of reviews from elsewhere
    author: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str | None] = mapped_column(Text)
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    experienced_on: Mapped[date | None]
    deposited_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str] = mapped_column(Text, default="")
    ground: Mapped[str] = mapped_column(Text, default="")
    masks: Mapped[Any] = mapped_column(Json, default=list)
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("emails.id"))
    received_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="published"),
        CheckConstraint(
            "source <> 'survey' OR (invitation_id IS NOT NULL AND revision IS NOT NULL AND experienced_on IS NOT NULL)",
            name="ours",
        ),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        UniqueConstraint("source", "external_id", name="review_once"),
        Index("review_store", "store_id", "state", "published_at"),
        Index("review_state", "state", "deposited_at"),
    )


class ReviewReport(Base):
    """A doubt on the authenticity of a published review, with its reason, and what was found."""

    __tablename__ = "review_reports"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), index=True)  # of the review
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(Text, default="")  # "" for the public
    client_key: Mapped[bytes] = mapped_column(Hash)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[str] = mapped_column(Text, default="")
    finding: Mapped[str] = mapped_column(Text, default="")


class ReviewSettings(Base):
    """What a brand publishes and promises, and the public sites that it offers to everybody after an answer."""

    __tablename__ = "review_settings"
    brand_id: Mapped[str] = mapped_column(ForeignKey("brands.id"), primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    publish_days: Mapped[int] = mapped_column(default=7)
    keep_months: Mapped[int] = mapped_column(default=24)
    sites: Mapped[Any] = mapped_column(Json, default=list)  # [{"name", "url", "store"}], store "" for every one
    updated_at: Mapped[datetime] = mapped_column(Instant)


class Receipt(Base):
    """One file brought in by a person or a feed: reviews, or figures of peers; what became of its lines."""

    __tablename__ = "receipts"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(Hash)
    name: Mapped[str] = mapped_column(Text)
    accepted: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[Any] = mapped_column(
        Json, default=list
    )  # of the first fifty: line, field, code; no text of theirs
    author: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (Index("receipt_kind", "kind", "at"),)
