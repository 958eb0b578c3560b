"""Counts of arms as a page shows them: rates with n and interval, differences with theirs, in the reader's words."""

from __future__ import annotations

from typing import Any, NamedTuple

from surveyor.core import intervals, rounding
from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.experiments import Arm, Difference, Finding
from surveyor.core.experiments.holdout import Effect
from surveyor.core.rules.labels import item_label, value_text
from surveyor.flows.find_experiments import Found
from surveyor.web.language import language, text
from surveyor.web.screens import minus

_PAIRED = ("window", "cooldown")


class Shown(NamedTuple):
    """A name and its value, in words."""

    name: str
    value: str


def key_words(key: str) -> str:
    """What a key of an arm is called; of months and days of one thing, which."""
    thing = key.split("_")[0]
    if thing not in _PAIRED:
        return item_label(key, language())
    unit = text("experiments.unit.months") if key.endswith("_months") else text("experiments.unit.days")
    return f"{item_label(thing, language())} ({unit})"


def value_words(key: str, value: object) -> str:
    """The value of a key, as a person says it."""
    thing, _, unit = key.partition("_")
    if thing in _PAIRED:
        return value_text(thing, (value, None) if unit == "months" else (None, value), language())
    return value_text(key, value, language())


def arms_shown(found: Found) -> list[dict[str, Any]]:
    """Each arm: its counts, and its rates with their Wilson interval at 95 %."""
    weights = {arm.name: arm.weight for arm in found.declared.experiment.arms}
    planned = found.plan.plan.per_arm if found.plan else 0
    return [
        {
            "arm": arm,
            "share": rounding.display_share(weights[arm.name], sum(weights.values()), language()),
            "responses": _rate(arm.responded, arm.delivered),
            "unsubscribes": _rate(arm.unsubscribed, arm.delivered),
            "complaints": _rate(arm.complained, arm.delivered),
            "nps": _nps(arm),
            "done": min(100, 100 * arm.delivered // planned) if planned else None,
        }
        for arm in found.arms
    ]


def comparisons_shown(found: Found) -> list[dict[str, Any]]:
    """Each arm beside the first: the words, and the differences with their intervals."""
    return [
        {
            "arm": one.arm,
            "words": one.finding.words(language()),
            "good": one.finding is Finding.MORE,
            "bad": one.finding is Finding.FEWER,
            "responses": _gap(one.responses),
            "ratio": None if one.ratio is None else _ratio(one.ratio),
            "unsubscribes": _gap(one.unsubscribes),
            "complaints": _gap(one.complaints),
            "nps": None if one.nps is None else _points(one.nps),
            "confidence": rounding.decimal(100 * one.confidence, 0 if one.confidence <= 0.951 else 1, language()),
        }
        for one in found.comparisons
    ]


def effect_shown(one: Effect) -> dict[str, Any]:
    """What asking changes, in words and with its intervals."""
    words = "few" if one.reorders is None else "established" if one.established else "none"
    return {"words": words, "reorders": _gap(one.reorders), "days": _gap(one.days)}


def _rate(count: int, total: int) -> Shown:
    bounds = intervals.wilson(count, total)
    said = language()
    if bounds is None:
        return Shown(rounding.NOTHING, "")
    shown = rounding.display_interval(*(100 * one for one in bounds), decimals=1, points=False, language=said)
    return Shown(rounding.display_rate(count, total, said), shown)


def _nps(arm: Arm) -> Shown:
    if sum(arm.nps) < HIDDEN_UNDER:
        return Shown("", "")
    low, high = intervals.nps_interval(arm.nps)
    return Shown(minus(rounding.display_nps(*map(int, arm.nps))), minus(rounding.display_interval(low, high)))


def _gap(one: Difference | None) -> Shown | None:
    """In points of percentage, with one decimal."""
    if one is None:
        return None
    value = rounding.signed(one.value, 1, language())
    low_high = rounding.display_interval(one.ci_low, one.ci_high, decimals=1, language=language())
    return Shown(minus(value), minus(low_high))


def _points(one: intervals.NpsChange) -> Shown:
    return Shown(minus(rounding.signed(one.delta)), minus(rounding.display_interval(one.ci_low, one.ci_high)))


def _ratio(one: tuple[float, float, float]) -> Shown:
    value, *bounds = (rounding.decimal(part, 2, language()) for part in one)
    return Shown(f"× {value}", f"[{bounds[0]} ; {bounds[1]}]")
