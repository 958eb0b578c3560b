"""Keep what a source sent and nobody could use: quarantined with its reason, shown to admins, to be replayed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from surveyor.db import quarantine
from surveyor.db.alerts import raise_alert

#: What may be taken at all is kept whole, so that it can be replayed; of what is larger, a copy to look at.
WHOLE = 2 * 1024 * 1024
COPY = 64 * 1024
#: Names under which things are kept: they say how each came, which a replay has to know.
HOOK, ENTRY = "hook", "entry"


def hook_name(topic: str, raw: bytes) -> str:
    """The id of an unusable delivery: its topic and its content, so that a second delivery changes nothing."""
    return f"{HOOK}:{topic}:{hashlib.sha256(raw).hexdigest()[:32]}"


def entry_name(entry: str, index: int | None = None) -> str:
    """The id of an unusable entry of a stream or topic, or of the event `index` in it."""
    return f"{ENTRY}:{entry}" if index is None else f"{ENTRY}:{entry}:{index}"


def keep_unusable(sessions: Any, *, source: str, raw: bytes, why: str, now: datetime, name: str) -> None:
    """Store it once per name, and alert; no order, no decision comes of it."""
    body = raw[: WHOLE if len(raw) <= WHOLE else COPY].decode("utf-8", "replace").replace("\x00", "\ufffd")
    with sessions.begin() as session:
        what = quarantine.Unusable(source, name, hashlib.sha256(raw).digest(), body, why)
        quarantine.keep(session, what, now=now)
        raise_alert(session, "event_unusable", subject=source, now=now, detail=why)
