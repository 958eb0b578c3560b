"""What decisions, orders and ends of invitations add to the tallies (indicators.md, 4)."""

from __future__ import annotations

from datetime import date

from surveyor.core.calendar import local_day
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.tally import Tally
from surveyor.db.decisions import Kept
from surveyor.db.invitations import Standing
from surveyor.db.orders import OrderRow
from surveyor.db.tallies import Delta


def decided(kept: Kept, *, by: int = 1, questionnaire_version: int = 0) -> Delta:
    """A decision that is recorded (by = 1) or replaced (-1): a hit when it is SUPPRESSED or SCHEDULED."""
    hit = kept.verdict != Verdict.NOT_ELIGIBLE
    scheduled = kept.verdict == Verdict.SCHEDULED
    reasons = {("decision", kept.reason): by} if kept.verdict == Verdict.SUPPRESSED and kept.reason else {}
    return Delta(
        kept.day,
        kept.store_id,
        kept.rule_id,
        kept.rule_version,
        kept.segment,
        questionnaire_version,
        Tally(hits=by if hit else 0, scheduled=by if scheduled else 0),
        reasons,
    )


def ended(row: Standing, state: str, reason: Reason) -> Delta:
    """An open invitation that ended without being sent, on the day of its decision."""
    return Delta(
        row.decision_day,
        row.store_id,
        row.rule_id,
        row.rule_version,
        row.segment,
        row.questionnaire_version,
        Tally(dropped=1) if state == "dropped" else Tally(failed=1),
        {("drop", reason.value): 1} if state == "dropped" else {},
    )


def ordered(row: OrderRow | None, zone: str, *, by: int) -> list[Delta]:
    """An order of an identified customer counts on the day it was collected or delivered, unless taken back.

    Orders of before (history) were never decided upon and are not counted.
    """
    if row is None or row.customer_id is None or row.fulfilled_at is None or row.cancelled_at is not None:
        return []
    if row.history:
        return []
    day = date.fromordinal(local_day(row.fulfilled_at, zone))
    return [Delta(day, row.store_id, segment=row.segment, counts=Tally(orders=by))]
