"""Tell a person that Redis is set to forget order entries when it is full, and take it back once it is not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db.alerts import raise_alert, resolve

CODE = "redis_evicts"


def note_memory(sessions: Any, *, policy: str, now: datetime) -> None:
    """Alert `redis_evicts`. policy: Redis's `maxmemory-policy` when it evicts, "" when it does not."""
    with sessions.begin() as session:
        if policy:
            raise_alert(session, CODE, now=now, detail=f"maxmemory-policy is {policy}: set noeviction")
        else:
            resolve(session, CODE, now=now)
