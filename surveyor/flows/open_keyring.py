"""The secrets of an installation by purpose, with the one that its database recognises addresses by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from surveyor.core.tokens import Keyring, key_id, keys
from surveyor.db import health, instance
from surveyor.errors import SettingsError


def open_keyring(sessions: Any, secrets: Sequence[bytes]) -> Keyring:
    """The keyring of `secrets`, newest first. Before the first start of a database, the oldest recognises addresses.

    A database that is away is not waited for: the oldest then, which is the same unless it was dropped by mistake.

    Raises:
        SettingsError: the secret that recognises addresses is not among them; unsubscribed people would be written to.
    """
    pepper = ""
    try:
        with sessions() as session:
            migrated = health.revision(session)
        if migrated:
            with sessions() as session:
                pepper = instance.pepper_id(session)
    except Exception as error:
        if not health.is_away(error):
            raise
    if pepper and pepper not in {key_id(secret) for secret in secrets}:
        raise SettingsError(
            f"SURVEYOR_SECRET_KEYS: expected the secret {pepper} too: unsubscribed addresses are recognised by it"
        )
    return keys(secrets, pepper)
