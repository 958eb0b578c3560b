"""A figure before anybody asked for it: value, n, interval and badge from counts, between tally and envelope.

Four shapes serve the registry: `score` (answers), `mean`, `rate` (a share, sampled or counted) and `count`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from surveyor.core import intervals
from surveyor.core.badges import HIDDEN_UNDER, Status, badge, label
from surveyor.core.rounding import NOTHING, display_count, display_mean, display_nps, display_rate

LANGUAGES = ("fr", "en")
Counts = tuple[int, int, int]


class Said(NamedTuple):
    """A word of a figure's facts, in French and in English; the envelope keeps the one of its reader."""

    fr: str
    en: str

    def by(self, language: str) -> str:
        """In "fr", or anything else for English."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Measure:
    """value and bounds unrounded, in the indicator's unit; None when there is nothing that may be shown.

    n: answers of a score, denominator of a rate. shown: the display in French and English.
    facts: what else the figure says (count, shares, histogram, level), already None where the badge hides it.
    provisional: it may still move for another reason than the age of its period.
    """

    value: float | None
    n: int
    status: Status
    shown: tuple[str, str] = (NOTHING, NOTHING)
    ci_low: float | None = None
    ci_high: float | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    provisional: bool = False

    def display(self, language: str) -> str:
        """The figure as text, "fr" or anything else for English."""
        return self.shown[0 if language == "fr" else 1]


def in_both(say: Callable[[str], str]) -> tuple[str, str]:
    """A sentence or number said in French and in English."""
    return (say("fr"), say("en"))


def without_value(status: Status, n: int, facts: Mapping[str, object] | None = None) -> Measure:
    """A figure that is absent, hidden, not measured or inconsistent, with the words of its badge ("-" when absent)."""
    silent = status in (Status.NO_DATA, Status.ERROR)
    shown = (NOTHING, NOTHING) if silent else in_both(lambda language: label(status, n, language))
    return Measure(None, n, status, shown, facts=facts or {})


def independent(n: int, customers: int | None) -> int:
    """How many answers an interval counts: people, where each answered more than 1.2 times (indicators.md, 1.2)."""
    return customers if customers and 5 * n > 6 * customers else n


def nps(counts: Counts, customers: int | None = None) -> Measure:
    """SUR-01 from promoters, passives and detractors: points, CI-NPS; hidden under 10 answers.

    customers: distinct people behind the answers; beyond 1.2 answers each the interval (not the value) counts people.
    """
    n = sum(counts)
    status = badge(n)
    facts = {"n_interval": independent(n, customers)}
    found = nps_points(counts, customers)
    if found is None:
        return without_value(status, n, facts)
    text = display_nps(*counts)
    value, low, high = found
    return Measure(value, n, status, (text, text), low, high, facts)


def nps_points(counts: Counts, customers: int | None = None) -> tuple[float, float, float] | None:
    """Value and bounds of `nps` in points, for a chart that says nothing of them in words; None under 10 answers."""
    n = sum(counts)
    if n < HIDDEN_UNDER:
        return None
    people = independent(n, customers)
    promoters, passives, detractors = counts
    low, high = intervals.nps_interval((promoters * people / n, passives * people / n, detractors * people / n))
    return intervals.raw_nps(counts), low, high


def share(count: int, total: int, customers: int | None = None) -> tuple[float, float, float]:
    """Percent and Wilson bounds of count/total, of people where `customers` says so. total > 0."""
    each = independent(total, customers) / total
    bounds = intervals.wilson(count * each, total * each) or (0.0, 1.0)
    return 100 * count / total, 100 * bounds[0], 100 * bounds[1]


def rate(count: int, total: int, *, census: bool = False, customers: int | None = None) -> Measure:
    """A share in percent from its counts; sampled (Wilson, hidden under 10) or a census (no interval, always shown).

    customers: distinct people behind the answers that the total counts, as for the NPS.
    A numerator over its denominator is an error and is never shown.
    """
    facts = {"count": count}
    if count > total or count < 0:
        return without_value(Status.ERROR, total, facts)
    if total == 0:
        return without_value(Status.NO_DATA, total, facts)
    shown = in_both(lambda language: display_rate(count, total, language))
    if census:
        return Measure(100 * count / total, total, Status.COUNT, shown, facts=facts)
    if total < HIDDEN_UNDER:
        return Measure(None, total, Status.HIDDEN, shown, facts=facts)
    value, low, high = share(count, total, customers)
    return Measure(value, total, badge(total), shown, low, high, facts)


def mean(
    histogram: Mapping[int, int], scale: tuple[float, float] | None = None, customers: int | None = None
) -> Measure:
    """Mean of whole values with CI-MEAN, in the units of the scale; hidden under 10 answers, `sd` of the sample.

    customers: distinct people behind the values, as for the NPS.
    """
    n = sum(histogram.values())
    status = badge(n)
    found = intervals.mean_interval(histogram, scale, answers=independent(n, customers))
    if found is None or status in (Status.NO_DATA, Status.HIDDEN):
        return without_value(status, n, {"sd": None})
    total = sum(value * count for value, count in histogram.items())
    shown = in_both(lambda language: display_mean(total, n, language))
    return Measure(found.value, n, status, shown, found.ci_low, found.ci_high, {"sd": found.sd})


def count(number: int, **facts: object) -> Measure:
    """A census count: exact, no interval; its n is itself."""
    if number < 0:
        return without_value(Status.ERROR, number, facts)
    return Measure(number, number, Status.COUNT, in_both(lambda language: display_count(number, language)), facts=facts)


#: Nobody counted what it needs.
NOT_MEASURED = without_value(Status.NOT_MEASURED, 0)
#: What it needs is being counted while its page is shown.
COUNTING = without_value(Status.COUNTING, 0)


def without_interval(found: Measure) -> Measure:
    """The same figure before the people behind it are counted: without the interval, which counts them."""
    facts = dict(found.facts)
    parts = facts.get("shares")
    if isinstance(parts, Mapping):
        facts["shares"] = {name: {**part, "ci_low": None, "ci_high": None} for name, part in parts.items()}
    return replace(found, ci_low=None, ci_high=None, facts={**facts, "counting": found.value is not None})
