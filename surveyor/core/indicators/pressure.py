"""SOL-15, 18 and 19: how often the same people are written to, how fast they answer, and whether they tire of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveyor.core import intervals

MANY_EMAILS = 4
PROJECTED_FROM_SHARE = 0.6
PROJECTED_FROM_ANSWERS = 50


def median(values: Sequence[float]) -> float | None:
    """Mean of the two middle values; None of nothing."""
    ranked, n = sorted(values), len(values)
    return None if not n else (ranked[(n - 1) // 2] + ranked[n // 2]) / 2


def median_of_counts(counts: Mapping[int, int]) -> float | None:
    """The same of value -> how often."""
    n, passed = sum(counts.values()), 0
    middle: list[int] = []
    for value in sorted(counts):
        passed += counts[value]
        while len(middle) < 2 and passed > ((n - 1) // 2, n // 2)[len(middle)]:
            middle.append(value)
    return sum(middle) / 2 if n else None


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Nearest rank, `sorted[ceil(q * n) - 1]`; percent 1..100, None of nothing."""
    ranked, n = sorted(values), len(values)
    return ranked[-(-percent * n // 100) - 1] if n else None


@dataclass(frozen=True, slots=True)
class Pressure:
    """Emails of a contacted customer in a year: mean, 95th percentile, most, and percent of them with more than 4."""

    value: float
    p95: float
    most: int
    share_over_4: float
    customers: int


def pressure(sent_by_customer: Sequence[int]) -> Pressure | None:
    """SOL-15 from emails sent to each customer in 365 days; those without any were not contacted. None: nobody was."""
    contacted = [emails for emails in sent_by_customer if emails > 0]
    p95 = percentile(contacted, 95)
    if p95 is None:
        return None
    over = sum(emails > MANY_EMAILS for emails in contacted)
    n = len(contacted)
    return Pressure(sum(contacted) / n, p95, max(contacted), 100 * over / n, n)


def projection(observed: int, completeness: float) -> float | None:
    """SOL-18: answers a young cohort will have; completeness F(age) 0..1. None before 60 % or 50 answers."""
    if completeness < PROJECTED_FROM_SHARE or observed < PROJECTED_FROM_ANSWERS:
        return None
    return observed / completeness


@dataclass(frozen=True, slots=True)
class Fatigue:
    """Response rate at the 4th email minus at the 1st, same customers, in points of percent with CI-DIFF-PROP."""

    value: float
    ci_low: float
    ci_high: float

    @property
    def visible(self) -> bool:
        """True when the whole interval is under 0."""
        return self.ci_high < 0


def fatigue(customers: int, *, responded_first: int, responded_fourth: int) -> Fatigue | None:
    """SOL-19 for customers who had at least 4 emails; None without any."""
    bounds = intervals.newcombe((responded_fourth, customers), (responded_first, customers))
    if bounds is None:
        return None
    return Fatigue(100 * (responded_fourth - responded_first) / customers, 100 * bounds[0], 100 * bounds[1])
