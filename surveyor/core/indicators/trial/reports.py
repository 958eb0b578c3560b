"""Written cases of the words of reports and of the recommendations (indicators.md, 17 to 19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from surveyor.core import reports
from surveyor.core.indicators.trial.display import language
from surveyor.core.reports.recommendations import RULES, Level

Inputs = Mapping[str, Any]
Result = dict[str, object]


def _sentence(inputs: Inputs) -> Result:
    given = {name: inputs[name] for name in ("cadence", "same_questionnaire") if name in inputs}
    now, before = tuple(inputs["now"]), tuple(inputs["before"])
    return {"text": reports.sentence_of_change(now, before, language=language(inputs), **given)}


def _voice(inputs: Inputs) -> Result:
    now, before = tuple(inputs["now"]), tuple(inputs["before"])
    return {"text": reports.voice_subject(inputs["month"], inputs["unit"], now, before, language=language(inputs))}


def _express(inputs: Inputs) -> Result:
    counts = tuple(inputs["four_weeks"])
    waiting = inputs["waiting"]
    said = language(inputs)
    return {
        "text": reports.express_subject(
            inputs["week"], inputs["unit"], waiting=waiting, four_weeks=counts, language=said
        )
    }


def _recommendation(inputs: Inputs) -> Result:
    found = reports.recommend(inputs["rule"], inputs["facts"], language=language(inputs))
    if found is None:
        return {"fires": False, "level": None, "text": None}
    return {"fires": True, "level": str(found.level), "text": found.text}


def _shown(one: Mapping[str, Any]) -> reports.Shown:
    level = Level(one["level"]) if "level" in one else RULES[one["rule"]][0]
    return reports.Shown(one["rule"], one["unit"], level, date.fromisoformat(one["on"]) if "on" in one else None)


def _selection(inputs: Inputs) -> Result:
    fired, before = map(_shown, inputs["fired"]), list(map(_shown, inputs["shown_before"]))
    today = date.fromisoformat(inputs["today"])
    found = reports.select(fired, before, today=today, edition=inputs.get("edition"))
    return {"shown": [f"{one.rule} {one.unit}" for one in found], "nothing": not found}


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "sentence_change": _sentence,
    "voice_subject": _voice,
    "express_subject": _express,
    "verbatim_excerpt": lambda i: {"text": reports.excerpt(i["text"])},
    "recommendation": _recommendation,
    "recommendations": _selection,
}
