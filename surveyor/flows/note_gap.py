"""Tell a person that order events were deleted on their way before anybody read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db.alerts import raise_alert


def note_gap(sessions: Any, *, where: str, lost: int, now: datetime) -> None:
    """Alert `ingest_gap`. where: the stream, or topic and partition; lost: how many entries, 0 when not known."""
    detail = (
        f"{lost} entries were deleted before they were read" if lost else "it was emptied: what it held is not known"
    )
    with sessions.begin() as session:
        raise_alert(session, "ingest_gap", subject=where, now=now, detail=detail)
