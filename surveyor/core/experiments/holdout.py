"""Does asking change what people do? Those held out beside those asked, by whether and when they order again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from surveyor.core import intervals
from surveyor.core.experiments.results import Difference

#: How many days after the order decided upon another one counts.
WITHIN = 60
#: People on a side under which nothing is compared.
LEAST = 30


@dataclass(frozen=True, slots=True)
class Group:
    """people: customers by the month of their first decision, "2026-11"; days: of those who ordered again within
    `WITHIN` days, how many after how many days.
    """

    people: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Customers."""
        return sum(self.people.values())

    @property
    def again(self) -> int:
        """Those who ordered again."""
        return sum(self.days.values())


@dataclass(frozen=True, slots=True)
class Effect:
    """Asked minus held out: points of the share who ordered again (CI-DIFF-PROP), and days to the next order (Welch).

    None where a side has too few people.
    """

    reorders: Difference | None
    days: Difference | None

    @property
    def established(self) -> bool:
        """Whether the share surely differs: its whole interval is on one side of 0."""
        return self.reorders is not None and not self.reorders.ci_low <= 0 <= self.reorders.ci_high


def effect(asked: Group, held: Group) -> Effect:
    """What asking changes, as far as these two groups tell. Both are of the same months (rules.md, 17)."""
    if min(asked.n, held.n) < LEAST:
        return Effect(None, None)
    bounds = intervals.newcombe((asked.again, asked.n), (held.again, held.n))
    assert bounds is not None
    gap = asked.again / asked.n - held.again / held.n
    return Effect(Difference(100 * gap, 100 * bounds[0], 100 * bounds[1]), _days(asked, held))


def _days(asked: Group, held: Group) -> Difference | None:
    """The difference of the mean delays with Welch's interval, at the normal quantile: both sides have 30 or more."""
    one, other = intervals.mean_interval(asked.days), intervals.mean_interval(held.days)
    if one is None or other is None or min(one.n, other.n) < LEAST:
        return None
    half = intervals.z_quantile() * sqrt(one.sd**2 / one.n + other.sd**2 / other.n)
    gap = one.value - other.value
    return Difference(gap, gap - half, gap + half)
