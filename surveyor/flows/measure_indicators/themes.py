"""What the star questions that customers answered are about: from questionnaires to the themes of SUR-09."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.indicators.measures import Said
from surveyor.core.surveys import STANDARD_SURVEYS, Kind, from_plain
from surveyor.db import questionnaires


def themes(session: Any, answers: Mapping[Any, Mapping[tuple[str, str], int]]) -> dict[str, Said]:
    """Question -> its theme, for star questions with an answer, in the order they are asked; the newest words win."""
    answered = {question for counts in answers.values() for question, _ in counts}
    if not answered:
        return {}
    surveys = [version.survey for version in STANDARD_SURVEYS.values()]
    surveys += [from_plain(body) for body in questionnaires.bodies(session)]
    found: dict[str, Said] = {}
    for survey in surveys:
        for question in survey.of_kind(Kind.STARS):
            if question.id in answered:
                words = question.theme or question.label
                found[question.id] = Said(words.fr, words.en)
    return found
