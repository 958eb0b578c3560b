"""The reminder of an invitation, looked at when due; it starts no cool-down and no cap counts it (rules.md, 12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from surveyor.core.calendar import local_day
from surveyor.core.checks import View, address_reasons, is_excluded, is_paused
from surveyor.core.history import Regime
from surveyor.core.journey.effects import Drop, Go, Later, Reminder
from surveyor.core.person import Person
from surveyor.core.reasons import Reason
from surveyor.core.slots import next_slot_unless_open


def reminder_due(
    person: Person, reminder: Reminder, *, answered: bool, cancelled: bool, regime: Regime, now: datetime
) -> Go | Later | Drop:
    """Whether this reminder leaves now. `answered`: any response was recorded; `cancelled`: its order was, since.

    It never learns a score. Later: keep `postponed(reminder, later.at)`, or `reminder` with its new instant.
    """
    if now < reminder.at:
        return Later(reminder.at)
    grace = regime.globals.send_grace_minutes
    later = next_slot_unless_open(reminder.rule, reminder.zone, grace_minutes=grace, now=now)
    if later is not None:
        return Later(later)
    if answered:
        return Drop(Reason.ANSWERED)
    view = View(person, person.accounts[reminder.customer_id], regime)
    reason = next(_refusals(reminder, view, cancelled=cancelled, now=now), None)
    return Go() if reason is None else Drop(reason)


def postponed(reminder: Reminder, at: datetime) -> Reminder:
    """The same reminder, to look at `at`; its due day stays, lateness never starts again."""
    return replace(reminder, at=at)


def _refusals(reminder: Reminder, view: View, *, cancelled: bool, now: datetime) -> Iterator[Reason]:
    today = local_day(now, reminder.zone)
    if reminder.rule.id not in view.regime.by_id:
        yield Reason.RULE_DISABLED
    yield from address_reasons(view, reminder.store_id, now)
    if is_paused(view.person, today):
        yield Reason.PAUSED
    if is_excluded(view, reminder.store_id):
        yield Reason.STORE_EXCLUDED
    if cancelled:
        yield Reason.ANCHOR_CANCELLED
    if today - reminder.due_day > reminder.rule.max_late_days:
        yield Reason.EXPIRED
    if today > reminder.sent_day + reminder.rule.response_window_days:
        yield Reason.LINK_EXPIRED
