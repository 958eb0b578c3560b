"""Signed-in browsers, one-time links and failed sign-ins of those who read what orders became; only hashes are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
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


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link; `purpose` is sign_in, reset or invitation."""

    user_id: UUID
    purpose: str
    expires_at: datetime
    used_at: datetime | None


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


def add_link(session: Session, *, key: bytes, user_id: UUID, purpose: str, now: datetime, expires_at: datetime) -> None:
    """Remember a one-time link."""
    session.execute(
        insert(SignInLink).values(
            token_sha256=key, user_id=user_id, purpose=purpose, created_at=now, expires_at=expires_at
        )
    )


def find_link(session: Session, key: bytes) -> Link | None:
    """The link with this hash, used or not."""
    row = session.get(SignInLink, key)
    return None if row is None else Link(row.user_id, row.purpose, row.expires_at, row.used_at)


def use_link(session: Session, key: bytes, now: datetime) -> bool:
    """Mark a link as used; False when somebody was faster."""
    free = (SignInLink.token_sha256 == key) & SignInLink.used_at.is_(None)
    used = session.execute(update(SignInLink).where(free).values(used_at=now).returning(SignInLink.token_sha256))
    return used.first() is not None


def add_failure(session: Session, *, account: bytes, ip_prefix: str, now: datetime) -> None:
    """Count one failed sign-in or step-up."""
    session.execute(insert(SignInFailure).values(id=new_id(now), account=account, ip_prefix=ip_prefix, at=now))


def failures(session: Session, *, account: bytes, ip_prefix: str, since: datetime) -> tuple[int, int]:
    """How many failures since an instant: of the account, of the network prefix."""
    recent = select(func.count()).select_from(SignInFailure).where(SignInFailure.at > since)
    of_account = session.execute(recent.where(SignInFailure.account == account)).scalar_one()
    of_network = session.execute(recent.where(SignInFailure.ip_prefix == ip_prefix)).scalar_one()
    return of_account, of_network


def forget_failures(session: Session, *, account: bytes, before: datetime) -> None:
    """Delete the failures of an account that signed in, and everybody's older than `before`."""
    old = (SignInFailure.account == account) | (SignInFailure.at < before)
    session.execute(delete(SignInFailure).where(old))


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
