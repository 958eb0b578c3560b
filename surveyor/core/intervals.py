"""How sure a figure is: the intervals and tests between counts and indicators (indicators.md, 5); pure arithmetic.

Proportions are 0..1 here and shares of 100 in the indicators; NPS bounds are points, -100..+100. Counts are
(promoters, passives, detractors). An interval covers sampling chance only, not those who did not answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, sqrt
from statistics import NormalDist
from typing import NamedTuple

NORMAL = NormalDist()
CONFIDENCE = 0.95
POWER = 0.80
FALSE_DISCOVERIES = 0.10

NpsCounts = tuple[float, float, float]
Bounds = tuple[float, float]


@lru_cache(maxsize=64)
def z_quantile(confidence: float = CONFIDENCE) -> float:
    """Two-sided normal quantile: 1.959964 at 0.95, 1.644854 at 0.90. confidence in (0, 1)."""
    return NORMAL.inv_cdf((1 + confidence) / 2)


def two_sided_p(z: float) -> float:
    """How often chance alone gives a z this far from 0."""
    return 2 * (1 - NORMAL.cdf(abs(z)))


def t_quantile(df: float, confidence: float = CONFIDENCE) -> float:
    """Student's quantile by the Cornish-Fisher series, within 0.003 from df = 9 on. df >= 1."""
    z = z_quantile(confidence)
    return (
        z
        + (z**3 + z) / (4 * df)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3)
    )


def raw_nps(counts: NpsCounts) -> float:
    """100 * (P - D) / n, in points. Raises ZeroDivisionError without answers: ask for n first."""
    promoters, passives, detractors = counts
    return 100 * (promoters - detractors) / (promoters + passives + detractors)


class AdjustedNps(NamedTuple):
    """Rocks' adjusted Wald terms: 0.75 / 1.5 / 0.75 pseudo-answers; mean is a proportion, n counts the pseudo ones."""

    mean: float
    variance: float
    n: float

    @staticmethod
    def of(counts: NpsCounts) -> AdjustedNps:
        """The terms for any counts, none included."""
        promoters, passives, detractors = counts[0] + 0.75, counts[1] + 1.5, counts[2] + 0.75
        n = promoters + passives + detractors
        mean = (promoters - detractors) / n
        return AdjustedNps(mean, (promoters + detractors) / n - mean**2, n)

    @property
    def error(self) -> float:
        """Standard error squared, as a proportion."""
        return self.variance / self.n


def nps_interval(counts: NpsCounts, confidence: float = CONFIDENCE) -> Bounds:
    """CI-NPS in points: adjusted Wald, clipped to -100..100 and widened to hold the raw NPS when there is one."""
    mean, variance, n = AdjustedNps.of(counts)
    half = z_quantile(confidence) * sqrt(variance / n)
    low, high = max(-100.0, 100 * (mean - half)), min(100.0, 100 * (mean + half))
    if sum(counts) == 0:
        return low, high
    raw = raw_nps(counts)
    return min(low, raw), max(high, raw)


@dataclass(frozen=True, slots=True)
class NpsChange:
    """CI-DIFF-NPS in points: `delta` is the raw change, which is shown; the interval is centred on the adjusted one."""

    delta: float
    adjusted_delta: float
    ci_low: float
    ci_high: float
    z: float
    p: float


@lru_cache(maxsize=64)  # a report asks of one change in its subject, its first sentence and its advice
def nps_difference(now: NpsCounts, before: NpsCounts, confidence: float = CONFIDENCE) -> NpsChange:
    """Two independent NPS compared; both need at least one answer."""
    one, other = AdjustedNps.of(now), AdjustedNps.of(before)
    gap, error = one.mean - other.mean, sqrt(one.error + other.error)
    half = z_quantile(confidence) * error
    return NpsChange(
        delta=raw_nps(now) - raw_nps(before),
        adjusted_delta=100 * gap,
        ci_low=100 * (gap - half),
        ci_high=100 * (gap + half),
        z=gap / error,
        p=two_sided_p(gap / error),
    )


def wilson(count: float, total: float, confidence: float = CONFIDENCE) -> Bounds | None:
    """CI-PROP: Wilson's bounds of count/total as proportions, None when total is 0. 0 <= count <= total."""
    if total <= 0:
        return None
    z, p = z_quantile(confidence), count / total
    scale = 1 + z**2 / total
    center = (p + z**2 / (2 * total)) / scale
    half = z * sqrt(p * (1 - p) / total + z**2 / (4 * total**2)) / scale
    low = 0.0 if count == 0 else max(0.0, center - half)
    high = 1.0 if count == total else min(1.0, center + half)
    return low, high


def newcombe(one: tuple[float, float], other: tuple[float, float], confidence: float = CONFIDENCE) -> Bounds | None:
    """CI-DIFF-PROP: bounds of the difference of two shares (count, total), None when a total is 0."""
    bounds1, bounds2 = wilson(*one, confidence), wilson(*other, confidence)
    if bounds1 is None or bounds2 is None:
        return None
    p1, p2 = one[0] / one[1], other[0] / other[1]
    down = sqrt((p1 - bounds1[0]) ** 2 + (bounds2[1] - p2) ** 2)
    up = sqrt((bounds1[1] - p1) ** 2 + (p2 - bounds2[0]) ** 2)
    return p1 - p2 - down, p1 - p2 + up


