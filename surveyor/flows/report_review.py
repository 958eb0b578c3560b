"""Somebody doubts that a published review is authentic and says why: kept for the staff, who answer it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.core.quoting import french
from surveyor.db import review_reports
from surveyor.db.base import new_id
from surveyor.db.reviews import ReviewRow
from surveyor.errors import Complaint, Refused

LONGEST = 1000


def report_review(
    sessions: Any, review: ReviewRow, *, reason: str, client_key: bytes, by: str = "", now: datetime
) -> bool:
    """Keep a doubt with its reason; False when the same browser reported this review on this day.

    Raises Refused: 422 `field_required`, `field_too_long`.
    """
    said = reason.strip()
    if not said or len(said) > LONGEST:
        code = "field_too_long" if said else "field_required"
        fr = f"Dites pourquoi vous doutez de cet avis, en {LONGEST} caractères au plus."
        en = f"Say why you doubt this review, in {LONGEST} characters at most."
        raise Refused([Complaint("reason", code, french(fr), en)])
    assert review.invitation_id is not None
    with sessions.begin() as session:
        if review_reports.reported_today(session, review.invitation_id, client_key):
            return False
        review_reports.add_report(
            session,
            id=new_id(now),
            invitation_id=review.invitation_id,
            reason=said,
            at=now,
            by=by,
            client_key=client_key,
        )
    return True
