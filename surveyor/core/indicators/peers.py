"""SUR-11: the score of a store drawn towards its peers, so that five happy customers do not make a champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from surveyor.core import intervals
from surveyor.core.indicators.changes import Verdict, tier
from surveyor.core.indicators.measures import Counts

K_DEFAULT, K_LOW, K_HIGH = 50.0, 10.0, 500.0
ENOUGH_STORES = 5
SMALLEST_VARIANCE = 0.01
#: How many of equal stores stay inside: z = 1.96 and 3.09.
FUNNEL_LIMITS = {"95": 0.95, "99.8": 0.998}


@dataclass(frozen=True, slots=True)
class AdjustedStore:
    """One store: raw and adjusted NPS in points with CI-EB, probability of being over the peers' mean, and its tier."""

    n: int
    raw: float
    value: float
    ci_low: float
    ci_high: float
    p_above: float
    tier: Verdict


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """A group of stores: K answers of the peers' mean are added to each.

    how: `estimated`, `default` (fewer than 5 stores) or `no_difference` (nothing tells the stores apart).
    s2, tau2: variances within and between stores, in proportions. peer_mean, pooled: points.
    """

    k: float
    how: str
    s2: float
    tau2: float
    peer_mean: float
    pooled: float
    stores: Mapping[str, AdjustedStore]

    @property
    def order(self) -> list[str]:
        """Names from the highest adjusted score down; equal scores by name. For drawing, never a rank."""
        return sorted(self.stores, key=lambda name: (-self.stores[name].value, name))


def _pool(stores: Sequence[Counts]) -> Counts:
    return sum(s[0] for s in stores), sum(s[1] for s in stores), sum(s[2] for s in stores)


def _mean(counts: Counts) -> float:
    return (counts[0] - counts[2]) / sum(counts)


def _variance(counts: Counts) -> float:
    n = sum(counts)
    return intervals.nps_variance(counts[0] / n, counts[2] / n)


def _within(stores: Sequence[Counts]) -> float:
    """s2: variance of one answer inside a store, pooled over the stores."""
    total = sum(sum(counts) for counts in stores)
    if total == len(stores):
        return max(SMALLEST_VARIANCE, intervals.AdjustedNps.of(_pool(stores)).variance)
    spread = sum(sum(counts) * _variance(counts) for counts in stores)
    return max(SMALLEST_VARIANCE, spread / (total - len(stores)))


def _between(stores: Sequence[Counts], s2: float) -> float:
    """tau2 of DerSimonian and Laird: variance of the stores' own means beyond what sampling explains."""
    pooled, weights = _mean(_pool(stores)), [sum(counts) / s2 for counts in stores]
    total = sum(weights)
    scale = total - sum(w * w for w in weights) / total
    if scale <= 0:
        return 0.0
    q = sum(w * (_mean(counts) - pooled) ** 2 for w, counts in zip(weights, stores, strict=True))
    return max(0.0, (q - (len(stores) - 1)) / scale)


def adjusted_nps(stores: Mapping[str, Counts]) -> PeerGroup | None:
    """Adjusted scores of a peer group, the store included; stores without answer are left out, None when all are.

    adjusted = (n * own + K * peer mean) / (n + K); formula source: indicators.md, SUR-11.
    """
    answered = {name: counts for name, counts in stores.items() if sum(counts)}
    if not answered:
        return None
    rows = list(answered.values())
    s2 = _within(rows)
    tau2 = _between(rows, s2)
    k, how = _answers_added(len(rows), s2, tau2)
    weights = [sum(counts) / (sum(counts) + k) for counts in rows]
    peer = sum(w * _mean(counts) for w, counts in zip(weights, rows, strict=True)) / sum(weights)
    scores = {name: _adjust(counts, peer, k=k, s2=s2) for name, counts in answered.items()}
    return PeerGroup(k, how, s2, tau2, 100 * peer, 100 * _mean(_pool(rows)), scores)


def _answers_added(stores: int, s2: float, tau2: float) -> tuple[float, str]:
    if stores < ENOUGH_STORES:
        return K_DEFAULT, "default"
    if tau2 == 0:
        return K_HIGH, "no_difference"
    return min(K_HIGH, max(K_LOW, s2 / tau2)), "estimated"


def _adjust(counts: Counts, peer: float, *, k: float, s2: float) -> AdjustedStore:
    n = sum(counts)
    value = (n * _mean(counts) + k * peer) / (n + k)
    low, high = intervals.shrunk_interval(100 * value, s2=s2, weight=n + k)
    p_above = intervals.NORMAL.cdf((value - peer) / sqrt(s2 / (n + k)))
    return AdjustedStore(n, 100 * _mean(counts), 100 * value, low, high, p_above, tier(n, p_above))


def funnel_plot(
    stores: Mapping[str, Counts], sizes: Sequence[int]
) -> tuple[float, dict[int, dict[str, tuple[float, float]]]]:
    """Centre (pooled NPS) and, for each size n, the limits that 95 % and 99.8 % of equal stores stay in; points.

    Raises:
        ZeroDivisionError: no answer at all, or a size of 0.
    """
    pooled = _pool(list(stores.values()))
    center, variance = 100 * _mean(pooled), _variance(pooled)

    def limits(n: int) -> dict[str, tuple[float, float]]:
        spread = 100 * sqrt(variance / n)
        halves = {name: spread * intervals.z_quantile(share) for name, share in FUNNEL_LIMITS.items()}
        return {name: (center - half, center + half) for name, half in halves.items()}

    return center, {n: limits(n) for n in sizes}
