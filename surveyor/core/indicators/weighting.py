"""SUR-10 and SOL-17: what the score would be if those who answered looked like those who buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from surveyor.core import intervals
from surveyor.core.badges import LOW_UNDER
from surveyor.core.indicators.measures import Counts

THIN_UNDER = 5
HEAVIEST = 5.0
WARNING_FROM = 3.0
SEGMENT_FROM = 100


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the customers: `eligible` people had a qualifying order in the period, `counts` are their answers."""

    name: str
    eligible: int
    counts: Counts
    region: str = ""

    @property
    def n(self) -> int:
        """Answers."""
        return sum(self.counts)

    @property
    def heard(self) -> float:
        """Answers per eligible customer; infinite without customers."""
        return self.n / self.eligible if self.eligible else inf

    def joined_by(self, other: Stratum) -> Stratum:
        """Both together, under this one's region."""
        promoters, passives, detractors = (a + b for a, b in zip(self.counts, other.counts, strict=True))
        name = f"{self.name}+{other.name}"
        return Stratum(name, self.eligible + other.eligible, (promoters, passives, detractors), self.region)


@dataclass(frozen=True, slots=True)
class WeightedNps:
    """Points; gap = value - unweighted, a warning from 3 points on. n_eff, deff: Kish. weights: shares by stratum."""

    value: float
    unweighted: float
    ci_low: float
    ci_high: float
    n: int
    n_eff: float
    deff: float
    weights: dict[str, float]

    @property
    def gap(self) -> float:
        """Weighted minus unweighted, in points."""
        return self.value - self.unweighted

    @property
    def warning(self) -> bool:
        """Whether the banner is due: those who answer are not those who buy."""
        return abs(self.gap) >= WARNING_FROM


def _target(thin: Stratum, others: Sequence[Stratum]) -> Stratum:
    near = [other for other in others if other.region == thin.region] or list(others)
    if not thin.eligible:
        return min(near, key=lambda other: (-other.eligible, other.name))
    return min(near, key=lambda other: (abs(other.heard - thin.heard), -other.eligible, other.name))


def merge_thin(strata: Sequence[Stratum]) -> list[Stratum]:
    """Strata of at least 5 answers and one customer: the thinnest joins its likest neighbour until none is thin."""
    kept = list(strata)
    while len(kept) > 1:
        thin = [one for one in kept if one.n < THIN_UNDER or not one.eligible]
        if not thin:
            break
        smallest = min(thin, key=lambda one: (one.n, one.name))
        kept.remove(smallest)
        target = _target(smallest, kept)
        kept[kept.index(target)] = target.joined_by(smallest)
    return kept


def _weights(strata: Sequence[Stratum]) -> list[float]:
    """Weight of one answer of each stratum, mean 1 over the answers, none over 5."""
    answers = [one.n for one in strata]
    n, eligible = sum(answers), sum([one.eligible for one in strata])
    weights = [(one.eligible / eligible) / (own / n) for own, one in zip(answers, strata, strict=True)]
    fixed: set[int] = set()
    while heavy := {i for i, weight in enumerate(weights) if weight > HEAVIEST and i not in fixed}:
        fixed |= heavy
        free = sum(weights[i] * own for i, own in enumerate(answers) if i not in fixed)
        left = n - HEAVIEST * sum(answers[i] for i in fixed)
        weights = [HEAVIEST if i in fixed else weight * left / free for i, weight in enumerate(weights)]
    return weights


def weighted_nps(strata: Sequence[Stratum]) -> WeightedNps | None:
    """NPS of all eligible customers; None (`not_measured`) with fewer than 2 strata left or 30 answers.

    Formula source: indicators.md, SUR-10.
    """
    kept, n = merge_thin(strata), sum([one.n for one in strata])
    if len(kept) < 2 or n < LOW_UNDER:
        return None
    weights, counts = _weights(kept), [one.counts for one in kept]
    answers = list(map(sum, counts))
    parts = [weight * own / n for weight, own in zip(weights, answers, strict=True)]
    value = sum([part * intervals.raw_nps(own) for part, own in zip(parts, counts, strict=True)])
    error = sum([part**2 * intervals.AdjustedNps.of(own).error for part, own in zip(parts, counts, strict=True)])
    half = 100 * intervals.z_quantile() * sqrt(error)
    n_eff = n**2 / sum([weight**2 * own for weight, own in zip(weights, answers, strict=True)])
    promoters, passives, detractors = map(sum, zip(*counts, strict=True))
    return WeightedNps(
        value=value,
        unweighted=intervals.raw_nps((promoters, passives, detractors)),
        ci_low=max(-100.0, value - half),
        ci_high=min(100.0, value + half),
        n=n,
        n_eff=n_eff,
        deff=n / n_eff,
        weights={one.name: part for one, part in zip(kept, parts, strict=True)},
    )


def nonresponse_sensitivity(nps: float, response_rate: float, gaps: Sequence[float]) -> list[float]:
    """NPS of all asked if the silent were `gap` points lower, for each gap: an assumption, not a measure. Rate 0..1."""
    return [response_rate * nps + (1 - response_rate) * (nps - gap) for gap in gaps]


def large_enough(segments: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The (responded, sent) that SOL-17 compares: segments under 100 sent are one, left out if it is still under."""
    large = [(responded, sent) for responded, sent in segments if sent >= SEGMENT_FROM]
    small = [(responded, sent) for responded, sent in segments if sent < SEGMENT_FROM]
    pooled = (sum(responded for responded, _ in small), sum(sent for _, sent in small))
    return [*large, pooled] if pooled[1] >= SEGMENT_FROM else large


def r_indicator(segments: Sequence[tuple[int, int]]) -> float | None:
    """SOL-17, 0..1: 1 - 2 * spread of the response rates; segments are (responded, sent).

    Segments under 100 sent are pooled, and left out if still under; None with fewer than 2.
    """
    kept = large_enough(segments)
    if len(kept) < 2:
        return None
    total = sum(sent for _, sent in kept)
    mean = sum(responded for responded, _ in kept) / total
    spread = sum(sent * (responded / sent - mean) ** 2 for responded, sent in kept) / total
    return 1 - 2 * sqrt(spread)
