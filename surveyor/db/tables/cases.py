"""Cases: what a network does about an answer, everything that was said on the way, and the plans that come of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant

OPEN = text("status <> 'closed'")


class CaseCandidate(Base):
    """An answer that may open a case, looked at once `due_at` has passed: a later form may strike it."""

    __tablename__ = "case_candidates"
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)


class Case(Base):
    """One answer that somebody sees to; at most one for a response, or for a review from elsewhere (`review_id`).

    score, commented, day, responded_at: of the response, as it stands. why: what opened it. negative: labels it speaks
    badly of; themes: what is grave in it; both ids with a space between. level: who was told that it waits.
    answer_by, network_by: when its region, its network is told. replied_at: of the first reply. root_cause: a label's
    id, or "other". come_back: what the customer said to the question after the reply. call_back_at:
    when they asked to be written to, after their answer.
    """

    __tablename__ = "cases"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitations.id"), unique=True)
    review_id: Mapped[UUID | None] = mapped_column(Id, unique=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    store_id: Mapped[str] = mapped_column(Text)
    segment: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(Text, default="fr")
    score: Mapped[int | None]
    commented: Mapped[bool] = mapped_column(default=False)
    day: Mapped[date]
    responded_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(Text, default="new")
    why: Mapped[str] = mapped_column(Text)
    negative: Mapped[str] = mapped_column(Text, default="")
    themes: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[str] = mapped_column(Text, default="store")
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    answer_by: Mapped[datetime] = mapped_column(Instant)
    network_by: Mapped[datetime] = mapped_column(Instant)
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    unread: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    root_cause: Mapped[str] = mapped_column(Text, default="")
    action: Mapped[str] = mapped_column(Text, default="")
    followup_sha256: Mapped[bytes | None] = mapped_column(Hash, unique=True)
    come_back: Mapped[bool | None]
    come_back_at: Mapped[datetime | None] = mapped_column(Instant)
    call_back_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("(invitation_id IS NULL) <> (review_id IS NULL)", name="about"),
        CheckConstraint("status IN ('new','in_progress','waiting','closed')", name="status"),
        CheckConstraint("why IN ('severe','score','label','person','call_back')", name="why"),
        CheckConstraint("level IN ('store','region','network')", name="level"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(come_back IS NULL) = (come_back_at IS NULL)", name="come_back"),
        Index("case_open", "answer_by", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("case_listed", "opened_at", "id"),
        Index("case_store", "store_id", "opened_at"),
        Index("case_day", "day", "store_id"),
    )


class CaseEntry(Base):
    """One line of a case's story, append-only but for `failed`. by: a user's id, "customer", or "" for the clock.

    kind: opened, note, reply, received, status, owner, escalated, closed, come_back, call_back. detail: what it
    went to, in codes. body: the words of a note, a reply or a customer. message_key: of the email that brought it, once
    a case. public: a reply that may stand beside the review. failed: why its email never left.
    """

    __tablename__ = "case_entries"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str | None] = mapped_column(Text)
    email_id: Mapped[UUID | None] = mapped_column(ForeignKey("emails.id"), unique=True)
    message_key: Mapped[str | None] = mapped_column(Text)
    public: Mapped[bool] = mapped_column(default=False)
    failed: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("case_id", "message_key", name="entry_once"),
        Index("case_entry_story", "case_id", "at"),
    )


class ReplyText(Base):
    """A text that replies begin with; everybody of the network may use it."""

    __tablename__ = "reply_texts"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class ActionPlan(Base):
    """Something a person means to do from a day on, about a label or about everything; measured before and after.

    experiment: "RULE/NAME/ARM" of the arm that lives it in a randomised comparison, or "".
    """

    __tablename__ = "action_plans"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    starts_on: Mapped[date]
    due_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(Text, default="open")
    note: Mapped[str] = mapped_column(Text, default="")
    experiment: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (CheckConstraint("status IN ('open','done','dropped')", name="status"),)
