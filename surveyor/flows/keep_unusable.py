"""Keep what a source sent and nobody could use: quarantined with its reason, shown to admins, to be replayed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from surveyor.db import quarantine
from surveyor.db.alerts import raise_alert

COPY = 64 * 1024


def keep_unusable(sessions: Any, *, source: str, raw: bytes, why: str, now: datetime, name: str = "") -> None:
    """Store a copy (64 KiB at most) once per content, and alert; no order, no decision comes of it.

    name: the id under which it is kept; default: made of its content, so that a second delivery changes nothing.
    """
    digest = hashlib.sha256(raw).digest()
    event_id = name or f"unusable:{digest.hex()[:32]}"
    body = raw[:COPY].decode("utf-8", "replace").replace("\x00", "\ufffd")
    with sessions.begin() as session:
        quarantine.keep(session, quarantine.Unusable(source, event_id, digest, body, why), now=now)
        raise_alert(session, "event_unusable", subject=source, now=now, detail=why)
