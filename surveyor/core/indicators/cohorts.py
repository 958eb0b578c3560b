"""Weekly cohorts of emails: what a young week has answered, and what it will have (indicators.md, SOL-18).

F(t): the share of final answers that were there at age t, in whole days, from weeks whose answers are all in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from surveyor.core import intervals
from surveyor.core.indicators.pressure import projection
from surveyor.core.periods import Period, provisional
from surveyor.core.tally import Tally

#: Complete weeks that say how answers come in, and how many of their answers it takes.
MATURE_WEEKS = 12
ENOUGH = 50


@dataclass(frozen=True, slots=True)
class Projected:
    """The response rate that a week will have, in percent, with the interval of what it has already, enlarged as it."""

    value: float
    ci_low: float
    ci_high: float
    answers: float


def is_mature(week: Period, today: date) -> bool:
    """Whether all answers to the emails of a week are in: 31 days after its last day."""
    return not provisional(week.last, dated_by="sent", today=today)


def share_by_age(ages: Mapping[int, int]) -> list[float] | None:
    """F(0), F(1)… from age in days -> final answers; None when there are too few to say. The last one is 1."""
    total = sum(ages.values())
    if total < ENOUGH:
        return None
    found, seen = [], 0
    for age in range(max(ages) + 1):
        seen += ages.get(age, 0)
        found.append(seen / total)
    return found


def completeness(shares: list[float], delivered: Mapping[date, int], today: date) -> float | None:
    """The share of its answers that a cohort has, 0..1: F at the age of each day's emails, weighted by the emails.

    The answers of a day that is not over count as if it were: what is projected is rather too low than too high.
    None for a cohort without a delivered email.
    """
    total = sum(delivered.values())
    if not total:
        return None

    def at(day: date) -> float:
        age = (today - day).days
        return 0.0 if age < 0 else shares[min(age, len(shares) - 1)]

    return sum(n * at(day) for day, n in delivered.items()) / total


def projected(tally: Tally, share: float | None) -> Projected | None:
    """What the response rate of a young cohort will be; None before 60 % of its answers or 50 of them are in."""
    if share is None or not tally.delivered:
        return None
    answers = projection(tally.responded, share)
    bounds = intervals.wilson(tally.responded, tally.delivered)
    if answers is None or bounds is None:
        return None

    def percent(number: float) -> float:
        return min(100.0, 100 * number / share)

    low, high = (percent(bound) for bound in bounds)
    return Projected(min(100.0, 100 * answers / tally.delivered), low, high, answers)
