"""Dates and hours of the second reading (rules.md, 4 and 11)."""

from __future__ import annotations

import calendar
import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)


def instant(said: str) -> datetime:
    return datetime.fromisoformat(said.replace("Z", "+00:00")).astimezone(UTC)


def text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def months_on(day: date, months: int) -> date:
    """The same day of another month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def drawn(*parts: str) -> float:
    return int(hashlib.sha256("|".join(parts).encode()).hexdigest()[:13], 16) / 16**13


def wall(day: date, hour: str, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks there show this hour or, on the day it is skipped, a later one."""
    wanted = datetime.combine(day, datetime.strptime(hour, "%H:%M").time())
    at = wanted.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wanted:
        return at
    at -= timedelta(hours=3)
    while at.astimezone(zone).replace(tzinfo=None) < wanted:
        at += timedelta(minutes=1)
    return at


def send_day(day: date, rule: dict[str, Any]) -> date:
    """This day, or the next on which the rule sends."""
    while WEEK[day.weekday()] not in rule["send_days"]:
        day += DAY
    return day


def window_start(day: date, rule: dict[str, Any]) -> date:
    """The day that is just too early."""
    if rule["window_days"] is not None:
        return day - timedelta(rule["window_days"])
    return months_on(day, -rule["window_months"])


def own_cooldown(day: date, rule: dict[str, Any]) -> date:
    if rule["cooldown_days"] is not None:
        return day + timedelta(rule["cooldown_days"])
    return months_on(day, rule["cooldown_months"])


def first_slot(day: date, rule: dict[str, Any], zone: ZoneInfo, now: datetime) -> datetime:
    """The first slot of this day or a later one that is not before now."""
    while True:
        day = send_day(day, rule)
        at = wall(day, rule["send_time"], zone)
        if at >= now:
            return at
        day += DAY


def last_instant(slot: datetime, rule: dict[str, Any], zone: ZoneInfo, grace: int) -> datetime:
    """Until when an email of this slot may still leave (rules.md, 4.9)."""
    end = slot + timedelta(minutes=grace)
    if rule["allow_night"]:
        return end
    return min(end, max(slot, wall(slot.astimezone(zone).date(), "20:00", zone)))


def merged(rule: dict[str, Any], under: dict[str, Any]) -> dict[str, Any]:
    """The keys of a rule (or of an arm) over others; months and days of one thing replace each other."""
    under = dict(under)
    for months, days in (("window_months", "window_days"), ("cooldown_months", "cooldown_days")):
        if rule.get(months) is not None:
            under[days] = None
        if rule.get(days) is not None:
            under[months] = None
    return {**under, **rule}


def lived(rule: dict[str, Any], customer: str, day: date) -> dict[str, Any]:
    """The rule with the keys of the customer's arm, inside the dates of its experiment (rules.md, 17)."""
    found = rule.get("experiment")
    if not found:
        return rule
    if found.get("starts") and day < date.fromisoformat(found["starts"]):
        return rule
    if found.get("ends") and day > date.fromisoformat(found["ends"]):
        return rule
    at = drawn("arm", found["name"], customer) * sum(arm.get("weight", 1) for arm in found["arm"])
    for arm in found["arm"]:
        at -= arm.get("weight", 1)
        if at < 0:
            return merged({key: value for key, value in arm.items() if key not in ("name", "weight")}, rule)
    raise AssertionError(found)
