"""Local days and slots of many instants at once; what is not plain is asked of `core/calendar`, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from surveyor.core.calendar import add_months, day_at, minute_of_day, send_day, wall_clock, zone_of
from surveyor.core.rules import Rule
from surveyor.vector.orders import instant, micros

MINUTE = 60 * 1_000_000
DAY = 24 * 60 * MINUTE
#: The day of 1 January 1970.
EPOCH_DAY = 719163
#: Minutes east of UTC on a day on which they change: asked one by one.
_UNSTEADY = 1 << 20


class Clock:
    """The days from `first` to `last` (ordinals) in some zones. A day outside them is a defect: IndexError."""

    def __init__(self, zones: Sequence[str], first: int, last: int) -> None:
        self.zones, self.first, self.days = list(zones), first, last - first + 1
        self._offsets = np.array([self._steady(zone) for zone in zones], dtype=np.int64).reshape(-1, self.days)
        low, high = (int(end) for end in (self._offsets.min(initial=_UNSTEADY), self._offsets.max(initial=-_UNSTEADY)))
        #: The one offset of all zones and days, where there is one.
        self._fixed = low if low == high != _UNSTEADY else None

    def _steady(self, zone: str) -> Any:
        """Minutes east of UTC during each day of UTC."""
        found = zone_of(zone)
        fixed = found.utcoffset(None)
        if fixed is not None:
            minutes, rest = divmod(fixed.total_seconds(), 60)
            return np.full(self.days, _UNSTEADY if rest else minutes, dtype=np.int64)
        starts = ((self.first + n - EPOCH_DAY) * DAY for n in range(self.days + 1))
        seconds = np.array([_offset(found, at) for at in starts])
        steady = (seconds[:-1] == seconds[1:]) & (seconds[:-1] % 60 == 0)
        return np.where(steady, seconds[:-1] // 60, _UNSTEADY)

    def local_day(self, at: Any, zone: Any) -> Any:
        """The day on which each instant falls in its zone."""
        if self._fixed is not None:
            return (at + self._fixed * MINUTE) // DAY + EPOCH_DAY
        offset = self._offsets.take(zone * self.days + (at // DAY + (EPOCH_DAY - self.first)))
        found = (at + offset * MINUTE) // DAY + EPOCH_DAY
        for n in np.flatnonzero(offset == _UNSTEADY):
            found[n] = day_at(instant(at[n]), self.zones[zone[n]])
        return found

    def months(self, months: int) -> Any:
        """For each day, that day plus calendar months."""
        return np.array([add_months(self.first + n, months) for n in range(self.days)], dtype=np.int64)

    def slots(self, rule: Rule) -> Slots:
        """When this rule may send."""
        return Slots(self, rule)


class Slots:
    """The instants at which a rule sends, by zone and day, and the local day of each."""

    def __init__(self, clock: Clock, rule: Rule) -> None:
        self.clock, minute = clock, minute_of_day(rule.send_time)
        self._wait = np.array([send_day(d, rule.send_days) - d for d in range(7, 14)], dtype=np.int64)
        days: Any = np.arange(clock.days, dtype=np.int64)
        offsets = clock._offsets
        at = (days + clock.first - EPOCH_DAY) * DAY + minute * MINUTE - offsets * MINUTE
        # Plain when nothing changes on that day of UTC, the one before and the one after.
        plain = np.zeros(offsets.shape, dtype=bool)
        plain[:, 1:-1] = (offsets[:, 1:-1] == offsets[:, :-2]) & (offsets[:, 1:-1] == offsets[:, 2:])
        plain &= offsets != _UNSTEADY
        for z, d in zip(*np.nonzero(~plain), strict=True):
            at[z, d] = micros(wall_clock(clock.first + int(d), minute, clock.zones[z]))
        self.at = at
        self.day = np.zeros_like(at)
        inner = slice(2, clock.days - 2)  # the slot of a day falls on that day of UTC or beside it
        for z in range(len(clock.zones)):
            self.day[z, inner] = clock.local_day(at[z, inner], np.full(at[z, inner].shape, z))

    def first_from(self, day: Any) -> Any:
        """The first send day on or after each day."""
        return day + self._wait[day % 7] if self._wait.any() else day

    def planned(self, day: Any, zone: Any, now: Any) -> tuple[Any, Any, Any]:
        """For orders to be followed by an email from `day` on: due day, slot (not before `now`), its local day."""
        clock = self.clock
        due = self.first_from(day)
        place = due - clock.first if len(clock.zones) == 1 else zone * clock.days + (due - clock.first)
        at, on = self.at.take(place), self.day.take(place)
        late = np.flatnonzero(at < now)
        if late.size:
            zone, now = zone[late], now[late]
            later = self.first_from(np.maximum(due[late] + 1, clock.local_day(now, zone)))
            later = np.where(self.at[zone, later - clock.first] < now, self.first_from(later + 1), later)
            at[late], on[late] = self.at[zone, later - clock.first], self.day[zone, later - clock.first]
        return due, at, on


def _offset(zone: Any, at: int) -> int:
    offset = instant(at).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) if not offset.microseconds else 1
