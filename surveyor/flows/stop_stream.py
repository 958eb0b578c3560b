"""A kill switch stops a stream of emails and tells a person, who alone lets it go again (`release_stream`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import streams
from surveyor.db.alerts import raise_alert
from surveyor.flows.release_stream import ALERT, subject


def stop_stream(session: Any, provider: str, kind: str, *, cause: str, detail: str, now: datetime) -> bool:
    """Pause the stream in the caller's transaction (kind "": every kind); False when it was paused already."""
    stopped = streams.pause(session, provider, kind, cause=cause, detail=detail, now=now)
    if stopped:
        said = f"{cause} {detail}".strip()
        raise_alert(session, ALERT, now=now, subject=subject(provider, kind), detail=said[:300])
    return stopped
