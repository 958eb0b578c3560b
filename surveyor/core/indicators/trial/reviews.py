"""Written cases of reviews, replies and adoption (indicators.md, 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from surveyor.core.indicators import adoption, reviews
from surveyor.core.indicators.trial.survey import shown

Inputs = Mapping[str, Any]
Result = dict[str, object]


def instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset."""
    return datetime.fromisoformat(text)


def instant_or_none(text: str | None) -> datetime | None:
    """The same, or nothing."""
    return None if text is None else instant(text)


def _reply_time(inputs: Inputs) -> Result:
    rows = [(instant(created), instant_or_none(replied)) for created, replied in inputs["reviews"]]
    return asdict(reviews.reply_time(rows, now=instant(inputs["now"])))


def _detractors(inputs: Inputs) -> Result:
    rows = [
        reviews.Review(
            one["score"],
            instant(one["created"]),
            instant_or_none(one["replied"]),
            one["commented"],
            one.get("call_back", False),
        )
        for one in inputs["reviews"]
    ]
    found = reviews.detractors_48h(rows, now=instant(inputs["now"]))
    return {**asdict(found), "value": found.value}


def _rating(inputs: Inputs) -> Result:
    weight = inputs.get("weight", reviews.PEERS_COUNT_AS)
    return {
        "value": reviews.adjusted_rating(inputs["mean"], n=inputs["n"], peer_mean=inputs["peer_mean"], weight=weight)
    }


def _label_coverage(inputs: Inputs) -> Result:
    if "responses" not in inputs:
        return shown(adoption.label_coverage(inputs["labelled"], inputs["commented"]), inputs)
    threshold = inputs.get("threshold", adoption.SURE_FROM)
    commented = [one for one in inputs["responses"] if one["commented"]]
    labelled = sum(adoption.is_labelled(map(_label, one["labels"]), threshold=threshold) for one in commented)
    return shown(adoption.label_coverage(labelled, len(commented)), inputs)


def _label(one: Mapping[str, Any]) -> adoption.Labelled:
    confidence = None if one["origin"] == "manual" else one.get("confidence", 0.0)
    return adoption.Labelled(confidence, one.get("validated", False))


def _faq(inputs: Inputs) -> Result:
    given = {name: inputs[name] for name in ("reviewed", "target") if name in inputs}
    return shown(adoption.faq(enabled=inputs["enabled"], **given), inputs)


def _widgets(inputs: Inputs) -> Result:
    days = {name: inputs.get(name) for name in ("badge_days", "carousel_days")}
    return shown(adoption.widgets(enabled=inputs["enabled"], **days), inputs)


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "reply_time": _reply_time,
    "detractors_48h": _detractors,
    "review_volume": lambda i: {"value": reviews.review_volume(i["responses"], i["store_days"])},
    "adjusted_rating": _rating,
    "store_connections": lambda i: shown(adoption.store_connections(i["stores"]), i),
    "widgets": _widgets,
    "faq": _faq,
    "label_coverage": _label_coverage,
}
