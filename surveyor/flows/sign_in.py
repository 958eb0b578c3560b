"""Open a session for somebody who reads what orders became: by password, or by a one-time link of the host."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveyor.db import sessions as browsers
from surveyor.db import users
from surveyor.flows import passwords

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
WINDOW, PER_ACCOUNT, PER_NETWORK = timedelta(minutes=15), 5, 20
KEEP_FAILURES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: network prefix (/24 or /56) and family of browser, never the whole of either."""

    ip_prefix: str
    agent_family: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The cookie to hand over, once: 256 random bits, of which only the SHA-256 is kept."""

    cookie: str
    account: users.Account


class Refusal:
    """Why nobody was signed in; the reader is told no more than this."""

    WRONG = "sign_in_failed"
    LIMITED = "rate_limited"


def sign_in(sessions: Any, *, email: str, password: str, client: Client, now: datetime) -> SignedIn | str:
    """A new session for the right password, or a `Refusal`.

    The attempt is counted before the password is looked at, so that parallel guesses are counted too; success forgets
    the failures of the account. An unknown or disabled account costs the same work and gives the same answer.
    """
    address = email.strip().lower()
    attempt = hashlib.sha256(address.encode("utf-8", "replace")).digest()
    with sessions.begin() as session:
        if _limited(session, attempt, client, now):
            return Refusal.LIMITED
        browsers.add_failure(session, account=attempt, ip_prefix=client.ip_prefix, now=now)
        account = users.by_email(session, address)
    usable = account if account is not None and account.active else None
    right = passwords.verify(usable.password_hash if usable else None, password)
    if usable is None or not right:
        return Refusal.WRONG
    with sessions.begin() as session:
        browsers.forget_failures(session, account=attempt, before=now - KEEP_FAILURES)
        if passwords.outdated(usable.password_hash or ""):
            users.change(session, usable.id, password_hash=passwords.hash_password(password))
        return SignedIn(open_session(session, usable, client=client, now=now), usable)


def sign_in_by_link(sessions: Any, *, token: str, client: Client, now: datetime) -> SignedIn | None:
    """A session for the holder of a one-time link made on the host; None when it was used, is over or is unknown."""
    key = browsers.digest(token)
    with sessions.begin() as session:
        link = browsers.find_link(session, key)
        if link is None or link.purpose != "sign_in" or link.expires_at <= now:
            return None
        account = users.by_id(session, link.user_id)
        if account is None or not account.active or not browsers.use_link(session, key, now):
            return None
        return SignedIn(open_session(session, account, client=client, now=now), account)


def step_up(
    sessions: Any, *, browser: browsers.Browser, password: str, client: Client, now: datetime
) -> SignedIn | str:
    """The same session under a new cookie, stepped up for five minutes, or a `Refusal` (S29)."""
    with sessions.begin() as session:
        account = users.by_id(session, browser.user_id)
        attempt = hashlib.sha256(browser.user_id.bytes).digest()
        if account is None or _limited(session, attempt, client, now):
            return Refusal.LIMITED
        browsers.add_failure(session, account=attempt, ip_prefix=client.ip_prefix, now=now)
    if not passwords.verify(account.password_hash, password):
        return Refusal.WRONG
    with sessions.begin() as session:
        browsers.forget_failures(session, account=attempt, before=now - KEEP_FAILURES)
        browsers.close_browser(session, browser.key)
        return SignedIn(open_session(session, account, client=client, now=now, ends_at=browser.ends_at), account)


def open_session(
    session: Any, account: users.Account, *, client: Client, now: datetime, ends_at: datetime | None = None
) -> str:
    """Remember a new browser in the caller's transaction and return its cookie; signing in counts as a step-up."""
    browsers.forget_ended(session, now)
    cookie = secrets.token_urlsafe(32)
    browsers.open_browser(
        session,
        browsers.Browser(
            key=browsers.digest(cookie),
            user_id=account.id,
            created_at=now,
            seen_at=now,
            ends_at=ends_at or now + ABSOLUTE,
            ip_prefix=client.ip_prefix,
            agent_family=client.agent_family,
            stepped_up_at=now,
            csrf=secrets.token_urlsafe(32),
        ),
    )
    users.change(session, account.id, last_seen_at=now)
    return cookie


def is_over(browser: browsers.Browser, now: datetime) -> bool:
    """Whether a session ended: 30 minutes unused, or 12 hours after signing in."""
    return now >= browser.ends_at or now - browser.seen_at >= IDLE


def _limited(session: Any, attempt: bytes, client: Client, now: datetime) -> bool:
    since = now - WINDOW
    of_account, of_network = browsers.failures(session, account=attempt, ip_prefix=client.ip_prefix, since=since)
    return of_account >= PER_ACCOUNT or of_network >= PER_NETWORK
