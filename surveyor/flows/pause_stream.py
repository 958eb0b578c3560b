"""A person stops a stream of emails: nothing of it is handed over until somebody releases it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import audit, streams
from surveyor.errors import Complaint, Refused
from surveyor.flows.manage_users import Actor
from surveyor.flows.release_stream import WHY_AT_MOST, subject

CAUSE = "person"


def pause_stream(sessions: Any, *, provider: str, kind: str, why: str, by: Actor, now: datetime) -> bool:
    """Pause a provider's emails of a kind ("": every kind); False when they were paused already.

    Raises:
        Refused: 422 `field_required` without a reason.
    """
    why = why.strip()[:WHY_AT_MOST]
    if not why:
        raise Refused([Complaint("why", "field_required", "Motif est obligatoire.", "Reason is required.")])
    with sessions.begin() as session:
        new = streams.pause(session, provider, kind, cause=CAUSE, detail=why, now=now)
        if new:
            about = f"mail_stream:{subject(provider, kind)}"
            entry = audit.Entry(by.name, "mail_stream.paused", about, None, CAUSE, why, by.ip_prefix, by.request_id)
            audit.append(session, entry, now=now)
    return new
