"""Emails, the attempts to hand them over, and what providers said of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json

PENDING = text("state = 'pending'")
HELD = text("state IN ('leased','dispatching')")
DOUBT = text("state = 'in_doubt'")
INVITED = text("invitation_id IS NOT NULL")
ALONE = text("invitation_id IS NULL")
UNINVITED = text("invitation_id IS NULL AND customer_id IS NOT NULL")
UNASKED = text("kind <> 'invitation'")
REF = text("provider_ref IS NOT NULL")
LIVE = text("outcome IN ('intent','unknown','accepted')")
AUTOVACUUM = {"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.01"}}


class Email(Base):
    """One message to one mailbox; the row is the outbox (pipeline.md, 3 and 4)."""

    __tablename__ = "emails"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    priority: Mapped[int]
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitations.id"))
    dedupe_key: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    address_key: Mapped[bytes] = mapped_column(Hash)
    domain_group: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="pending")
    reason: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)  # of hand-overs: what the back-off counts
    build_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    body_sha256: Mapped[bytes | None] = mapped_column(Hash)
    template_version: Mapped[
        int | None
    ]  # edition of the texts that the first hand-over was built with (email_versions)
    delivery: Mapped[str | None] = mapped_column(Text)
    delivery_rank: Mapped[int] = mapped_column(default=0)
    delivery_at: Mapped[datetime | None] = mapped_column(Instant)
    key_id: Mapped[str] = mapped_column(Text)
    unsubscribe_sha256: Mapped[bytes] = mapped_column(Hash, unique=True)
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending','leased','dispatching','sent','failed','in_doubt','dropped')", name="state"
        ),
        CheckConstraint(
            "delivery IN ('queued','deferred','delivered','bounced_soft','bounced_hard','rejected','complained')",
            name="delivery",
        ),
        CheckConstraint("(state IN ('leased','dispatching')) = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("state NOT IN ('failed','dropped') OR reason IS NOT NULL", name="reason"),
        CheckConstraint("(customer_id IS NULL) <> (user_id IS NULL)", name="reader"),
        Index("email_due", "domain_group", "priority", "due_at", "id", sqlite_where=PENDING, postgresql_where=PENDING),
        Index("email_lease", "lease_until", sqlite_where=HELD, postgresql_where=HELD),
        Index("email_doubt", "id", sqlite_where=DOUBT, postgresql_where=DOUBT),
        # Each move of an email writes to every index it is in, so an invitation's emails are in few: they are once by
        # their invitation and kind, and found by it, for a customer and, the invitation itself, for an address.
        Index("email_invited", "invitation_id", "kind", unique=True, sqlite_where=INVITED, postgresql_where=INVITED),
        Index("email_once", "dedupe_key", unique=True, sqlite_where=ALONE, postgresql_where=ALONE),
        Index("email_uninvited", "customer_id", sqlite_where=UNINVITED, postgresql_where=UNINVITED),
        Index("email_address", "address_key", sqlite_where=UNASKED, postgresql_where=UNASKED),
        AUTOVACUUM,
    )


class SendAttempt(Base):
    """Evidence: one row per hand-over. `at_most_once` is the promise G5, as a structure."""

    __tablename__ = "send_attempts"
    email_id: Mapped[UUID] = mapped_column(ForeignKey("emails.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    intent_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    evidence: Mapped[str | None] = mapped_column(Text)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("outcome IN ('intent','unknown','accepted','not_accepted')", name="outcome"),
        CheckConstraint("(outcome = 'intent') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("outcome = 'intent' OR evidence IS NOT NULL", name="evidence"),
        Index("at_most_once", "email_id", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        Index("send_attempt_recent", "intent_at", postgresql_using="brin"),
        Index("send_attempt_ref", "provider", "provider_ref", sqlite_where=REF, postgresql_where=REF),
        AUTOVACUUM,
    )


class DoubtCheck(Base):
    """Every look at an email in doubt and what it found."""

    __tablename__ = "doubt_checks"
    email_id: Mapped[UUID] = mapped_column(ForeignKey("emails.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    found: Mapped[str] = mapped_column(Text)


class EmailEvent(Base):
    """What a provider said of an email, each once, in our words."""

    __tablename__ = "email_events"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str | None] = mapped_column(Text)
    fingerprint: Mapped[bytes] = mapped_column(Hash, unique=True)
    email_id: Mapped[UUID | None] = mapped_column(ForeignKey("emails.id"), index=True)
    n: Mapped[int | None]
    matched_by: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    detail: Mapped[Any] = mapped_column(Json)
    __table_args__ = (
        CheckConstraint("matched_by IN ('email','request','return_path','address','none')", name="matched_by"),
        Index(
            "email_event_once",
            "provider",
            "event_id",
            unique=True,
            sqlite_where=text("event_id IS NOT NULL"),
            postgresql_where=text("event_id IS NOT NULL"),
        ),
    )


class ProviderBatch(Base):
    """A signed body as it came, before anything is made of it."""

    __tablename__ = "provider_batches"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, default="new")
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Instant, index=True)
    __table_args__ = (CheckConstraint("state IN ('new','applied','failed')", name="state"),)


class Channel(Base):
    """Whether a provider may be called now, and why not."""

    __tablename__ = "channels"
    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    paused_until: Mapped[datetime | None] = mapped_column(Instant)  # far future: until a person releases
    reason: Mapped[str | None] = mapped_column(Text)
    strikes: Mapped[int] = mapped_column(default=0)  # unknown outcomes and lost connections in a row
    struck_at: Mapped[datetime | None] = mapped_column(Instant)
    allowance: Mapped[int | None]  # emails that a claim may take after a rest; null: as many as it likes
    refusals: Mapped[int] = mapped_column(default=0)  # in a row, not about an address
    changed_at: Mapped[datetime] = mapped_column(Instant)


class EmailVersion(Base):
    """A published version of a kind of email, in every language at once; it never changes.

    edition: counts every publication of the network, so that one number says all the texts of an instant. number: of
    its kind, from 1, the texts that come with the product.
    """

    __tablename__ = "email_versions"
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    base: Mapped[int | None]
    sha256: Mapped[bytes] = mapped_column(Hash)
    author: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (UniqueConstraint("kind", "number"),)


class EmailDraft(Base):
    """The texts of a kind that somebody works on, one a person and kind; they may hold errors and reach nobody.

    parts: language -> part -> source. checked: what the checks said of exactly these parts, and what they compiled to.
    """

    __tablename__ = "email_drafts"
    author: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    base: Mapped[int]
    parts: Mapped[Any] = mapped_column(Json)
    checked: Mapped[Any] = mapped_column(Json, nullable=True)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class EmailTemplate(Base):
    """One language of a published version, rendered as it stands. source: what was written, part by part, as JSON."""

    __tablename__ = "email_templates"
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[bytes] = mapped_column(Hash)
    published_at: Mapped[datetime] = mapped_column(Instant)
