"""Say what became of a recommendation: done, in progress or dismissed; the next monthly report repeats it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import audit, report_pages
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor
from surveyor.flows.open_report import Opened

STATUSES = ("in_progress", "done", "dismissed")


def follow_report(sessions: Any, *, opened: Opened, place: int, status: str, by: Actor, now: datetime) -> None:
    """Keep the status of the recommendation at a place of a report, for everybody who reads its stores.

    Raises:
        NotFound: no recommendation there. Refused: `field_value`, another word than those of `STATUSES`.
    """
    if status not in STATUSES:
        words = ", ".join(STATUSES)
        en = f"Unknown status. Expected: {words}."
        raise Refused([Complaint("status", "field_value", f"Statut inconnu. Attendu : {words}.", en)])
    if not 0 <= place < len(opened.report.advice):
        raise NotFound("recommendation")
    told, copy = opened.report.advice[place], opened.copy
    with sessions.begin() as session:
        key = (copy.scope, copy.period, told.rule, told.unit)
        report_pages.set_status(session, key, status, by=by.name, now=now)
        entry = audit.Entry(
            by.name,
            "report.followed",
            f"report:{copy.email_id.hex}",
            after={"rule": told.rule, "status": status},
            ip_prefix=by.ip_prefix,
            request_id=by.request_id,
        )
        audit.append(session, entry, now=now)
