"""A one-time link for somebody who is to read what orders become: printed on the host, good once and not for long."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from surveyor.db import audit, users
from surveyor.db import sessions as browsers
from surveyor.db.base import new_id
from surveyor.errors import Refused
from surveyor.flows.send_account_link import unknown_account

LIFE = timedelta(minutes=10)


def make_sign_in_link(sessions: Any, *, email: str, now: datetime) -> str:
    """The path of a link that signs the active account of `email` in, once, within ten minutes.

    Raises:
        Refused: `user_unknown`, no active account has this address.
    """
    with sessions.begin() as session:
        account = users.by_email(session, email.strip().lower())
        if account is None or not account.active:
            raise Refused([unknown_account()], status=404)
        return _link(session, account, now)


def first_sign_in_link(sessions: Any, *, now: datetime, language: str = "fr") -> str:
    """The link that the embedded set-up prints: for its oldest active admin, made here when there is no account yet.

    For a process of the host only: no page reaches this.
    """
    with sessions.begin() as session:
        admins = [one for one in users.everybody(session) if one.role == "admin" and one.active]
        if not admins:
            admins = [_first_admin(session, now, language)]
        return _link(session, min(admins, key=lambda one: one.created_at), now)


def _first_admin(session: Any, now: datetime, language: str) -> users.Account:
    made = new_id(now)
    users.add(session, user_id=made, email="admin@localhost", role="admin", language=language, now=now)
    users.replace_scopes(session, made, ("network",))
    account = users.by_id(session, made)
    assert account is not None
    entry = audit.Entry("host", "user.added", f"user:{account.id}", after={"role": "admin"})
    audit.append(session, entry, now=now)
    return account


def _link(session: Any, account: users.Account, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    browsers.add_link(session, browsers.digest(token), browsers.Link(account.id, "sign_in", now, now + LIFE))
    audit.append(session, audit.Entry("host", "sign_in_link.made", f"user:{account.id}"), now=now)
    return f"/sign-in/link/{token}"
