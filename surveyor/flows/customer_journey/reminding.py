"""The reminder of an invitation as its row describes it: the second email, from the snapshot of its rule."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.calendar import send_day
from surveyor.core.journey import Reminder
from surveyor.core.snapshots import rule_of
from surveyor.db.reminders import ReminderRow


def reminder_of(row: ReminderRow, customer: str, *, at: datetime) -> Reminder:
    """The reminder, to look at `at`; its due day is counted from the day its invitation was sent."""
    rule = rule_of(row.snapshot)
    sent = row.sent_day.toordinal()
    label = row.order_id if row.occurrence is None else f"{row.opened_by}#{row.occurrence}"
    return Reminder(
        row.dedupe_key,
        customer,
        rule,
        label,
        row.order_id,
        row.store_id,
        row.zone,
        sent,
        send_day(sent + rule.reminder_after_days, rule.send_days),
        at,
    )
