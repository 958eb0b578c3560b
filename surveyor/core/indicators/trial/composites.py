"""Written cases of labels, the CX Matrix, the CustScore and the benchmark (indicators.md, 11 to 13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from surveyor.core import benchmark, custscore, custscore_items, matrix
from surveyor.core.indicators.trial.display import language
from surveyor.core.intervals import nps_interval

Inputs = Mapping[str, Any]
Result = dict[str, object]


def _performance(inputs: Inputs) -> Result:
    found = matrix.performance((inputs["positive"], inputs["neutral"], inputs["negative"]))
    return {"value": None, "ci_low": None, "ci_high": None, "mentions": 0} if found is None else asdict(found)


def _matrix(inputs: Inputs) -> Result:
    labels = {name: (counts[0], counts[1], counts[2]) for name, counts in inputs["labels"].items()}
    found = matrix.cx_matrix(labels, commented=inputs["commented"], theta=inputs.get("theta", matrix.THETA))
    placed = {
        name: {**asdict(one), "quadrant": None if one.quadrant is None else str(one.quadrant)}
        for name, one in found.labels.items()
    }
    return {**asdict(found), "labels": placed, "status": "not_measured" if found.value is None else "ok"}


def _trend(inputs: Inputs) -> Result:
    labels = {name: (counts[0], counts[1]) for name, counts in inputs["labels"].items()}
    found = matrix.label_trend(labels, now=inputs["detractors_now"], before=inputs["detractors_before"])
    return {"labels": {name: {"z": z, "p": p} for name, (z, p) in found.labels.items()}, "rising": found.rising}


def _importance(inputs: Inputs) -> Result:
    found = matrix.label_importance(inputs["correlations"], inputs["with_score"], n=inputs["n"])
    if found is None:
        return {"status": "not_measured", "r2": None, "shares": None}
    return {"status": "ok", "r2": found[0], "shares": dict(zip(inputs["names"], found[1], strict=True))}


def _points(inputs: Inputs) -> Result:
    given = {name: value for name, value in inputs.items() if name not in ("normaliser", "raw")}
    raw = inputs["raw"]
    return {"points": None if raw is None else custscore_items.NORMALISERS[inputs["normaliser"]](raw, **given)}


def _item(inputs: Inputs) -> Result:
    return {"points": custscore_items.item_points(inputs["item"], inputs, level=inputs.get("level", "network"))}


def _score(inputs: Inputs) -> Result:
    found = custscore.custscore(
        inputs["points"],
        coefficients=inputs.get("coefficients"),
        zero_if_missing=inputs.get("zero_if_missing", ()),
    )
    both = {f"display_{name}": found.display(name) for name in ("fr", "en")}
    return {**asdict(found), "display": found.display(language(inputs)), **both}


def _score_change(inputs: Inputs) -> Result:
    found = custscore.custscore_change(inputs["before"], inputs["now"])
    return {**asdict(found), "verdict": found.verdict}


def _gain(inputs: Inputs) -> Result:
    points = inputs["points_now"], inputs["points_after"]
    return {"value": custscore.gain(inputs["item"], *points, sum_available=inputs["sum_available"])}


def _benchmark(inputs: Inputs) -> Result:
    peers = {name: (counts[0], counts[1], counts[2]) for name, counts in inputs["peers"].items()}
    found = benchmark.cx_benchmark(tuple(inputs["own"]), peers)
    change = {"delta": None, "ci_low": None, "ci_high": None, "p": None}
    if found.change is not None:
        change = {name: getattr(found.change, name) for name in change}
    names = ("own", "peers", "adjusted", "percentile", "points", "k")
    tier = None if found.tier is None else str(found.tier)
    return {**{name: getattr(found, name) for name in names}, **change, "tier": tier, "status": str(found.status)}


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "label_performance": _performance,
    "cx_matrix": _matrix,
    "label_trend": _trend,
    "label_importance": _importance,
    "custscore_points": _points,
    "custscore_item": _item,
    "custscore": _score,
    "custscore_change": _score_change,
    "custscore_nps_margin": lambda i: {
        "value": custscore.nps_margin(nps_interval(tuple(i["counts"])), sum_available=i["sum_available"])
    },
    "custscore_gain": _gain,
    "cx_benchmark": _benchmark,
    "peer_file": lambda i: asdict(benchmark.peer_file(i["own"], i["method"], i["entities"])),
}
