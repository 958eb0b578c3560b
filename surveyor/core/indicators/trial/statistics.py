"""Written cases of the intervals, the tests and the sample sizes (indicators.md, 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from surveyor.core import intervals
from surveyor.core.indicators.measures import mean
from surveyor.core.indicators.trial.display import whole
from surveyor.core.intervals import CONFIDENCE, Bounds, nps_variance

Inputs = Mapping[str, Any]
Result = dict[str, object]
#: Groups with fewer past deliveries are pooled into one (indicators.md, 16.1).
THIN_GROUP = 100


def _bounded(value: float | None, bounds: Bounds | None) -> Result:
    if bounds is None:
        return {"value": None, "ci_low": None, "ci_high": None}
    return {"value": value, "ci_low": bounds[0], "ci_high": bounds[1]}


def _pair(inputs: Inputs) -> tuple[tuple[float, float], tuple[float, float]]:
    return (inputs["count1"], inputs["total1"]), (inputs["count2"], inputs["total2"])


def _level(inputs: Inputs) -> float:
    return float(inputs.get("confidence", CONFIDENCE))


def _wilson(inputs: Inputs) -> Result:
    count, total = inputs["count"], inputs["total"]
    return _bounded(count / total if total else None, intervals.wilson(count, total, _level(inputs)))


def _newcombe(inputs: Inputs) -> Result:
    one, other = _pair(inputs)
    bounds = intervals.newcombe(one, other, _level(inputs))
    return _bounded(one[0] / one[1] - other[0] / other[1] if bounds else None, bounds)


def _katz(inputs: Inputs) -> Result:
    one, other = _pair(inputs)
    bounds = intervals.katz(one, other, _level(inputs))
    return _bounded((one[0] / one[1]) / (other[0] / other[1]) if bounds else None, bounds)


def _two_proportions(inputs: Inputs) -> Result:
    z, p = intervals.two_proportions(*_pair(inputs))
    return {"z": z, "p": p}


def _mean(inputs: Inputs) -> Result:
    low, _, high = str(inputs.get("scale", "")).partition("-")
    found = mean(whole(inputs["histogram"]), (float(low), float(high)) if high else None)
    bounds = {"ci_low": found.ci_low, "ci_high": found.ci_high}
    return {"value": found.value, "n": found.n, "status": str(found.status), **bounds, **found.facts}


def _expected(inputs: Inputs) -> Result:
    groups = [(g["deliveries"], g["past_responses"], g["past_deliveries"]) for g in inputs["groups"]]
    thin = [group for group in groups if group[2] < THIN_GROUP]
    kept = [group for group in groups if group[2] >= THIN_GROUP]
    if thin:
        kept.append((sum(g[0] for g in thin), sum(g[1] for g in thin), sum(g[2] for g in thin)))
    value, low, high = intervals.expected_responses(kept, factor=inputs.get("factor", 1.0))
    return {"value": value, "ci_low": low, "ci_high": high, "groups": len(kept)}


def _mix(inputs: Inputs) -> float:
    return nps_variance(inputs["promoters_share"], inputs["detractors_share"])


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "wilson": _wilson,
    "newcombe": _newcombe,
    "katz": _katz,
    "two_proportions": _two_proportions,
    "t_quantile": lambda i: {"value": intervals.t_quantile(i["df"], _level(i))},
    "mean_interval": _mean,
    "benjamini_hochberg": lambda i: {
        "discoveries": intervals.benjamini_hochberg(i["p_values"], i.get("q", intervals.FALSE_DISCOVERIES))
    },
    "expected_responses": _expected,
    "sample_size_margin": lambda i: {"n": intervals.sample_size_margin(_mix(i), i["margin"])},
    "sample_size_change": lambda i: {"n": intervals.sample_size_change(_mix(i), i["change"])},
    "smallest_significant_gap": lambda i: {"value": intervals.smallest_significant_gap(_mix(i), i["n"])},
    "sample_size_rates": lambda i: {"n": intervals.sample_size_rates(i["rate1"], i["rate2"])},
    "cluster_effect": lambda i: {"value": intervals.cluster_effect(i["emails_per_store"], i["icc"])},
}
