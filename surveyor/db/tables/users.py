"""Staff: accounts, scopes, second factors, sessions, one-time links and failed sign-ins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant

ROLES = ("admin", "cx", "marketing", "region_manager", "store_manager", "support")


class User(Base):
    """A member of staff: one role, one or more scopes."""

    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)  # lower case
    name: Mapped[str] = mapped_column(Text, default="")
    role: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="fr")
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed under `totp_key_id`
    totp_key_id: Mapped[str] = mapped_column(Text, default="")
    totp_since: Mapped[datetime | None] = mapped_column(Instant)  # None with a secret: offered, not yet confirmed
    totp_last: Mapped[int | None]  # the half minute of the last code that was taken: it works once
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    last_seen_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)


class UserScope(Base):
    """What a user may see, in the grammar of contracts.md 3; several rows are a union."""

    __tablename__ = "user_scopes"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(Text, primary_key=True)


class StaffSession(Base):
    """A signed-in browser; the cookie's SHA-256 is the key."""

    __tablename__ = "sessions"
    token_sha256: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ip_prefix: Mapped[str] = mapped_column(Text, default="")
    agent_family: Mapped[str] = mapped_column(Text, default="")
    stepped_up_at: Mapped[datetime | None] = mapped_column(Instant)
    csrf: Mapped[str] = mapped_column(Text)


class RecoveryCode(Base):
    """What lets a person in once without their telephone; only its Argon2id hash is kept."""

    __tablename__ = "recovery_codes"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInLink(Base):
    """A one-time link: `sign_in` (embedded set-up), `reset` or `invitation`; `second_factor`: a sign-in half done.

    seed: what the token of a link that leaves by email is made of, with a secret that is not in the database.
    """

    __tablename__ = "sign_in_links"
    token_sha256: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    purpose: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    seed: Mapped[bytes | None] = mapped_column(Hash)
    email_id: Mapped[UUID | None] = mapped_column(ForeignKey("emails.id"), unique=True)
    __table_args__ = (CheckConstraint("purpose IN ('sign_in','reset','invitation','second_factor')", name="purpose"),)


class SignInFailure(Base):
    """One failed sign-in or step-up, for the limits of S3; forgotten after a day."""

    __tablename__ = "sign_in_failures"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    account: Mapped[bytes] = mapped_column(Hash)  # SHA-256 of the address typed, lower case
    ip_prefix: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (Index("failure_account", "account", "at"), Index("failure_ip", "ip_prefix", "at"))
