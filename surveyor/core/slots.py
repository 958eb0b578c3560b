"""Whether an email may leave now: between its slot and the end of its grace, never in the evening (rules.md, 4.9)."""

from __future__ import annotations

from datetime import datetime, timedelta

from surveyor.core.calendar import LAST_MINUTE, first_slot, local_day, minute_of_day, planned_slot, send_day, wall_clock
from surveyor.core.rules import Rule


def next_slot_unless_open(rule: Rule, zone: str, *, grace_minutes: int, now: datetime) -> datetime | None:
    """None when a slot of this rule is open at `now`, to the minute; else the instant of the next slot after `now`."""
    today = local_day(now, zone)
    if planned_slot(today, rule.send_time, rule.send_days, zone)[1] == now:
        return None
    minute = now.replace(second=0, microsecond=0)
    # Yesterday's slot can only still be open at night, for a rule that allows it.
    for day in (today, today - 1) if rule.allow_night else (today,):
        if send_day(day, rule.send_days) == day:
            opens, closes = _opening(rule, zone, day, grace_minutes)
            if opens <= minute <= closes:
                return None
    return slot_from(rule, zone, day=today, not_before=now)


def slot_from(rule: Rule, zone: str, *, day: int, not_before: datetime) -> datetime:
    """The first slot of this rule on or after `day` that is not before an instant."""
    return first_slot(day, clock=rule.send_time, send_days=rule.send_days, zone=zone, not_before=not_before)


def _opening(rule: Rule, zone: str, day: int, grace_minutes: int) -> tuple[datetime, datetime]:
    opens = wall_clock(day, minute_of_day(rule.send_time), zone)
    closes = opens + timedelta(minutes=grace_minutes)
    if not rule.allow_night:
        closes = max(opens, min(closes, wall_clock(day, LAST_MINUTE, zone)))
    return opens, closes
