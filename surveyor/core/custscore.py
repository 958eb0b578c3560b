"""CustScore: twelve indicators as points, weighted into one score out of 100, with its parts (indicators.md, 12).

The formula is surveyor's own (version 1): it reproduces no third party's calculation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from surveyor.core import intervals
from surveyor.core.custscore_items import COEFFICIENTS, HIGHEST, LOWEST, SETTINGS, Setting, clip
from surveyor.core.rounding import percent_sign, rounded

MIN_COVERAGE = 0.60
STABLE_UNDER = 2.0
#: Differences of floats that mean nothing: a change of exactly 2 points is one.
_GRAIN = 1e-9

Points = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class CustScore:
    """status: ok, unavailable (coverage under 60 %) or error (a coefficient outside 8..13, an unknown item).

    value 0..100, coverage in percent. contributions, potentials: points earned and still to win by each item; they
    add up to value and 100 - value.
    """

    status: str
    value: float | None
    coverage: float | None
    sum_coefficients: int | None
    sum_available: int | None
    contributions: Mapping[str, float]
    potentials: Mapping[str, float]

    def display(self, language: str) -> str:
        """ "69", or why there is no score."""
        if self.status == "error":
            return "-"
        assert self.coverage is not None
        if self.value is not None:
            return str(rounded(self.value))
        share = percent_sign(str(rounded(self.coverage)), language)
        if language == "fr":
            return f"CustScore indisponible : indicateurs suffisants pour seulement {share} du poids"
        return f"CustScore unavailable: enough indicators for only {share} of the weight"


_WRONG = CustScore("error", None, None, None, None, {}, {})


def custscore(
    points: Points,
    *,
    coefficients: Mapping[str, int] | None = None,
    zero_if_missing: Collection[str] = (),
    min_coverage: float = MIN_COVERAGE,
) -> CustScore:
    """The score from points 0..100 of each item, None or absent: not available, its weight goes to the others.

    coefficients replace the default ones, item by item. zero_if_missing: items that earn 0 instead. min_coverage: 0..1.
    """
    weights = {**COEFFICIENTS, **(coefficients or {})}
    if set(weights) | set(points) | set(zero_if_missing) != set(COEFFICIENTS) or not all(
        map(is_coefficient, weights.values())
    ):
        return _WRONG
    known = {
        name: 0.0 if points.get(name) is None and name in zero_if_missing else points.get(name) for name in weights
    }
    earned = {name: clip(value) for name, value in known.items() if value is not None}
    whole, available = sum(weights.values()), sum(weights[name] for name in earned)
    coverage = 100 * available / whole
    if not available or available < min_coverage * whole:
        return CustScore("unavailable", None, coverage, whole, available, {}, {})
    contributions = {name: weights[name] * value / available for name, value in earned.items()}
    potentials = {name: weights[name] * (100 - value) / available for name, value in earned.items()}
    return CustScore("ok", sum(contributions.values()), coverage, whole, available, contributions, potentials)


def is_coefficient(value: object) -> bool:
    """A whole number from 8 to 13."""
    return isinstance(value, int) and not isinstance(value, bool) and LOWEST <= value <= HIGHEST


@dataclass(frozen=True, slots=True)
class CustScoreChange:
    """Two periods like for like: on the items available in both. naive: the difference of the two plain scores."""

    same_set: bool
    change: float | None
    naive_change: float | None

    @property
    def verdict(self) -> str:
        """up, down, stable (under 2 points), or none when they cannot be compared."""
        if self.change is None:
            return "none"
        if abs(self.change) < STABLE_UNDER - _GRAIN:
            return "stable"
        return "up" if self.change > 0 else "down"


def custscore_change(
    before: Points, now: Points, *, coefficients: Mapping[str, int] | None = None, min_coverage: float = MIN_COVERAGE
) -> CustScoreChange:
    """How the score moved; nothing moves because an item became available. coefficients: those in force now."""
    weights = {**COEFFICIENTS, **(coefficients or {})}
    had, has = _available(before), _available(now)
    both = had & has
    weight = sum(weights[name] for name in both)

    def like_for_like(points: Points) -> float:
        return sum(weights[name] * clip(points[name] or 0.0) for name in both) / weight

    plain = [custscore(one, coefficients=weights, min_coverage=min_coverage).value for one in (before, now)]
    naive = None if plain[0] is None or plain[1] is None else plain[1] - plain[0]
    change = like_for_like(now) - like_for_like(before) if weight else None
    return CustScoreChange(had == has, change, naive)


def _available(points: Points) -> set[str]:
    return {name for name in COEFFICIENTS if points.get(name) is not None}


def nps_margin(
    bounds: intervals.Bounds,
    *,
    sum_available: int,
    coefficient: int = COEFFICIENTS["nps"],
    setting: Setting = SETTINGS["nps"],
) -> float:
    """How many points of the score the sampling of the NPS alone may move, either way. bounds: CI-NPS, in points."""
    low, high = bounds
    return coefficient / sum_available * (setting.points(high) - setting.points(low)) / 2


def gain(
    item: str, points_now: float, points_after: float, *, sum_available: int, coefficient: int | None = None
) -> float:
    """Points of the score won when an item goes from some points to others. Raises KeyError for another item."""
    weight = COEFFICIENTS[item] if coefficient is None else coefficient
    return weight * (points_after - points_now) / sum_available
