"""Why a customer was asked or not: a sentence and every check with its value, from the values that a decision kept."""

from __future__ import annotations

from dataclasses import dataclass

from surveyor.core.decision import Decision
from surveyor.core.explain.changed import what_would_change
from surveyor.core.explain.changed_words import change_words, ways_words
from surveyor.core.explain.checks import Check, checks
from surveyor.core.explain.moments import Moment
from surveyor.core.explain.occasions import Occasion
from surveyor.core.explain.sentences import planned_day, sentence
from surveyor.core.explain.uncounted import not_counted
from surveyor.core.explain.words import day_words
from surveyor.core.quoting import french
from surveyor.core.reasons import Verdict
from surveyor.core.rules import Rule

__all__ = [
    "Check",
    "Explanation",
    "Moment",
    "Occasion",
    "change_words",
    "checks",
    "explain",
    "next_day",
    "next_words",
    "not_counted",
    "sentence",
    "ways_words",
    "what_would_change",
]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`next_day`: ordinal of the day from which an email is possible again, or is planned for; None: unknown."""

    sentence: str
    checks: tuple[Check, ...]
    next_day: int | None


def explain(decision: Decision, rule: Rule | None, *, language: str) -> Explanation:
    """What this decision says, in "fr" or "en". `rule`: as lived then (its limits are shown), None when it is lost."""
    words = sentence(decision, language=language)
    return Explanation(words, checks(decision, rule, language=language), next_day(decision))


def next_day(decision: Decision) -> int | None:
    """The planned day, else the end of the cool-down when that is still to come; from the decision's values alone."""
    if decision.verdict is Verdict.SCHEDULED:
        return planned_day(decision)
    end = decision.cooldown_end
    return end if end is not None and end > decision.day else None


def next_words(decision: Decision, *, language: str) -> str:
    """ "Prochain envoi possible le 14 mars."; "" when the decision does not know."""
    day = next_day(decision)
    if day is None:
        return ""
    words = day_words(day, language, near=decision.day)
    if decision.verdict is Verdict.SCHEDULED:
        return french(f"Envoi prévu le {words}.") if language == "fr" else f"Email planned for {words}."
    return french(f"Prochain envoi possible le {words}.") if language == "fr" else f"Next email possible on {words}."
