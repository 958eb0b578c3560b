"""SUR-05 to 08: satisfaction and effort on the scale of their question, between answers and envelopes.

A scale is never averaged with, nor converted to, another one: questions of one scale are pooled, those of two are told
apart. Effort asked the hard way round is turned first, so that higher is always easier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surveyor.core.badges import Status, badge
from surveyor.core.indicators.entries import Facts, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, Said, in_both, without_value
from surveyor.core.indicators.scales import CES_SCALES, CSAT_SCALES, Scaled
from surveyor.core.indicators.survey import ces, csat
from surveyor.core.tally import Answers, histogram

Which = Literal["mean", "share"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with what was answered: its mean and the share that is satisfied or finds it easy."""

    name: str
    of: Scaled
    mean: Measure
    share: Measure


def _both(counts: Mapping[int, int], scaled: Scaled) -> tuple[Measure, Measure]:
    if scaled.kind == "csat":
        return csat(counts, scaled.scale)
    return ces(counts, scaled.scale, scaled.direction or "easy_high")


def measured(kind: Literal["csat", "ces"], which: Which, facts: Facts) -> Measure:
    """The mean (SUR-05, 07) or the share (SUR-06, 08) of a kind of question; `questions` has each.

    n: answers to the questions of that kind. Not measured while none was answered; no value of its own when they were
    asked on several scales; an answer outside of its scale is an error, never a figure.
    """
    scaled = {name: one for name, one in facts.scaled.items() if one.kind == kind}
    try:
        asked = [_Asked(name, one, *_both(histogram(facts.answers, name), one)) for name, one in scaled.items()]
        pooled = [_both(_pool(facts.answers, scaled, alike), Scaled(kind, alike)) for alike in _scales(scaled)]
    except (ValueError, KeyError):
        return without_value(Status.ERROR, sum(_n(facts.answers, name) for name in scaled))
    of_all = {"questions": [_told(one) for one in asked]}
    if not asked:
        return without_value(NOT_MEASURED.status, 0, of_all)
    if len(pooled) == 1:
        found = pooled[0][0 if which == "mean" else 1]
        also = {**found.facts, **of_all, "scale": _scales(scaled)[0]}
        return Measure(found.value, found.n, found.status, found.shown, found.ci_low, found.ci_high, also)
    return _apart(asked, which, of_all)


def _apart(asked: list[_Asked], which: Which, facts: Mapping[str, object]) -> Measure:
    """Several scales: each question says its own figure, and nothing is said of them together."""
    n, most = sum(one.mean.n for one in asked), badge(max(one.mean.n for one in asked))
    if most in (Status.NO_DATA, Status.HIDDEN):
        return without_value(most, n, facts)

    def say(language: str) -> str:
        told = [(one.of.label.by(language), one.mean if which == "mean" else one.share) for one in asked]
        return " · ".join(f"{label} {found.display(language)}" for label, found in told if found.value is not None)

    return Measure(None, n, most, in_both(say), facts=facts)


def _scales(scaled: Mapping[str, Scaled]) -> list[str]:
    return list(dict.fromkeys(one.scale for one in scaled.values()))


def _pool(answers: Answers, scaled: Mapping[str, Scaled], scale: str) -> dict[int, int]:
    """The answers to every question of one scale, those of effort turned so that higher is easier."""
    found: dict[int, int] = {}
    for name, one in scaled.items():
        if one.scale != scale:
            continue
        low, high, _ = (CSAT_SCALES if one.kind == "csat" else CES_SCALES)[scale]
        for value, n in histogram(answers, name).items():
            turned = low + high - value if one.direction == "difficult_high" else value
            found[turned] = found.get(turned, 0) + n
    return found


def _n(answers: Answers, name: str) -> int:
    return sum(count for (question, _), count in answers.items() if question == name)


def _told(one: _Asked) -> Mapping[str, object]:
    mean, share = one.mean, one.share
    return {
        "question": one.name,
        "label": one.of.label,
        "scale": one.of.scale,
        "direction": one.of.direction or None,
        "value": mean.value,
        "display": Said(mean.display("fr"), mean.display("en")),
        "n": mean.n,
        "ci_low": mean.ci_low,
        "ci_high": mean.ci_high,
        "status": str(mean.status),
        "good_rate": share.value,
        "good_display": Said(share.display("fr"), share.display("en")),
        "good_low": share.ci_low,
        "good_high": share.ci_high,
    }


INDICATORS = (
    indicator(
        "SUR-05 csat mean S response CI-MEAN",
        "Score de satisfaction client (CSAT)",
        "Customer satisfaction (CSAT)",
        lambda _, facts: measured("csat", "mean", facts),
    ),
    indicator(
        "SUR-06 csat_satisfied percent S response CI-PROP",
        "Clients satisfaits (CSAT)",
        "Satisfied customers (CSAT)",
        lambda _, facts: measured("csat", "share", facts),
    ),
    indicator(
        "SUR-07 ces mean S response CI-MEAN",
        "Score d'effort client (CES)",
        "Customer effort score (CES)",
        lambda _, facts: measured("ces", "mean", facts),
    ),
    indicator(
        "SUR-08 ces_easy percent S response CI-PROP",
        "Clients qui ont trouvé cela facile (CES)",
        "Customers who found it easy (CES)",
        lambda _, facts: measured("ces", "share", facts),
    ),
)
