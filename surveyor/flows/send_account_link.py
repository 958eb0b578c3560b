"""Write to somebody who is to read the line: a link to choose a password, by the same queue as every email.

The link is made of a random seed in its row and of a secret that is in no database; the row keeps its SHA-256. It is
made again when the email is built, and stands in clear nowhere.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.emails import domain_group, policy
from surveyor.core.tokens import AddressError, Keyring, Purpose, digest
from surveyor.db import account_emails, audit, users
from surveyor.db import sessions as browsers
from surveyor.db.base import new_id
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import count_attempts
from surveyor.flows.count_attempts import Client
from surveyor.flows.manage_users import HOST, Actor

RESET, INVITATION = "reset", "invitation"
LIFE = {RESET: timedelta(minutes=10), INVITATION: timedelta(hours=72)}
KIND = {RESET: "account-password", INVITATION: "account-invitation"}
RESETS, RESET_WINDOW = 3, timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sender:
    """What makes links and recognises addresses, and who asks."""

    keys: Keyring
    by: Actor


def ask_reset(sessions: Any, *, email: str, client: Client, keys: Keyring, now: datetime) -> bool:
    """Send the holder of an address a link to choose another password; False when three were asked for in an hour.

    An unknown or closed account is counted the same, costs a commit too, and gives the same answer.
    """
    address = email.strip().lower()
    name = count_attempts.name_of("reset", address)
    with sessions.begin() as session:
        if not count_attempts.count(session, name, client, now, most=RESETS, window=RESET_WINDOW):
            return False
        account = users.by_email(session, address)
        if account is not None and account.active:
            asker = Actor(str(account.id), client.ip_prefix)
            _send(session, account, RESET, Sender(keys, asker), now)
        return True


def invite(sessions: Any, *, user_id: UUID, by: Actor, keys: Keyring, now: datetime) -> None:
    """Send somebody a link to choose a password: 72 hours for a first one, ten minutes for another.

    Raises:
        NotFound: no active account. Refused: 422 `email_invalid`, its address cannot receive email.
    """
    with sessions.begin() as session:
        account = users.by_id(session, user_id)
        if account is None or not account.active:
            raise NotFound("user")
        _send(session, account, purpose_for(account), Sender(keys, by), now)


def make_password_link(sessions: Any, *, email: str, keys: Keyring, now: datetime) -> str:
    """The path of such a link, for a person of the host to pass on; nothing is sent.

    Raises:
        Refused: 404 `user_unknown`, no active account has this address.
    """
    with sessions.begin() as session:
        account = users.by_email(session, email.strip().lower())
        if account is None or not account.active:
            raise Refused([unknown_account()], status=404)
        token = _link(session, account, purpose_for(account), Sender(keys, HOST), now)
        return f"/reset/{token}"


def purpose_for(account: users.Account) -> str:
    """An invitation until a first password was chosen, then a reset."""
    return RESET if account.password_hash else INVITATION


def path_of(keys: Keyring, seed: bytes, key_id: str) -> str:
    """The path of an emailed link, made again. Raises KeyError when its secret has left the list."""
    return f"/reset/{keys.long_token(Purpose.ACCOUNT, seed, key_id)}"


def _send(session: Any, account: users.Account, purpose: str, sender: Sender, now: datetime) -> None:
    try:
        address_key = sender.keys.address_key(account.email)
    except AddressError:
        raise Refused([_bad_address()]) from None
    email_id = new_id(now)
    kind = KIND[purpose]
    account_emails.add(
        session,
        account_emails.AccountEmail(
            id=email_id,
            kind=kind,
            priority=policy(kind).priority,
            dedupe_key=f"{kind}:{email_id.hex}",
            user_id=account.id,
            address_key=address_key,
            domain_group=domain_group(account.email),
            due_at=now,
            expires_at=now + LIFE[purpose],
            key_id=sender.keys.newest_id,
            unsubscribe_sha256=digest(sender.keys.token(Purpose.UNSUBSCRIBE, email_id)),
        ),
    )
    _link(session, account, purpose, sender, now, email_id=email_id)


def _link(
    session: Any, account: users.Account, purpose: str, sender: Sender, now: datetime, *, email_id: UUID | None = None
) -> str:
    """One more link of a person, in the caller's transaction: its token."""
    browsers.forget_links(session, now - timedelta(days=30))
    seed = secrets.token_bytes(32)
    token = sender.keys.long_token(Purpose.ACCOUNT, seed)
    link = browsers.Link(account.id, purpose, now, now + LIFE[purpose], seed=seed, email_id=email_id)
    browsers.add_link(session, digest(token), link)
    by = sender.by
    entry = audit.Entry(by.name, f"user.{purpose}_link", f"user:{account.id}", ip_prefix=by.ip_prefix)
    audit.append(session, entry, now=now)
    return token


def unknown_account() -> Complaint:
    """No active account has the address that was typed on the host."""
    return Complaint(
        "email",
        "user_unknown",
        "Aucun compte actif n'a cette adresse\u00a0: `surveyor users list` montre les comptes.",
        "No active account has this address: `surveyor users list` shows the accounts.",
    )


def _bad_address() -> Complaint:
    return Complaint(
        "email",
        "email_invalid",
        "Cette adresse ne peut pas recevoir d'e-mail. Attendu\u00a0: nom@domaine.fr.",
        "This address cannot receive email. Expected: name@domain.com.",
    )
