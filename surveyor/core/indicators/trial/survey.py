"""Written cases of the survey family: NPS, shares, means, CSAT, CES, stars (indicators.md, 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from surveyor.core import intervals
from surveyor.core.indicators import survey
from surveyor.core.indicators.measures import Measure, nps
from surveyor.core.indicators.trial.display import language, whole

Inputs = Mapping[str, Any]
Result = dict[str, object]


def shown(measure: Measure, inputs: Inputs) -> Result:
    """A measure under the names of an envelope, with its facts beside."""
    return {
        "value": measure.value,
        "display": measure.display(language(inputs)),
        "n": measure.n,
        "ci_low": measure.ci_low,
        "ci_high": measure.ci_high,
        "status": str(measure.status),
        **measure.facts,
    }


def _interval(inputs: Inputs) -> Result:
    low, high = intervals.nps_interval(tuple(inputs["counts"]), inputs.get("confidence", intervals.CONFIDENCE))
    return {"ci_low": low, "ci_high": high}


def _pooled(inputs: Inputs) -> Result:
    promoters, passives, detractors = (sum(counts[i] for counts in inputs["stores"].values()) for i in range(3))
    return shown(nps((promoters, passives, detractors)), inputs)


def _from_histogram(inputs: Inputs) -> Result:
    counts = survey.groups(whole(inputs["histogram"]))
    return {**shown(nps(counts), inputs), "counts": list(counts)}


def _shares(inputs: Inputs) -> Result:
    found = survey.shares(tuple(inputs["counts"]))
    parts: Any = found.facts["shares"]
    bars = None if parts is None else [part["display"] for part in parts.values()]
    return {**shown(found, inputs), **(parts or {}), "display": bars}


def _two(pair: tuple[Measure, Measure], inputs: Inputs, word: str) -> Result:
    mean, rate = pair
    also = {word: rate.facts["count"], f"{word}_rate": rate.value}
    return {**shown(mean, inputs), **also, f"{word}_low": rate.ci_low, f"{word}_high": rate.ci_high}


def _csat(inputs: Inputs) -> Result:
    return _two(survey.csat(whole(inputs["histogram"]), inputs["scale"]), inputs, "satisfied")


def _ces(inputs: Inputs) -> Result:
    pair = survey.ces(whole(inputs["histogram"]), inputs["scale"], inputs.get("direction", "easy_high"))
    return _two(pair, inputs, "easy")


def _stars(inputs: Inputs) -> Result:
    found = _two(survey.stars(whole(inputs["histogram"])), inputs, "four_five")
    return {**found, "skipped": inputs.get("skipped", 0)}


def _recommendation(inputs: Inputs) -> Result:
    return shown(survey.recommendation_rate(whole(inputs["histogram"]), inputs.get("threshold", 9)), inputs)


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "nps": lambda i: shown(nps(tuple(i["counts"]), i.get("customers")), i),
    "nps_interval": _interval,
    "nps_pooled": _pooled,
    "nps_from_histogram": _from_histogram,
    "shares": _shares,
    "recommendation_rate": _recommendation,
    "mean_score": lambda i: shown(survey.mean_score(whole(i["histogram"])), i),
    "csat": _csat,
    "ces": _ces,
    "stars": _stars,
}
