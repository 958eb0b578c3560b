"""Addresses we do not write to, and why; and how often a customer chose to hear from us."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant

IN_FORCE = text("lifted_at IS NULL")


class Suppression(Base):
    """One reason not to write to an address; `scope` is 'all' or a brand."""

    __tablename__ = "suppressions"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    address_key: Mapped[bytes] = mapped_column(Hash)
    scope: Mapped[str] = mapped_column(Text, default="all")
    source: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
    lifted_by: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint(
            "reason IN ('unsubscribed','paused','complained','bounced_hard','bounced_soft','manual','erased')",
            name="reason",
        ),
        Index(
            "suppression_once",
            "address_key",
            "scope",
            "reason",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )


class Preference(Base):
    """How often an address accepts to be asked: at least `gap_months` between two invitations."""

    __tablename__ = "preferences"
    address_key: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    gap_months: Mapped[int | None]
    chosen_at: Mapped[datetime] = mapped_column(Instant)
