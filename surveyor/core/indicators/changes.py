"""SUR-12 and the decision rules: what may be said of a change, a gap or a goal (indicators.md, 1.5, 7 and 19.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveyor.core import intervals
from surveyor.core.badges import LOW_UNDER
from surveyor.core.indicators.measures import Counts

#: p under which a change is significant; a weekly email is read 52 times a year, hence the smaller one.
SIGNIFICANT = {"month": 0.05, "week": 0.01}
SMALLEST_CHANGE = 5
RATE_BASE = 200
Z_ALERT, Z_INFORMATION = 3, 2
P_ABOVE, P_BELOW = 0.95, 0.05


class Verdict(StrEnum):
    """The only words for a comparison."""

    UP = "up"
    DOWN = "down"
    STABLE = "stable"
    NONE = "none"
    ABOVE = "above"
    AVERAGE = "average"
    BELOW = "below"
    NOT_RANKED = "not_ranked"

    def words(self, language: str) -> str:
        """The verdict as a reader sees it, "fr" or English."""
        return WORDS[self][0 if language == "fr" else 1]

    @property
    def arrow(self) -> str | None:
        """ "up" or "down" for a significant change, else None: no arrow is drawn."""
        return str(self) if self in (Verdict.UP, Verdict.DOWN) else None


WORDS: dict[Verdict, tuple[str, str]] = {
    Verdict.UP: ("en hausse significative", "significantly up"),
    Verdict.DOWN: ("en baisse significative", "significantly down"),
    Verdict.STABLE: ("stable (écart non significatif)", "stable (not significant)"),
    Verdict.NONE: ("pas de conclusion possible", "no conclusion possible"),
    Verdict.ABOVE: ("au-dessus de ses pairs", "above its peers"),
    Verdict.AVERAGE: ("dans la moyenne de ses pairs", "in line with its peers"),
    Verdict.BELOW: ("en dessous de ses pairs", "below its peers"),
    Verdict.NOT_RANKED: ("non classé", "not ranked"),
}


class Goal(StrEnum):
    """Whether an objective is reached: the whole interval decides."""

    REACHED = "reached"
    MISSED = "missed"
    OPEN = "open"

    def words(self, language: str) -> str:
        """ "atteint", "manqué", "pas encore tranché" and their English."""
        return GOAL_WORDS[self][0 if language == "fr" else 1]


GOAL_WORDS = {
    Goal.REACHED: ("atteint", "reached"),
    Goal.MISSED: ("manqué", "missed"),
    Goal.OPEN: ("pas encore tranché", "not settled"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One unit in two periods; `numbers` is None when a side has no answer, `p` when it may not be tested."""

    verdict: Verdict
    numbers: intervals.NpsChange | None


def at_least_five_points(now: Counts, before: Counts) -> bool:
    """Whether the raw change is 5 points or more either way, on the counts themselves: 30 to 35 exactly counts."""
    n1, n2 = sum(now), sum(before)
    return 100 * abs((now[0] - now[2]) * n2 - (before[0] - before[2]) * n1) >= SMALLEST_CHANGE * n1 * n2


def _testable(now: Counts, before: Counts, same_questionnaire: bool) -> bool:
    return same_questionnaire and sum(now) >= LOW_UNDER and sum(before) >= LOW_UNDER


def change(now: Counts, before: Counts, *, cadence: str = "month", same_questionnaire: bool = True) -> Change:
    """D10 for one unit: an arrow only if p is small enough, 5 points or more, and both sides have 30 answers.

    cadence: "month" (p < 0.05) or "week" (p < 0.01). Raises KeyError for another word.
    """
    numbers = intervals.nps_difference(now, before) if sum(now) and sum(before) else None
    if numbers is None or not _testable(now, before, same_questionnaire):
        return Change(Verdict.NONE, numbers)
    if numbers.p < SIGNIFICANT[cadence] and at_least_five_points(now, before):
        return Change(Verdict.UP if numbers.delta > 0 else Verdict.DOWN, numbers)
    return Change(Verdict.STABLE, numbers)


def changes(
    units: Mapping[str, tuple[Counts, Counts]], *, cadence: str = "month", same_questionnaire: bool = True
) -> dict[str, Change]:
    """D10 for several units on one screen or email, as (now, before): an arrow must also survive BH at 10 %."""
    single = {
        name: change(now, before, cadence=cadence, same_questionnaire=same_questionnaire)
        for name, (now, before) in units.items()
    }
    family = {
        name: one.numbers.p for name, one in single.items() if one.verdict != Verdict.NONE and one.numbers is not None
    }
    kept = set(intervals.benjamini_hochberg(family)) if len(family) > 1 else set(family)
    return {
        name: Change(Verdict.STABLE, one.numbers) if one.verdict.arrow and name not in kept else one
        for name, one in single.items()
    }


def tier(n: int, p_above: float) -> Verdict:
    """A store among its peers: p_above is the probability (SUR-11) that it is over their mean; under 30, not ranked."""
    if n < LOW_UNDER:
        return Verdict.NOT_RANKED
    if p_above >= P_ABOVE:
        return Verdict.ABOVE
    return Verdict.BELOW if p_above <= P_BELOW else Verdict.AVERAGE


def rate_level(unit: tuple[int, int], rest: tuple[int, int]) -> tuple[float, str]:
    """z of a unit's rate (count, total) against the rest of the network, and "alert", "information" or "none"."""
    z, _ = intervals.two_proportions(unit, rest)
    if unit[1] < RATE_BASE or abs(z) < Z_INFORMATION:
        return z, "none"
    return z, "alert" if abs(z) >= Z_ALERT else "information"


def goal(ci_low: float | None, ci_high: float | None, *, n: int, target: float) -> Goal:
    """Reached when the whole interval is at or over the target, missed when it is all under; open with n < 30."""
    if n < LOW_UNDER or ci_low is None or ci_high is None:
        return Goal.OPEN
    if ci_low >= target:
        return Goal.REACHED
    return Goal.MISSED if ci_high < target else Goal.OPEN
