"""Written cases of comparisons: weighted and adjusted scores, changes, tiers and goals (indicators.md, 1.5 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from surveyor.core import intervals
from surveyor.core.indicators import changes, peers, weighting

Inputs = Mapping[str, Any]
Result = dict[str, object]


def _counts(stores: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {name: (counts[0], counts[1], counts[2]) for name, counts in stores.items()}


def _weighted(inputs: Inputs) -> Result:
    strata = [
        weighting.Stratum(s["name"], s["eligible"], tuple(s["counts"]), s.get("region", "")) for s in inputs["strata"]
    ]
    found = weighting.weighted_nps(strata)
    if found is None:
        names = ("value", "unweighted", "gap", "warning", "ci_low", "ci_high", "n_eff", "deff", "weights")
        return {**dict.fromkeys(names), "status": "not_measured", "n": sum(stratum.n for stratum in strata)}
    return {"status": "ok", **asdict(found), "gap": found.gap, "warning": found.warning}


def _sensitivity(inputs: Inputs) -> Result:
    return {"values": weighting.nonresponse_sensitivity(inputs["value"], inputs["response_rate"], inputs["gaps"])}


def _r_indicator(inputs: Inputs) -> Result:
    value = weighting.r_indicator([(s["responded"], s["sent"]) for s in inputs["segments"]])
    return {"value": value, "status": "not_measured" if value is None else "ok"}


def _adjusted(inputs: Inputs) -> Result:
    found = peers.adjusted_nps(_counts(inputs["stores"]))
    if found is None:
        return {"status": "no_data", "stores": {}, "order": []}
    terms = {"K": found.k, "how": found.how, "s2": found.s2, "tau2": found.tau2}
    stores = {name: {**asdict(store), "tier": str(store.tier)} for name, store in found.stores.items()}
    return {**terms, "peer_mean": found.peer_mean, "pooled": found.pooled, "stores": stores, "order": found.order}


def _funnel_plot(inputs: Inputs) -> Result:
    center, limits = peers.funnel_plot(_counts(inputs["stores"]), inputs["sizes"])
    return {"center": center, "limits": {str(size): dict(bounds) for size, bounds in limits.items()}}


def _words(verdict: changes.Verdict) -> Result:
    return {"verdict": str(verdict), "verdict_fr": verdict.words("fr"), "verdict_en": verdict.words("en")}


def _settings(inputs: Inputs) -> dict[str, Any]:
    return {name: inputs[name] for name in ("cadence", "same_questionnaire") if name in inputs}


def _change(inputs: Inputs) -> Result:
    found = changes.change(tuple(inputs["now"]), tuple(inputs["before"]), **_settings(inputs)).verdict
    return {**_words(found), "arrow": found.arrow}


def _changes(inputs: Inputs) -> Result:
    units = {name: (tuple(unit["now"]), tuple(unit["before"])) for name, unit in inputs["units"].items()}
    found = changes.changes(units, **_settings(inputs))
    return {"units": {name: str(one.verdict) for name, one in found.items()}}


def _rate(inputs: Inputs) -> Result:
    unit, rest = (inputs["count"], inputs["total"]), (inputs["network_count"], inputs["network_total"])
    z, level = changes.rate_level(unit, rest)
    return {"z": z, "level": level}


def _goal(inputs: Inputs) -> Result:
    found = changes.goal(inputs["ci_low"], inputs["ci_high"], n=inputs["n"], target=inputs["target"])
    return {"status": str(found)}


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "weighted_nps": _weighted,
    "nonresponse_sensitivity": _sensitivity,
    "r_indicator": _r_indicator,
    "adjusted_nps": _adjusted,
    "funnel_plot": _funnel_plot,
    "nps_difference": lambda i: asdict(intervals.nps_difference(tuple(i["now"]), tuple(i["before"]))),
    "verdict_change": _change,
    "verdict_changes": _changes,
    "verdict_tier": lambda i: _words(changes.tier(i["n"], i["p_above"])),
    "verdict_rate": _rate,
    "goal": _goal,
}
