"""Take back what a worker held and let go: leased emails wait again, emails that may have left are in doubt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import emails as rows
from surveyor.db import tallies
from surveyor.db.emails import Swept
from surveyor.faults import fault
from surveyor.flows.send_emails.follow import doubt


def sweep_leases(sessions: Any, *, now: datetime) -> Swept:
    """One pass over leases that are over at `now` (or at the newest instant recorded, when a clock went back)."""
    with sessions.begin() as session:
        newest = rows.newest_instant(session)
        at = max(now, newest) if newest is not None else now
        found = rows.expired(session, now=at)
        swept = rows.sweep(session, found, now=at)
        invitations = rows.of_invitations(session, swept.in_doubt)
        tallies.add(session, [delta for one in invitations.values() for delta in doubt(one, 1)])
        fault("sweep.in_tx")
    return swept
