"""This installation: its identity, its heartbeat, whether it may send, and what it wants a person to know."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Id, Instant


class Instance(Base):
    """One row: the restore and clone guard of pipeline.md 10."""

    __tablename__ = "instance"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)  # SHA-256 of SURVEYOR_BASE_URL, hex
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    heartbeat_at: Mapped[datetime | None] = mapped_column(Instant)
    pg_system: Mapped[str | None] = mapped_column(Text)
    pg_timeline: Mapped[int | None]
    pepper_id: Mapped[str] = mapped_column(Text)  # key id of the secret that peppers address keys
    sending: Mapped[str] = mapped_column(Text, default="released")
    reason: Mapped[str | None] = mapped_column(Text)
    released_by: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint("sending IN ('released','held')", name="sending"),
    )


class Alert(Base):
    """Something a person must know; one open row per code and subject, counted."""

    __tablename__ = "alerts"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (
        Index(
            "alert_open",
            "code",
            "subject",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )
