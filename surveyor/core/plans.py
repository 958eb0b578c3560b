"""What is measured around an action plan: as many days before it as after, never a cause (indicators.md, 19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from surveyor.core.intervals import newcombe, wilson
from surveyor.core.periods import Period

#: Days on each side, at most; as few as have passed since the plan began.
MOST_DAYS = 56
#: Comments on both sides from which a difference is shown.
FEWEST = 30


@dataclass(frozen=True, slots=True)
class Windows:
    """The days before a plan and the days after it; as many of both."""

    before: Period
    after: Period


def windows(starts_on: date, today: date) -> Windows | None:
    """None until a first whole day has passed since the plan began. The first day of the plan is the first after."""
    days = min(MOST_DAYS, (today - starts_on).days)
    if days < 1:
        return None
    before = Period(starts_on - timedelta(days=days), starts_on - timedelta(days=1))
    return Windows(before, Period(starts_on, starts_on + timedelta(days=days - 1)))


@dataclass(frozen=True, slots=True)
class Change:
    """A share before and after, in percent with Wilson intervals, and the difference in points with Newcombe's.

    None: nothing to divide by; low, high: None under 30 comments on one side: no difference is said.
    """

    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def low_high(self) -> tuple[float, float] | None:
        """The interval of the difference in points."""
        if min(self.before[1], self.after[1]) < FEWEST:
            return None
        found = newcombe(self.after, self.before)
        return None if found is None else (100 * found[0], 100 * found[1])

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves out 0: a difference that chance alone seldom makes."""
        found = self.low_high
        return found is not None and (found[0] > 0 or found[1] < 0)


def share(side: tuple[int, int]) -> tuple[float, float, float] | None:
    """A side in percent with its interval; None without anything to divide by."""
    bounds = wilson(*side)
    return None if bounds is None else (100 * side[0] / side[1], 100 * bounds[0], 100 * bounds[1])
