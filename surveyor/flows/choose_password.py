"""Choose a password by a link that came by email: once, in time; it ends every session and signs nobody in (S8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from surveyor.core.tokens import digest, is_long_token
from surveyor.db import audit, users
from surveyor.db import sessions as browsers
from surveyor.errors import NotFound, Refused
from surveyor.flows import count_attempts, passwords
from surveyor.flows.send_account_link import INVITATION, RESET


def account_of_link(sessions: Any, *, token: str, now: datetime) -> users.Account:
    """Whose link this is. Raises NotFound for any that does not work: unknown, used, over, of a closed account."""
    with sessions() as session:
        return _account(session, token, now)


def choose_password(
    sessions: Any, *, token: str, password: str, now: datetime, own_words: Sequence[str] = ()
) -> users.Account:
    """The password of the link's person becomes this one; their sessions and their other links end.

    Raises:
        NotFound: the link does not work. Refused: 422 for a weak password; the link then still works.
    """
    account = account_of_link(sessions, token=token, now=now)
    weak = passwords.weakness(password, [*own_words, account.email.partition("@")[0], account.name])
    if weak is not None:
        raise Refused([weak])
    stored = passwords.hash_password(password)
    with sessions.begin() as session:
        account = _account(session, token, now)
        if not browsers.use_link(session, digest(token), now):
            raise NotFound("link")
        users.change(session, account.id, password_hash=stored)
        browsers.close_all(session, account.id)
        browsers.end_links(session, account.id, now)
        count_attempts.forget(session, count_attempts.name_of("password", account.email), now)
        audit.append(session, audit.Entry(str(account.id), "user.password_by_link", f"user:{account.id}"), now=now)
    return account


def _account(session: Any, token: str, now: datetime) -> users.Account:
    if not is_long_token(token):
        raise NotFound("link")
    link = browsers.find_link(session, digest(token))
    if link is None or link.purpose not in (RESET, INVITATION) or link.used_at is not None or link.expires_at <= now:
        raise NotFound("link")
    account = users.by_id(session, link.user_id)
    if account is None or not account.active:
        raise NotFound("link")
    return account
