"""A process does not start when a secret left that links still to be sent are made with: they would lead nowhere."""

from __future__ import annotations

from typing import Any

from surveyor.core.tokens import Keyring, key_id
from surveyor.db import links
from surveyor.errors import SettingsError


def refuse_lost_secrets(sessions: Any, keys: Keyring) -> None:
    """Raise SettingsError when a pending email, or an invitation still to be sent or reminded of, names a secret that
    is not in `keys`, with the number of rows (pipeline.md, 12)."""
    with sessions() as session:
        lost = links.unknown_secrets(session, [key_id(secret) for secret in keys.secrets])
    if lost:
        named = ", ".join(f"{name} ({rows} rows)" for name, rows in lost.items())
        raise SettingsError(
            f"SURVEYOR_SECRET_KEYS: expected too, for links that are still to be sent: {named}. Put it back, then "
            "`surveyor secrets revoke` lets it leave"
        )
