"""After a restore: whoever was erased since the backup is erased again, before anything may leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from surveyor.db import customers, erasures, tallies
from surveyor.flows.again import again
from surveyor.flows.erase_customer import Means, erase_waiting
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.unsubscribe import oppose

SOURCE = "restore"


def reapply_erasures(
    sessions: Any, address_keys: Sequence[bytes], *, journeys: Journeys, now: datetime, means: Means | None = None
) -> int:
    """Suppress each address as `erased`, drop what waits for it, erase who has it; how many were not so already.

    means: erase everything of them, as at their request; without, their address and names alone.
    """
    done = sum(again(lambda key=key: _erase(sessions, key, journeys, now, means)) for key in address_keys)  # type: ignore[misc]
    if means is not None:
        while erase_waiting(sessions, means, now=now):
            pass
    return done


def _erase(sessions: Any, address_key: bytes, journeys: Journeys, now: datetime, means: Means | None) -> int:
    with sessions.begin() as session:
        new, deltas = oppose(session, address_key, "erased", source=SOURCE, journeys=journeys, now=now)
        emptied = customers.empty_identity(session, address_key, now=now) if means is None else 0
        living = [one for one in customers.by_address(session, address_key) if one.erased_at is None]
        if living and erasures.under_way(session, living[0].id) is None:
            erasures.revoke_links(session, [one.id for one in living], now=now)
            erasures.begin(session, living[0].id, address_key, by=SOURCE, now=now)
            emptied = len(living)
        tallies.add(session, deltas)
        return int(new or emptied > 0)
