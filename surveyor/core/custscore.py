"""CustScore: twelve indicators as points, weighted into one score out of 100, with its parts (indicators.md, 12).

The formula is surveyor's own (version 1): it reproduces no third party's calculation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from surveyor.core import intervals
from surveyor.core.badges import LOW_UNDER
from surveyor.core.indicators.measures import Counts
from surveyor.core.rounding import percent_sign, rounded

COEFFICIENTS: Mapping[str, int] = {
    "nps": 13,
    "reply_rate": 12,
    "reply_time": 11,
    "cx_matrix": 11,
    "review_volume": 10,
    "solicitation_volume": 10,
    "cx_benchmark": 9,
    "label_coverage": 9,
    "store_connections": 9,
    "google_volume": 9,
    "faq": 8,
    "widgets": 8,
}
LOWEST, HIGHEST = 8, 13
MIN_COVERAGE = 0.60
STABLE_UNDER = 2.0
#: Targets: reviews and Google reviews per store and 30 days, entries of the FAQ, share of the legitimate volume.
REVIEWS, GOOGLE_REVIEWS, FAQ_ENTRIES, LEGITIMATE_SHARE = 30, 10, 20, 0.90
BEST_HOURS, WORST_HOURS = 24, 168
FEWEST_REVIEWS, FEWEST_LABELS, FEWEST_PEERS = 10, 5, 5
#: Items that belong to the network: a store neither earns nor loses by them.
NOT_FOR_A_STORE = frozenset({"faq", "widgets"})
#: Differences of floats that mean nothing: a change of exactly 2 points is one.
_GRAIN = 1e-9

Points = Mapping[str, float | None]


def _clip(points: float) -> float:
    return min(100.0, max(0.0, points))


def linear(raw: float, *, low: float, high: float) -> float:
    """0 points at `low`, 100 at `high`. low < high."""
    return _clip(100 * (raw - low) / (high - low))


def inverse_linear(raw: float, *, best: float, worst: float) -> float:
    """100 points up to `best`, 0 from `worst` on. best < worst."""
    return _clip(100 * (worst - raw) / (worst - best))


def ratio_to_target(raw: float, *, target: float) -> float:
    """100 points at the target and over it. target > 0."""
    return _clip(100 * raw / target)


def delta(raw: float) -> float:
    """50 points for a difference of 0, one more or less for each point."""
    return _clip(50 + raw)


NORMALISERS: Mapping[str, Callable[..., float]] = {
    "linear": linear,
    "inverse_linear": inverse_linear,
    "ratio_to_target": ratio_to_target,
    "delta": delta,
}

Facts = Mapping[str, Any]


def _nps(facts: Facts) -> float | None:
    return linear(facts["value"], low=-100, high=100) if facts["n"] >= LOW_UNDER else None


def _reply_rate(facts: Facts) -> float | None:
    reviews = facts["reviews"]
    return _clip(100 * facts["replied"] / reviews) if reviews >= FEWEST_REVIEWS else None


def _reply_time(facts: Facts) -> float | None:
    if facts["mature"] < FEWEST_REVIEWS:
        return None
    return inverse_linear(facts["capped_mean"], best=BEST_HOURS, worst=WORST_HOURS)


def _matrix(facts: Facts) -> float | None:
    return _clip(facts["value"]) if facts["classified"] >= FEWEST_LABELS else None


def _per_store(target: float) -> Callable[[Facts], float | None]:
    def points(facts: Facts) -> float | None:
        volume = facts["per_store_30_days"]
        return None if volume is None else ratio_to_target(volume, target=target)

    return points


def _solicitation(facts: Facts) -> float | None:
    if not facts["rule_active_all_period"] or facts["legitimate"] <= 0:
        return None
    return ratio_to_target(facts["went_out"], target=LEGITIMATE_SHARE * facts["legitimate"])


def _benchmark(facts: Facts) -> float | None:
    enough = facts["peer_stores"] >= FEWEST_PEERS and min(facts["n_own"], facts["n_peers"]) >= LOW_UNDER
    return delta(facts["own"] - facts["peers"]) if enough else None


def _labels(facts: Facts) -> float | None:
    commented = facts["commented"]
    return _clip(100 * facts["labelled"] / commented) if commented >= FEWEST_REVIEWS else None


def _connections(facts: Facts) -> float | None:
    weeks = facts["access_weeks"]
    return _clip(100 * facts["active_weeks"] / weeks) if weeks else None


def _faq(facts: Facts) -> float | None:
    if not facts["enabled"]:
        return None
    return ratio_to_target(facts["reviewed"], target=facts.get("target", FAQ_ENTRIES))


def _widgets(facts: Facts) -> float | None:
    return 50.0 * (bool(facts["badge"]) + bool(facts["carousel"])) if facts["enabled"] else None


ITEMS: Mapping[str, Callable[[Facts], float | None]] = {
    "nps": _nps,
    "reply_rate": _reply_rate,
    "reply_time": _reply_time,
    "cx_matrix": _matrix,
    "review_volume": _per_store(REVIEWS),
    "solicitation_volume": _solicitation,
    "cx_benchmark": _benchmark,
    "label_coverage": _labels,
    "store_connections": _connections,
    "google_volume": _per_store(GOOGLE_REVIEWS),
    "faq": _faq,
    "widgets": _widgets,
}


def item_points(item: str, facts: Facts, *, level: str = "network") -> float | None:
    """Points 0..100 of one item from its facts; None when it is not available. Raises KeyError for another item."""
    return None if level == "store" and item in NOT_FOR_A_STORE else ITEMS[item](facts)


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
    points: Points, *, coefficients: Mapping[str, int] | None = None, zero_if_missing: Collection[str] = ()
) -> CustScore:
    """The score from points 0..100 of each item, None or absent: not available, its weight goes to the others.

    coefficients replace the default ones, item by item. zero_if_missing: items that earn 0 instead.
    """
    weights = {**COEFFICIENTS, **(coefficients or {})}
    if set(weights) | set(points) | set(zero_if_missing) != set(COEFFICIENTS) or not all(
        map(_is_coefficient, weights.values())
    ):
        return _WRONG
    known = {
        name: 0.0 if points.get(name) is None and name in zero_if_missing else points.get(name) for name in weights
    }
    earned = {name: _clip(value) for name, value in known.items() if value is not None}
    whole, available = sum(weights.values()), sum(weights[name] for name in earned)
    coverage = 100 * available / whole
    if available < MIN_COVERAGE * whole:
        return CustScore("unavailable", None, coverage, whole, available, {}, {})
    contributions = {name: weights[name] * value / available for name, value in earned.items()}
    potentials = {name: weights[name] * (100 - value) / available for name, value in earned.items()}
    return CustScore("ok", sum(contributions.values()), coverage, whole, available, contributions, potentials)


def _is_coefficient(value: object) -> bool:
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


def custscore_change(before: Points, now: Points) -> CustScoreChange:
    """How the score moved; nothing moves because an item became available."""
    had, has = _available(before), _available(now)
    both = had & has
    weight = sum(COEFFICIENTS[name] for name in both)

    def like_for_like(points: Points) -> float:
        return sum(COEFFICIENTS[name] * _clip(points[name] or 0.0) for name in both) / weight

    plain = custscore(before).value, custscore(now).value
    naive = None if plain[0] is None or plain[1] is None else plain[1] - plain[0]
    change = like_for_like(now) - like_for_like(before) if weight else None
    return CustScoreChange(had == has, change, naive)


def _available(points: Points) -> set[str]:
    return {name for name in COEFFICIENTS if points.get(name) is not None}


def nps_margin(counts: Counts, *, sum_available: int) -> float:
    """How many points of the score the sampling of the NPS alone may move, either way."""
    low, high = intervals.nps_interval(counts)
    return COEFFICIENTS["nps"] / sum_available * (high - low) / 4


def gain(item: str, points_now: float, points_after: float, *, sum_available: int) -> float:
    """Points of the score won when an item goes from some points to others. Raises KeyError for another item."""
    return COEFFICIENTS[item] * (points_after - points_now) / sum_available
