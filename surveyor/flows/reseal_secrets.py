"""Seal every stored secret of the line again under the newest key, so that an older one may leave."""

from __future__ import annotations

from typing import Any

from surveyor.core.tokens import Keyring
from surveyor.db import access, outgoing, second_factors, stored_secrets
from surveyor.flows.manage_webhooks import row_of


def reseal_secrets(sessions: Any, keys: Keyring) -> int:
    """Secrets of sources, of second factors and of webhooks; how many were sealed again. A second time does nothing.

    One whose key has left the list stays as it is: `surveyor doctor` and sign-in say that it cannot be opened.
    """
    known = {keys.newest_id}
    sealed = 0
    with sessions() as session:
        sources, people = access.sources(session), second_factors.every_secret(session)
    for source in sources:
        if source.secret is None or source.key_id in known:
            continue
        parts = (source.secret, source.previous_secret)
        try:
            opened = [part and stored_secrets.unseal(keys, source.name, part, source.key_id) for part in parts]
        except KeyError:
            continue
        again = [part and stored_secrets.seal(keys, source.name, part)[0] for part in opened]
        with sessions.begin() as session:
            sealed += access.seal_again(session, source, again[0], again[1], key_id=keys.newest_id)
    for user_id, one in people.items():
        if one.key_id in known:
            continue
        row = f"user:{user_id}"
        try:
            secret = stored_secrets.unseal(keys, row, one.sealed, one.key_id)
        except KeyError:
            continue
        new, key_id = stored_secrets.seal(keys, row, secret)
        with sessions.begin() as session:
            second_factors.seal_again(session, user_id, old=one.sealed, sealed=new, key_id=key_id)
        sealed += 1
    return sealed + _webhooks(sessions, keys, known)


def _webhooks(sessions: Any, keys: Keyring, known: set[str]) -> int:
    """The signing secrets of outgoing webhooks."""
    with sessions() as session:
        found = [hook for hook in outgoing.hooks(session) if hook.key_id not in known]
    sealed = 0
    for hook in found:
        row = row_of(hook.id)
        parts = (hook.secret, hook.previous_secret)
        try:
            opened = [part and stored_secrets.unseal(keys, row, part, hook.key_id) for part in parts]
        except KeyError:
            continue
        secret, previous = (part and stored_secrets.seal(keys, row, part)[0] for part in opened)
        with sessions.begin() as session:
            values = {"secret": secret, "previous_secret": previous, "key_id": keys.newest_id}
            sealed += outgoing.seal_again(session, hook.id, old=hook.secret, values=values)
    return sealed
