"""What a person must know of a provider that takes nothing at all: it refuses us, or it is away; step 6 of the line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.core.emails import Result
from surveyor.db.alerts import raise_alert, resolve

#: It refuses our key or our settings: a person must mend them. It does not answer: it comes back by itself.
REFUSES, AWAY = "provider_paused", "provider_away"


def tell_rest(session: Any, result: Result, provider: str, evidence: str, *, now: datetime) -> None:
    """Open the alert of a hand-over or a probe that came to nothing, in the caller's transaction; the last counts."""
    code, other = (REFUSES, AWAY) if result is Result.CHANNEL else (AWAY, REFUSES)
    resolve(session, other, now=now, subject=provider)
    raise_alert(session, code, now=now, subject=provider, detail=evidence)


def tell_awake(session: Any, provider: str, *, now: datetime) -> None:
    """The provider takes emails: neither alert stands any longer."""
    for code in (REFUSES, AWAY):
        resolve(session, code, now=now, subject=provider)
