"""The twelve items of a CustScore: their weight, what is counted of each, and how that becomes points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from surveyor.core.badges import LOW_UNDER

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
#: Targets: reviews and Google reviews per store and 30 days, entries of the FAQ, share of the legitimate volume.
REVIEWS, GOOGLE_REVIEWS, FAQ_ENTRIES, LEGITIMATE_SHARE = 30, 10, 20, 0.90
BEST_HOURS, WORST_HOURS = 24, 168
FEWEST_REVIEWS, FEWEST_LABELS, FEWEST_PEERS = 10, 5, 5
#: Items that belong to the network: a store neither earns nor loses by them.
NOT_FOR_A_STORE = frozenset({"faq", "widgets"})


def clip(points: float) -> float:
    """0..100."""
    return min(100.0, max(0.0, points))


def linear(raw: float, *, low: float, high: float) -> float:
    """0 points at `low`, 100 at `high`. low < high."""
    return clip(100 * (raw - low) / (high - low))


def inverse_linear(raw: float, *, best: float, worst: float) -> float:
    """100 points up to `best`, 0 from `worst` on. best < worst."""
    return clip(100 * (worst - raw) / (worst - best))


def ratio_to_target(raw: float, *, target: float) -> float:
    """100 points at the target and over it. target > 0."""
    return clip(100 * raw / target)


def delta(raw: float) -> float:
    """50 points for a difference of 0, one more or less for each point."""
    return clip(50 + raw)


NORMALISERS: Mapping[str, Callable[..., float]] = {
    "linear": linear,
    "inverse_linear": inverse_linear,
    "ratio_to_target": ratio_to_target,
    "delta": delta,
}


@dataclass(frozen=True, slots=True)
class Setting:
    """How a raw value becomes points: a normaliser by name and its numbers, as `PARAMETERS` lists them."""

    normaliser: str
    values: Mapping[str, float]

    def points(self, raw: float) -> float:
        """0..100."""
        return NORMALISERS[self.normaliser](raw, **self.values)


#: Normaliser -> the numbers it takes.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "linear": ("low", "high"),
    "inverse_linear": ("best", "worst"),
    "ratio_to_target": ("target",),
    "delta": (),
}
_SHARE = Setting("linear", {"low": 0, "high": 100})
SETTINGS: Mapping[str, Setting] = {
    "nps": Setting("linear", {"low": -100, "high": 100}),
    "reply_rate": _SHARE,
    "reply_time": Setting("inverse_linear", {"best": BEST_HOURS, "worst": WORST_HOURS}),
    "cx_matrix": _SHARE,
    "review_volume": Setting("ratio_to_target", {"target": REVIEWS}),
    "solicitation_volume": Setting("ratio_to_target", {"target": LEGITIMATE_SHARE}),
    "cx_benchmark": Setting("delta", {}),
    "label_coverage": _SHARE,
    "store_connections": _SHARE,
    "google_volume": Setting("ratio_to_target", {"target": GOOGLE_REVIEWS}),
    "faq": Setting("ratio_to_target", {"target": FAQ_ENTRIES}),
    "widgets": _SHARE,
}

Facts = Mapping[str, Any]


def _nps(facts: Facts) -> float | None:
    return float(facts["value"]) if facts["n"] >= LOW_UNDER else None


def _reply_rate(facts: Facts) -> float | None:
    reviews = facts["reviews"]
    return 100 * facts["replied"] / reviews if reviews >= FEWEST_REVIEWS else None


def _reply_time(facts: Facts) -> float | None:
    return float(facts["capped_mean"]) if facts["mature"] >= FEWEST_REVIEWS else None


def _matrix(facts: Facts) -> float | None:
    return float(facts["value"]) if facts["classified"] >= FEWEST_LABELS else None


def _per_store(facts: Facts) -> float | None:
    volume: float | None = facts["per_store_30_days"]
    return volume


def _solicitation(facts: Facts) -> float | None:
    if not facts["rule_active_all_period"] or facts["legitimate"] <= 0:
        return None
    return float(facts["went_out"] / facts["legitimate"])


def _benchmark(facts: Facts) -> float | None:
    enough = facts["peer_stores"] >= FEWEST_PEERS and min(facts["n_own"], facts["n_peers"]) >= LOW_UNDER
    return float(facts["own"] - facts["peers"]) if enough else None


def _labels(facts: Facts) -> float | None:
    commented = facts["commented"]
    return 100 * facts["labelled"] / commented if commented >= FEWEST_REVIEWS else None


def _connections(facts: Facts) -> float | None:
    weeks = facts["access_weeks"]
    return 100 * facts["active_weeks"] / weeks if weeks else None


def _faq(facts: Facts) -> float | None:
    return float(facts["reviewed"]) if facts["enabled"] else None


def _widgets(facts: Facts) -> float | None:
    return 50.0 * (bool(facts["badge"]) + bool(facts["carousel"])) if facts["enabled"] else None


#: Item -> its raw value from what was counted; None when it is not available.
ITEMS: Mapping[str, Callable[[Facts], float | None]] = {
    "nps": _nps,
    "reply_rate": _reply_rate,
    "reply_time": _reply_time,
    "cx_matrix": _matrix,
    "review_volume": _per_store,
    "solicitation_volume": _solicitation,
    "cx_benchmark": _benchmark,
    "label_coverage": _labels,
    "store_connections": _connections,
    "google_volume": _per_store,
    "faq": _faq,
    "widgets": _widgets,
}


def item_points(item: str, facts: Facts, *, level: str = "network", setting: Setting | None = None) -> float | None:
    """Points 0..100 of one item from its facts; None when it is not available. Raises KeyError for another item."""
    if level == "store" and item in NOT_FOR_A_STORE:
        return None
    raw = ITEMS[item](facts)
    used = setting or SETTINGS[item]
    if item == "faq" and "target" in facts:
        used = Setting("ratio_to_target", {"target": facts["target"]})
    return None if raw is None else used.points(raw)
