"""How sure a difference between two replays is: a paired bootstrap over customers, by groups, always the same draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import cos, log, pi, sqrt

DRAWS = 1000
SEED = 20260101
#: Above this variance a binomial is drawn from its normal limit, below exactly.
NORMAL_FROM = 200.0
_MASK = (1 << 64) - 1


def intervals(pairs: Counter[tuple[int, int]], *, draws: int = DRAWS) -> dict[str, dict[str, list[int]]]:
    """95 % percentile intervals of emails and of customers reached: `against`, `rules`, and their `difference`.

    `pairs`: how many customers have (emails of against, emails of rules). Customers with one pair are one weighted
    group, so that a draw of n customers is one multinomial draw. Fixed seed: the same pairs give the same intervals.
    """
    names = ("emails", "customers_reached")
    found: dict[str, dict[str, list[int]]] = {name: {"against": [], "rules": [], "difference": []} for name in names}
    groups, uniform = sorted(pairs.items()), _uniform(SEED)
    for _ in range(draws if groups else 0):
        emails, reached = [0, 0], [0, 0]
        for (pair, _), times in zip(groups, _multinomial([n for _, n in groups], uniform), strict=True):
            for side, count in enumerate(pair):
                emails[side] += times * count
                reached[side] += times if count else 0
        for name, (before, now) in zip(names, (emails, reached), strict=True):
            for key, value in (("against", before), ("rules", now), ("difference", now - before)):
                found[name][key].append(value)
    return {name: {key: _percentiles(values) for key, values in sides.items()} for name, sides in found.items()}


def _percentiles(values: list[int]) -> list[int]:
    """The 2.5th and 97.5th percentiles, by rank."""
    values.sort()
    n = len(values)
    return [values[(25 * n + 999) // 1000 - 1], values[(975 * n + 999) // 1000 - 1]] if n else []


def _multinomial(weights: list[int], uniform: Iterator[float]) -> list[int]:
    """How often each group is drawn in sum(weights) draws with replacement: one binomial after another."""
    left, weight_left = sum(weights), sum(weights)
    drawn = []
    for weight in weights:
        times = left if weight >= weight_left else _binomial(left, weight / weight_left, uniform)
        drawn.append(times)
        left, weight_left = left - times, weight_left - weight
    return drawn


def _binomial(n: int, p: float, uniform: Iterator[float]) -> int:
    if p > 0.5:
        return n - _binomial(n, 1 - p, uniform)
    variance = n * p * (1 - p)
    if variance > NORMAL_FROM:
        normal = sqrt(-2 * log(1 - next(uniform))) * cos(2 * pi * next(uniform))
        return min(n, max(0, round(n * p + sqrt(variance) * normal)))
    return _by_inversion(n, p, next(uniform))


def _by_inversion(n: int, p: float, u: float) -> int:
    """The smallest k whose cumulated probability is over `u`; n p is small here, so few steps are needed."""
    odds, chance, k = p / (1 - p), (1 - p) ** n, 0
    while u >= chance and k < n:
        u -= chance
        k += 1
        chance *= odds * (n - k + 1) / k
    return k


def _uniform(seed: int) -> Iterator[float]:
    """SplitMix64: numbers in [0, 1), the same for the same seed on every machine."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        yield ((z ^ (z >> 31)) >> 11) / (1 << 53)
