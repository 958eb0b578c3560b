"""Reports to staff: who wants which, what each one said when it left, who opened it, and links that were shared."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json

COPY = ["report_copies.email_id", "report_copies.n"]


class ReportSubscription(Base):
    """What a person chose, or somebody for them; without a row their role says. scope "": all that they may see."""

    __tablename__ = "report_subscriptions"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    scope: Mapped[str] = mapped_column(Text, primary_key=True, default="")
    edition: Mapped[str] = mapped_column(Text)
    active: Mapped[bool]
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("kind IN ('express','voice')", name="kind"),
        CheckConstraint("edition IN ('store','region','support','network')", name="edition"),
    )


class ReportCopy(Base):
    """What a report said, written with the intent of its hand-over; the words of customers are in `report_quotes`.

    scope: what its reader could see of what they asked for, scopes joined by spaces. period: 2026-W47 or 2026-10.
    """

    __tablename__ = "report_copies"
    email_id: Mapped[UUID] = mapped_column(ForeignKey("emails.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(Text)
    edition: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    quiet: Mapped[bool]
    content: Mapped[Any] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        Index("report_copy_reader", "user_id", "kind", "made_at"),
        Index("report_copy_scope", "kind", "period", "scope"),
        Index("report_copy_age", "made_at"),
    )


class ReportQuote(Base):
    """The words of a customer in a copy, masked and cut as they were read; emptied with what that person wrote."""

    __tablename__ = "report_quotes"
    email_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    __table_args__ = (ForeignKeyConstraint(["email_id", "n"], COPY),)


class ReportRead(Base):
    """Somebody who was signed in opened the page of a report; nothing tells of those who only read the email."""

    __tablename__ = "report_reads"
    email_id: Mapped[UUID] = mapped_column(ForeignKey("emails.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    times: Mapped[int]


class ReportShare(Base):
    """A link to one copy for somebody without an account: until it ends, is revoked, or its maker loses the right."""

    __tablename__ = "report_shares"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    token_sha256: Mapped[bytes] = mapped_column(Hash, unique=True)
    email_id: Mapped[UUID] = mapped_column(Id, index=True)
    n: Mapped[int]
    key_id: Mapped[str] = mapped_column(Text)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (ForeignKeyConstraint(["email_id", "n"], COPY),)


class ReportFollowUp(Base):
    """What became of a recommendation of a month, as a person said it."""

    __tablename__ = "report_follow_ups"
    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    unit: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (CheckConstraint("status IN ('done','in_progress','dismissed')", name="status"),)
