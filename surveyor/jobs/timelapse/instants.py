"""A clock set by hand, and the instants that it must stop at: between two of them nothing new can become due."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from surveyor.core.calendar import local_day, minute_of_day, wall_clock
from surveyor.core.rules import RuleSet

MIDNIGHT = 0
#: With so many days between an order and its email, no decision depends on the day on which it is made.
LOOKS_AHEAD = 2


class VirtualClock:
    """The clock of a timelapse: services are built with it as their `now`; it only goes forward."""

    def __init__(self, start: datetime) -> None:
        self.instant = start

    def __call__(self) -> datetime:
        return self.instant

    def go(self, instant: datetime) -> datetime:
        """Go to an aware instant; one that is past changes nothing."""
        self.instant = max(self.instant, instant)
        return self.instant


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Slots of the rules, and midnights where a decision looks at its own day, in every zone. minutes: of the day."""

    minutes: tuple[int, ...]
    zones: tuple[str, ...]

    @classmethod
    def of(cls, rules: RuleSet, zones: Iterable[str]) -> Boundaries:
        """The boundaries of these rules for stores in these zones."""
        times = {minute_of_day(rule.send_time) for rule in rules.rules}
        if any(rule.delay_days < LOOKS_AHEAD for rule in rules.rules) or not times:
            times.add(MIDNIGHT)
        return cls(tuple(sorted(times)), tuple(sorted(set(zones))))

    def after(self, instant: datetime) -> datetime:
        """The first one that comes after an instant."""
        return min(self._of(zone, minute, instant) for zone in self.zones for minute in self.minutes)

    def with_zones(self, zones: Collection[str]) -> Boundaries:
        """The same for more zones."""
        return self if set(zones) <= set(self.zones) else Boundaries(self.minutes, tuple({*self.zones, *zones}))

    def _of(self, zone: str, minute: int, instant: datetime) -> datetime:
        today = local_day(instant - timedelta(days=1), zone)
        return next(at for day in range(today, today + 4) if (at := wall_clock(day, minute, zone)) > instant)
