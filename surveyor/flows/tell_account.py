"""Put one email to somebody with an account into the queue, in the transaction of what it tells, once for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from surveyor.core.emails import domain_group, policy
from surveyor.core.tokens import AddressError, Purpose, digest
from surveyor.db import account_emails, users
from surveyor.db.base import new_id


class News(NamedTuple):
    """kind: of the email. key: what is told and to whom, so that it is told once. life: until it is news no more."""

    kind: str
    key: str
    life: timedelta


def tell_account(session: Any, account: users.Account, news: News, keys: Any, *, now: datetime) -> None:
    """Queue it; an address that cannot be read gets nothing."""
    try:
        address_key = keys.address_key(account.email)
    except AddressError:
        return
    email_id = new_id(now)
    account_emails.add_once(
        session,
        account_emails.AccountEmail(
            id=email_id,
            kind=news.kind,
            priority=policy(news.kind).priority,
            dedupe_key=f"{news.kind}:{news.key}",
            user_id=account.id,
            address_key=address_key,
            domain_group=domain_group(account.email),
            due_at=now,
            expires_at=now + news.life,
            key_id=keys.newest_id,
            unsubscribe_sha256=digest(keys.token(Purpose.UNSUBSCRIBE, email_id)),
        ),
    )
