"""Open a session for somebody who reads what orders became: by password or one-time link, then by code."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.tokens import Keyring
from surveyor.db import sessions as browsers
from surveyor.db import store_access, users
from surveyor.flows import count_attempts, passwords
from surveyor.flows.check_code import find_proof, spend
from surveyor.flows.count_attempts import Client

__all__ = [
    "Client",
    "Given",
    "Refusal",
    "SecondStep",
    "SignedIn",
    "is_over",
    "open_session",
    "sign_in",
    "sign_in_by_code",
    "sign_in_by_link",
    "step_up",
]

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
HALF_WAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The cookie to hand over, once: 256 random bits, of which only the SHA-256 is kept."""

    cookie: str
    account: users.Account


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right and a code is awaited: `token` names the sign-in that is half done, for ten minutes."""

    token: str


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody who is signed in shows again: the password or a code; one of the two is enough."""

    password: str = field(default="", repr=False)
    code: str = field(default="", repr=False)


class Refusal:
    """Why nobody was signed in; the reader is told no more than this."""

    WRONG = "sign_in_failed"
    WRONG_CODE = "code_wrong"
    LIMITED = "rate_limited"
    OVER = "sign_in_over"


def sign_in(sessions: Any, *, email: str, password: str, client: Client, now: datetime) -> SignedIn | SecondStep | str:
    """A new session for the right password, or the second step where the account has one, or a `Refusal`.

    The attempt is counted before the password is looked at; success forgets the failures of the account. An unknown or
    disabled account costs the same work and gives the same answer.
    """
    address = email.strip().lower()
    name = count_attempts.name_of("password", address)
    with sessions.begin() as session:
        if not count_attempts.count(session, name, client, now):
            return Refusal.LIMITED
        account = users.by_email(session, address)
    usable = account if account is not None and account.active else None
    right = passwords.verify(usable.password_hash if usable else None, password)
    if usable is None or not right:
        return Refusal.WRONG
    with sessions.begin() as session:
        count_attempts.forget(session, name, now)
        if passwords.outdated(usable.password_hash or ""):
            users.change(session, usable.id, password_hash=passwords.hash_password(password))
        return _enter(session, usable, client=client, now=now)


def sign_in_by_code(
    sessions: Any, *, token: str, code: str, keys: Keyring, client: Client, now: datetime
) -> SignedIn | str:
    """The end of a sign-in that waits for its code, or a `Refusal`. A code works once, and so does a recovery code."""
    key = browsers.digest(token)
    with sessions.begin() as session:
        link = browsers.find_link(session, key)
        account = None if link is None else users.by_id(session, link.user_id)
        if link is None or link.purpose != "second_factor" or link.used_at is not None or link.expires_at <= now:
            return Refusal.OVER
        if account is None or not account.active:
            return Refusal.OVER
        name = count_attempts.name_of("code", account.id)
        if not count_attempts.count(session, name, client, now):
            return Refusal.LIMITED
    proof = find_proof(sessions, account.id, code, keys=keys, now=now)
    if proof is None:
        return Refusal.WRONG_CODE
    with sessions.begin() as session:
        if not spend(session, proof, now=now):
            return Refusal.WRONG_CODE
        if not browsers.use_link(session, key, now):
            return Refusal.OVER
        count_attempts.forget(session, name, now)
        return SignedIn(open_session(session, account, client=client, now=now), account)


def sign_in_by_link(sessions: Any, *, token: str, client: Client, now: datetime) -> SignedIn | SecondStep | None:
    """A session for the holder of a one-time link made on the host; None when it was used, is over or is unknown."""
    key = browsers.digest(token)
    with sessions.begin() as session:
        link = browsers.find_link(session, key)
        if link is None or link.purpose != "sign_in" or link.expires_at <= now:
            return None
        account = users.by_id(session, link.user_id)
        if account is None or not account.active or not browsers.use_link(session, key, now):
            return None
        return _enter(session, account, client=client, now=now)


def step_up(
    sessions: Any, *, browser: browsers.Browser, given: Given, keys: Keyring, client: Client, now: datetime
) -> SignedIn | str:
    """The same session under a new cookie, stepped up for five minutes, or a `Refusal` (S29)."""
    name = count_attempts.name_of("step-up", browser.user_id)
    with sessions.begin() as session:
        account = users.by_id(session, browser.user_id)
        if account is None or not count_attempts.count(session, name, client, now):
            return Refusal.LIMITED
    proof = find_proof(sessions, account.id, given.code, keys=keys, now=now) if given.code else None
    if proof is None and not (given.password and passwords.verify(account.password_hash, given.password)):
        return Refusal.WRONG
    with sessions.begin() as session:
        if proof is not None and not spend(session, proof, now=now):
            return Refusal.WRONG
        if browsers.find_browser(session, browser.key) is None:
            return Refusal.WRONG  # ended meanwhile: a new cookie would bring it back
        count_attempts.forget(session, name, now)
        browsers.close_browser(session, browser.key)
        return SignedIn(open_session(session, account, client=client, now=now, ends_at=browser.ends_at), account)


def _enter(session: Any, account: users.Account, *, client: Client, now: datetime) -> SignedIn | SecondStep:
    """The first step was right: a session, or where a second factor is in force the token of the second step."""
    if not account.second_factor:
        return SignedIn(open_session(session, account, client=client, now=now), account)
    browsers.forget_links(session, now)
    token = secrets.token_urlsafe(32)
    link = browsers.Link(account.id, "second_factor", created_at=now, expires_at=now + HALF_WAY)
    browsers.add_link(session, browsers.digest(token), link)
    return SecondStep(token)


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
    store_access.note_sign_in(session, account.id, now.date())
    return cookie


def is_over(browser: browsers.Browser, now: datetime) -> bool:
    """Whether a session ended: 30 minutes unused, or 12 hours after signing in."""
    return now >= browser.ends_at or now - browser.seen_at >= IDLE
