"""Local dates and sending slots between an order's instant and its email; the zone is always an argument.

A *day* is a proleptic ordinal (`date.toordinal()`, 1 = 1 Jan of year 1): comparing and adding them is comparing and
adding whole numbers. A *zone* is an IANA name ("Europe/Paris") or a fixed offset ("+01:00"). Instants: aware, UTC.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEKDAYS: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Quiet hours: no invitation leaves after this minute of the store's day, 20:00 (rules.md, 4.9).
LAST_MINUTE = 20 * 60
DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_MOST_DAYS, _MOST_ZONES = 65536, 4096


@lru_cache(maxsize=4096)
def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name or of a written offset ("+04:00", "-0330", "Z", "" for UTC).

    Raises KeyError (ZoneInfoNotFoundError) or ValueError when there is no such zone.
    """
    if name in ("", "Z", "UTC"):
        return UTC
    if name[0] in "+-":
        digits = name[1:].replace(":", "")
        minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
        return timezone(timedelta(minutes=minutes if name[0] == "+" else -minutes))
    return ZoneInfo(name)


def offset_name(minutes: int) -> str:
    """The zone that a written offset names: 60 -> "+01:00"."""
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def day_at(instant: datetime, zone: str) -> int:
    """The day on which `instant` falls in `zone`; for one that is asked about once, as that of an order."""
    day = instant.toordinal()
    minutes = _OFFSETS[zone][day] if instant.tzinfo is UTC else None
    if minutes is None:
        return instant.astimezone(zone_of(zone)).toordinal()
    return day + (instant.hour * 60 + instant.minute + minutes) // DAY_MINUTES if minutes else day


#: The same, remembered: for an instant that is asked about again, as that of an email. An instant is slow to hash.
local_day = lru_cache(maxsize=65536)(day_at)


def _steady_offset(day: int, zone: str) -> int | None:
    """Minutes east of UTC in `zone` during the whole day `day` of UTC; None when that changes or is no whole minute."""
    found, start = zone_of(zone), datetime.combine(date.fromordinal(day), time(), UTC)
    first, last = (at.astimezone(found).utcoffset() for at in (start, start + timedelta(days=1, microseconds=-1)))
    return None if first is None or first != last or first % _MINUTE else first // _MINUTE


class _Days(dict[int, int | None]):
    """The steady offset of a zone by day, each found when it is first asked for."""

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def __missing__(self, day: int) -> int | None:
        if len(self) >= _MOST_DAYS:
            self.clear()
        found = self[day] = _steady_offset(day, self.zone)
        return found


class _Zones(dict[str, _Days]):
    """The days of each zone. Asking two dictionaries is a third of what a remembered call costs."""

    def __missing__(self, zone: str) -> _Days:
        if len(self) >= _MOST_ZONES:
            self.clear()
        found = self[zone] = _Days(zone)
        return found


_OFFSETS = _Zones()


@lru_cache(maxsize=65536)
def add_months(day: int, months: int) -> int:
    """`day` plus calendar months (negative: minus), clamped to the month's end: 31 Dec + 2 = 28 or 29 Feb."""
    d = date.fromordinal(day)
    year, month = divmod(d.year * 12 + d.month - 1 + months, 12)
    return date(year, month + 1, min(d.day, monthrange(year, month + 1)[1])).toordinal()


@lru_cache(maxsize=1024)
def _waits(send_days: tuple[str, ...]) -> tuple[int, ...]:
    """For each weekday, how many days until the next send day (0: it is one)."""
    allowed = {WEEKDAYS.index(name) for name in send_days}
    return tuple(next(n for n in range(7) if (weekday + n) % 7 in allowed) for weekday in range(7))


def send_day(day: int, send_days: tuple[str, ...]) -> int:
    """The first send day on or after `day`. `send_days`: names of WEEKDAYS, at least one."""
    return day + _waits(send_days)[(day - 1) % 7]


@lru_cache(maxsize=1024)
def minute_of_day(clock: str) -> int:
    """ "10:30" -> 630."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=65536)
def wall_clock(day: int, minute: int, zone: str) -> datetime:
    """The UTC instant at which clocks of `zone` show `minute` of `day`.

    A local time that exists twice (autumn) is the first; one that does not exist (spring) becomes the first that does.
    """
    local = datetime.combine(date.fromordinal(day), time(minute // 60, minute % 60), zone_of(zone))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _end_of_gap(local)


def _end_of_gap(local: datetime) -> datetime:
    """The instant at which clocks jump over `local`: the offset before it, then bisected to the minute."""
    zone = local.tzinfo
    # fold=0 reads a missing time with the offset before the jump, fold=1 with the one after: the jump is between.
    low, high = local.replace(fold=1).astimezone(UTC), local.replace(fold=0).astimezone(UTC)
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=65536)
def first_slot_on_or_after(day: int, clock: str, send_days: tuple[str, ...], zone: str) -> tuple[int, datetime]:
    """The first send day on or after `day`, and its instant at the wall clock `clock`."""
    found = send_day(day, send_days)
    return found, wall_clock(found, minute_of_day(clock), zone)


@lru_cache(maxsize=65536)
def planned_slot(day: int, clock: str, send_days: tuple[str, ...], zone: str) -> tuple[int, datetime, int]:
    """The same, with the local day of that instant: the send day, or the one after when clocks jump over midnight."""
    found, slot = first_slot_on_or_after(day, clock, send_days, zone)
    return found, slot, local_day(slot, zone)


def first_slot(day: int, *, clock: str, send_days: tuple[str, ...], zone: str, not_before: datetime) -> datetime:
    """The slot of the first send day from `day` on; when that is before `not_before`, the first that is not."""
    day, slot = first_slot_on_or_after(day, clock, send_days, zone)
    if slot >= not_before:
        return slot
    day, slot = first_slot_on_or_after(max(day + 1, local_day(not_before, zone)), clock, send_days, zone)
    return slot if slot >= not_before else first_slot_on_or_after(day + 1, clock, send_days, zone)[1]


def instant_of(seconds: int) -> datetime:
    """Seconds since 1970 in UTC as an instant."""
    return _EPOCH + timedelta(seconds=seconds)


@lru_cache(maxsize=8192)
def iso_day(day: int | None) -> str | None:
    """A day as "2026-03-14", None as None."""
    return None if day is None else date.fromordinal(day).isoformat()
