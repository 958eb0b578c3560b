"""After a restore: whoever was erased since the backup is erased again, before anything may leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from surveyor.db import customers, tallies
from surveyor.flows.again import again
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.unsubscribe import oppose

SOURCE = "restore"


def reapply_erasures(sessions: Any, address_keys: Sequence[bytes], *, journeys: Journeys, now: datetime) -> int:
    """Suppress each address as `erased`, drop what waits for it, empty its identity; how many were not so already."""
    return sum(again(lambda key=key: _erase(sessions, key, journeys, now)) for key in address_keys)  # type: ignore[misc]


def _erase(sessions: Any, address_key: bytes, journeys: Journeys, now: datetime) -> int:
    with sessions.begin() as session:
        new, deltas = oppose(session, address_key, "erased", source=SOURCE, journeys=journeys, now=now)
        emptied = customers.empty_identity(session, address_key, now=now)
        tallies.add(session, deltas)
        return int(new or emptied > 0)
