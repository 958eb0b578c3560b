"""Signed-in browsers, one-time links and failed sign-ins of those who read what orders became; only hashes are kept."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
from surveyor.db.engine import dialect_name
from surveyor.db.tables.users import SignInFailure, SignInLink, StaffSession


@dataclass(frozen=True, slots=True)
class Browser:
    """One signed-in browser. `key` is the SHA-256 of its cookie, `csrf` what its forms carry."""

    key: bytes
    user_id: UUID
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    ip_prefix: str
    agent_family: str
    stepped_up_at: datetime | None
    csrf: str

    @property
    def name(self) -> str:
        """What pages call it: 16 hexadecimal digits of a hash, by which nobody can come in."""
        return self.key.hex()[:16]


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link; `purpose` is sign_in, reset, invitation, or second_factor: a sign-in that waits for its code.

    seed, email_id: of a link that leaves by email, what its token is made of and the email it stands in.
    """

    user_id: UUID
    purpose: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    seed: bytes | None = field(default=None, repr=False)
    email_id: UUID | None = None


def digest(secret: str) -> bytes:
    """What is kept of a cookie or a link: SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def open_browser(session: Session, browser: Browser) -> None:
    """Remember a browser that signed in."""
    session.execute(
        insert(StaffSession).values(
            token_sha256=browser.key,
            user_id=browser.user_id,
            created_at=browser.created_at,
            seen_at=browser.seen_at,
            ends_at=browser.ends_at,
            ip_prefix=browser.ip_prefix,
            agent_family=browser.agent_family,
            stepped_up_at=browser.stepped_up_at,
            csrf=browser.csrf,
        )
    )


def find_browser(session: Session, key: bytes) -> Browser | None:
    """The browser with this cookie hash, however old: the caller says whether its time is over."""
    row = session.get(StaffSession, key)
    return None if row is None else _browser(row)


def browsers_of(session: Session, user_id: UUID) -> list[Browser]:
    """The browsers of a person, the latest seen first."""
    statement = select(StaffSession).where(StaffSession.user_id == user_id).order_by(StaffSession.seen_at.desc())
    return [_browser(row) for row in session.execute(statement).scalars()]


def seen(session: Session, key: bytes, now: datetime) -> None:
    """The browser was used just now."""
    session.execute(update(StaffSession).where(StaffSession.token_sha256 == key).values(seen_at=now))


def close_browser(session: Session, key: bytes) -> None:
    """Forget one browser."""
    session.execute(delete(StaffSession).where(StaffSession.token_sha256 == key))


def close_all(session: Session, user_id: UUID, *, but: bytes | None = None) -> None:
    """Forget every browser of a person, but for one when it is given."""
    statement = delete(StaffSession).where(StaffSession.user_id == user_id)
    session.execute(statement if but is None else statement.where(StaffSession.token_sha256 != but))


def forget_ended(session: Session, now: datetime) -> None:
    """Delete browsers whose twelve hours are over."""
    session.execute(delete(StaffSession).where(StaffSession.ends_at < now))


def add_link(session: Session, key: bytes, link: Link) -> None:
    """Remember a one-time link under the SHA-256 of its token."""
    session.execute(insert(SignInLink).values(token_sha256=key, **asdict(link)))


def seed_of_email(session: Session, email_id: UUID) -> bytes | None:
    """What the token of an email's link is made of; None when there is none, or it stopped working."""
    live = (SignInLink.email_id == email_id) & SignInLink.used_at.is_(None)
    return session.scalar(select(SignInLink.seed).where(live))


def end_links(session: Session, user_id: UUID, now: datetime) -> None:
    """Every link of a person stops working."""
    mine = (SignInLink.user_id == user_id) & SignInLink.used_at.is_(None)
    session.execute(update(SignInLink).where(mine).values(used_at=now))


def forget_links(session: Session, before: datetime) -> None:
    """Delete the links that ended before an instant."""
    session.execute(delete(SignInLink).where(SignInLink.expires_at < before))


def find_link(session: Session, key: bytes) -> Link | None:
    """The link with this hash, used or not."""
    row = session.get(SignInLink, key)
    return None if row is None else Link(**{name.name: getattr(row, name.name) for name in fields(Link)})


def use_link(session: Session, key: bytes, now: datetime) -> bool:
    """Mark a link as used; False when somebody was faster."""
    free = (SignInLink.token_sha256 == key) & SignInLink.used_at.is_(None)
    used = session.execute(update(SignInLink).where(free).values(used_at=now).returning(SignInLink.token_sha256))
    return used.first() is not None


def lock_attempts(session: Session, *, account: bytes, ip_prefix: str) -> None:
    """One at a time for an account and for a network, until the commit: guesses that come together are all counted.

    SQLite has one writer anyway.
    """
    if dialect_name(session) != "postgresql":
        return
    names = (account, hashlib.sha256(ip_prefix.encode()).digest())
    for number in sorted(int.from_bytes(name[:8], "big", signed=True) for name in names):
        session.execute(select(func.pg_advisory_xact_lock(number)))


def add_failure(session: Session, *, account: bytes, ip_prefix: str, now: datetime) -> None:
    """Count one failed sign-in or step-up."""
    session.execute(insert(SignInFailure).values(id=new_id(now), account=account, ip_prefix=ip_prefix, at=now))


def failures(session: Session, *, account: bytes, since: datetime) -> int:
    """How many failures of one account since an instant."""
    return _count(session, (SignInFailure.account == account) & (SignInFailure.at > since))


def failures_of_network(session: Session, *, ip_prefix: str, since: datetime) -> int:
    """How many failures from one network prefix since an instant."""
    return _count(session, (SignInFailure.ip_prefix == ip_prefix) & (SignInFailure.at > since))


def forget_failures(session: Session, *, account: bytes, before: datetime) -> None:
    """Delete the failures of an account that signed in, and everybody's older than `before`."""
    old = (SignInFailure.account == account) | (SignInFailure.at < before)
    session.execute(delete(SignInFailure).where(old))


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.execute(select(func.count()).select_from(SignInFailure).where(which)).scalar_one()


def _browser(row: StaffSession) -> Browser:
    return Browser(
        key=row.token_sha256,
        user_id=row.user_id,
        created_at=row.created_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        ip_prefix=row.ip_prefix,
        agent_family=row.agent_family,
        stepped_up_at=row.stepped_up_at,
        csrf=row.csrf,
    )