def katz(one: tuple[float, float], other: tuple[float, float], confidence: float = CONFIDENCE) -> Bounds | None:
    """CI-RATIO: bounds of (k1/n1)/(k2/n2), None as soon as a count is 0."""
    (k1, n1), (k2, n2) = one, other
    if not (k1 and k2):
        return None
    ratio = (k1 / n1) / (k2 / n2)
    spread = z_quantile(confidence) * sqrt(1 / k1 - 1 / n1 + 1 / k2 - 1 / n2)
    return ratio * exp(-spread), ratio * exp(spread)


def two_proportions(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """z-PROP: pooled z and its two-sided p for two shares (count, total); all, nothing or nobody: (0, 1)."""
    (k1, n1), (k2, n2) = one, other
    if not (n1 and n2):
        return 0.0, 1.0
    pooled = (k1 + k2) / (n1 + n2)
    if pooled in (0, 1):
        return 0.0, 1.0
    z = (k1 / n1 - k2 / n2) / sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return z, two_sided_p(z)


@dataclass(frozen=True, slots=True)
class Mean:
    """CI-MEAN of values held as a histogram, in the units of its scale; sd is the sample's (n - 1)."""

    value: float
    n: int
    sd: float
    ci_low: float
    ci_high: float


def mean_interval(
    histogram: Mapping[int, int],
    scale: Bounds | None = None,
    confidence: float = CONFIDENCE,
    *,
    answers: int | None = None,
) -> Mean | None:
    """Mean with Student's interval, clipped to `scale` and widened to hold the mean; None under 2 answers.

    answers: how many the interval counts, where fewer people gave them all; at least 1.
    """
    n = sum(histogram.values())
    if n < 2:
        return None
    mean = sum(value * count for value, count in histogram.items()) / n
    sd = sqrt(sum(count * (value - mean) ** 2 for value, count in histogram.items()) / (n - 1))
    counted = max(2, n if answers is None else answers)
    half = t_quantile(counted - 1, confidence) * sd / sqrt(counted)
    low, high = mean - half, mean + half
    if scale is not None:
        low, high = max(low, scale[0]), min(high, scale[1])
    return Mean(mean, n, sd, low, high)


def shrunk_interval(adjusted: float, *, s2: float, weight: float, confidence: float = CONFIDENCE) -> Bounds:
    """CI-EB in points around an adjusted score; s2 a variance of proportions, weight = n + K, clipped to -100..100."""
    half = 100 * z_quantile(confidence) * sqrt(s2 / weight)
    return max(-100.0, adjusted - half), min(100.0, adjusted + half)


def expected_responses(
    groups: Sequence[tuple[float, float, float]], *, factor: float = 1.0, confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """CI-PRED: value, low, high of the answers to come; a group is (deliveries, past responses, past deliveries).

    Beta(r + 1/2, d - r + 1/2) in each group, r = factor * past responses; groups add; floor 0.
    """
    mean = variance = 0.0
    for deliveries, responses, past in groups:
        a, b = factor * responses + 0.5, past - factor * responses + 0.5
        p, spread = a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))
        mean += deliveries * p
        variance += deliveries * p * (1 - p) - deliveries * spread + deliveries**2 * spread
    half = z_quantile(confidence) * sqrt(variance)
    return mean, max(0.0, mean - half), mean + half


def benjamini_hochberg(p_values: Mapping[str, float], q: float = FALSE_DISCOVERIES) -> list[str]:
    """BH: the names kept when many tests are read at once, smallest p first, then by name."""
    ranked = sorted(p_values.items(), key=lambda item: (item[1], item[0]))
    kept = max((rank for rank, (_, p) in enumerate(ranked, 1) if p <= q * rank / len(ranked)), default=0)
    return [name for name, _ in ranked[:kept]]


def nps_variance(promoters_share: float, detractors_share: float) -> float:
    """Variance of one answer (+1, 0, -1) for a mix given as proportions."""
    return promoters_share + detractors_share - (promoters_share - detractors_share) ** 2


def sample_size_margin(variance: float, margin: float) -> int:
    """Answers needed for a margin of ± `margin` points at 95 %."""
    return ceil(variance * z_quantile() ** 2 / (margin / 100) ** 2 - 3)


def sample_size_change(variance: float, change: float) -> int:
    """Answers needed per period to see a change of `change` points with 80 % power."""
    both = z_quantile() + NORMAL.inv_cdf(POWER)
    return ceil(2 * variance * both**2 / (change / 100) ** 2 - 3)


def smallest_significant_gap(variance: float, n: float) -> float:
    """Smallest gap in points that can be significant with n answers on each side."""
    return 100 * z_quantile() * sqrt(2 * variance / (n + 3))


def sample_size_rates(rate1: float, rate2: float) -> int:
    """Deliveries needed in each arm to tell two rates (0..1) apart with 80 % power."""
    both = z_quantile() + NORMAL.inv_cdf(POWER)
    return ceil(both**2 * (rate1 * (1 - rate1) + rate2 * (1 - rate2)) / (rate1 - rate2) ** 2)


def cluster_effect(per_store: float, icc: float) -> float:
    """What an effective size is divided by when whole stores are drawn: 1 + (m - 1) * intra-store correlation."""
    return 1 + (per_store - 1) * icc
