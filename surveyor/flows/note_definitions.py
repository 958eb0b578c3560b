"""Remember since when each indicator is computed as it is now, so that a changed formula marks the trends it moves.

Called where another version of the program may have begun: when a database is brought up to date, and each night.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from surveyor.core.indicators import REGISTRY, Indicator
from surveyor.db import definitions


def note_definitions(sessions: Any, *, now: datetime, entries: Iterable[Indicator] = REGISTRY) -> dict[str, int]:
    """Note every definition that is higher than any known one, in force from now on; returns those, key -> version.

    The first that is known of an indicator marks nothing. An older program that runs beside a newer one changes
    nothing. Safe to call twice.
    """
    with sessions.begin() as session:
        known = definitions.latest(session)
        raised = {one.key: one.definition_version for one in entries if one.definition_version > known.get(one.key, 0)}
        if raised:
            definitions.add(session, raised, since=now)
    return raised
