"""Nothing of the line waits in silence: what waits too long opens an alert, what moved again closes it (E6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import invariants
from surveyor.db.alerts import raise_alert, resolve

CODE = "line_waits"


def watch_line(sessions: Any, *, now: datetime) -> int:
    """Once a minute: one alert for each thing that waits; how many do. Detail: how many rows, no address."""
    with sessions.begin() as session:
        waiting = {one.what: one for one in invariants.broken(session, now=now, only="E6")}
        for what, one in waiting.items():
            raise_alert(session, CODE, now=now, subject=what, detail=f"{one.count} rows")
        for what in invariants.names("E6"):
            if what not in waiting:
                resolve(session, CODE, now=now, subject=what)
    return len(waiting)
