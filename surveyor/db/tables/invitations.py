"""Our decisions to ask: an invitation per customer and order, or per occurrence of a cycle."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json

OPEN = text("state = 'scheduled'")


class Invitation(Base):
    """One invitation. The partial unique index keeps at most one open per address (G4)."""

    __tablename__ = "invitations"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    address_key: Mapped[bytes] = mapped_column(Hash)
    dedupe_key: Mapped[str] = mapped_column(Text, unique=True)
    rule_id: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[int]
    snapshot: Mapped[Any] = mapped_column(Json)  # the rule as this customer lives it (core/snapshots)
    arm: Mapped[str | None] = mapped_column(Text)
    order_id: Mapped[str] = mapped_column(Text)
    occurrence: Mapped[int | None]
    opened_by: Mapped[str | None] = mapped_column(Text)  # order that opened the enrolment of an occurrence
    store_id: Mapped[str] = mapped_column(Text)
    segment: Mapped[str] = mapped_column(Text, default="")
    zone: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="")
    survey: Mapped[str] = mapped_column(Text, default="nps")
    questionnaire_version: Mapped[int] = mapped_column(default=1)
    template_version: Mapped[int | None]
    state: Mapped[str] = mapped_column(Text, default="scheduled")
    reason: Mapped[str | None] = mapped_column(Text)
    decision_day: Mapped[date]  # local date of the order decided upon: where the fate is tallied
    due_on: Mapped[date]  # due date, local
    due_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_day: Mapped[date | None]  # local date sent_at: where rates are tallied
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)  # dropped or failed then: what a replay as lived goes by
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    visited_at: Mapped[datetime | None] = mapped_column(Instant)  # first human visit, once tallied
    reminder_at: Mapped[datetime | None] = mapped_column(Instant)  # when the reminder is looked at; null: none to come
    key_id: Mapped[str] = mapped_column(Text)
    token_sha256: Mapped[bytes] = mapped_column(Hash, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("state IN ('scheduled','sent','dropped','failed')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("state NOT IN ('dropped','failed') OR reason IS NOT NULL", name="reason"),
        Index("one_open_invitation", "address_key", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("invitation_asked", "address_key"),
        Index("invitation_order", "order_id"),
        Index("invitation_decided", "decision_day", "store_id"),
        Index(
            "invitation_sent",
            "sent_day",
            "store_id",
            sqlite_where=text("sent_day IS NOT NULL"),
            postgresql_where=text("sent_day IS NOT NULL"),
        ),
        Index(
            "invitation_reminder",
            "reminder_at",
            sqlite_where=text("reminder_at IS NOT NULL"),
            postgresql_where=text("reminder_at IS NOT NULL"),
        ),
    )
