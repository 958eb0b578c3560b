"""What customers were asked beside the score, from questionnaires to SUR-05 to 09: themes of stars, and scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from surveyor.core.indicators.measures import Said
from surveyor.core.indicators.scales import Scaled
from surveyor.core.surveys import SCALES, STANDARD_SURVEYS, Kind, Question, from_plain
from surveyor.db import questionnaires

#: Indicators fed by answers to other questions than the score.
OTHER_QUESTIONS = frozenset({"stars", "csat", "csat_satisfied", "ces", "ces_easy", "label_importance"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Question -> the theme of its stars, or its scale; those with an answer, in the order they are asked."""

    themes: dict[str, Said] = field(default_factory=dict)
    scaled: dict[str, Scaled] = field(default_factory=dict)


def asked_about(session: Any, answers: Mapping[Any, Mapping[tuple[str, str], int]]) -> Asked:
    """What the questions with an answer were about; the newest words win."""
    answered = {question for counts in answers.values() for question, _ in counts}
    found = Asked()
    if not answered:
        return found
    surveys = [version.survey for version in STANDARD_SURVEYS.values()]
    surveys += [from_plain(body) for body in questionnaires.bodies(session)]
    for survey in surveys:
        for question in survey.questions:
            if question.id in answered:
                _note(found, question)
    return found


def _note(found: Asked, question: Question) -> None:
    words = question.theme or question.label
    if question.kind is Kind.STARS:
        found.themes[question.id] = Said(words.fr, words.en)
    elif question.kind in SCALES:
        kind = cast(Literal["csat", "ces"], question.kind.value)
        label = Said(words.say("fr"), words.say("en"))
        found.scaled[question.id] = Scaled(kind, question.scale, question.direction, label)
