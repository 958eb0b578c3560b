"""What customers do with their link: visits, every form received, and the response that stands."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json


class Visit(Base):
    """One opening of a survey link; never a vote."""

    __tablename__ = "visits"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), index=True)
    method: Mapped[str] = mapped_column(Text)
    score: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(Instant)
    client_key: Mapped[bytes] = mapped_column(Hash)
    prefetch: Mapped[bool] = mapped_column(default=False)
    navigated: Mapped[bool] = mapped_column(default=False)


class ResponseRevision(Base):
    """One valid form received, append-only."""

    __tablename__ = "response_revisions"
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(Text)
    follows: Mapped[str] = mapped_column(Text, default="")
    content_sha256: Mapped[bytes] = mapped_column(Hash)
    score: Mapped[int]
    answers: Mapped[Any] = mapped_column(Json)
    verbatim: Mapped[str | None] = mapped_column(Text)
    clean: Mapped[bool]
    why: Mapped[str | None] = mapped_column(Text)
    dwell_ms: Mapped[int]
    client_key: Mapped[bytes] = mapped_column(Hash)
    at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 10", name="score"),
        UniqueConstraint("invitation_id", "page", "content_sha256", name="revision_once"),
    )


class Response(Base):
    """What stands: at most one row per invitation (G7), with the dimensions it is counted under."""

    __tablename__ = "responses"
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), primary_key=True)
    standing: Mapped[int | None]
    score: Mapped[int | None]
    commented: Mapped[bool] = mapped_column(default=False)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    day: Mapped[date | None]  # local date of the first answer that counted
    quarantined: Mapped[int] = mapped_column(default=0)
    store_id: Mapped[str] = mapped_column(Text)
    segment: Mapped[str] = mapped_column(Text, default="")
    rule_id: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[int]
    questionnaire_version: Mapped[int]
    language: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text, default="email")
    updated_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("(standing IS NULL) = (score IS NULL)", name="standing"),
        CheckConstraint("score BETWEEN 0 AND 10", name="score"),
        Index("response_day", "day", "store_id"),
        Index("response_store", "store_id", "day"),
    )
