"""Goals in the sentences of a report: what was aimed at and whether it is settled, beside a score or a rate."""

from __future__ import annotations

from collections.abc import Mapping

from surveyor.core.goals import Aimed
from surveyor.core.rounding import decimal, percent_sign, signed


def of_goal(aimed: Mapping[str, Aimed], key: str, language: str) -> str:
    """ "Objectif : +45, pas encore tranché." of a figure; "" without a goal. key: nps (points) or a rate (percent)."""
    found = aimed.get(key)
    if found is None:
        return ""
    whole = 0 if float(found.target).is_integer() else 1
    target = signed(found.target) if key == "nps" else percent_sign(decimal(found.target, whole, language), language)
    words = found.verdict.words(language)
    return f"Objectif : {target}, {words}." if language == "fr" else f"Goal: {target}, {words}."
