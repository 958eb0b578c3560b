"""A person says that an alert was seen to: it leaves the list, and comes back by itself if its cause does."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.db import alerts, audit
from surveyor.errors import NotFound
from surveyor.flows.manage_users import Actor


def handle_alert(sessions: Any, alert_id: UUID, *, by: Actor, now: datetime) -> None:
    """Close an open alert; written to the audit chain. NotFound: there is none of that id (any more)."""
    with sessions.begin() as session:
        found = alerts.close(session, alert_id, now=now)
        if found is None:
            raise NotFound("alert")
        code, subject = found
        about = f"alert:{code}" + (f":{subject}" if subject else "")
        audit.append(
            session,
            audit.Entry(by.name, "alert.handled", about, ip_prefix=by.ip_prefix, request_id=by.request_id),
            now=now,
        )
