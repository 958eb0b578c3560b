"""Surveys and answers as plain data and back: what the database keeps of a questionnaire version and of a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.surveys.answers import Answers
from surveyor.core.surveys.survey import ByScore, Choice, Kind, Question, Survey, Words


def to_plain(survey: Survey) -> dict[str, Any]:
    """The survey as JSON values, every key present; `from_plain` gives the same survey back."""
    return {"id": survey.id, "name": _words(survey.name), "questions": [_question(q) for q in survey.questions]}


def from_plain(plain: Mapping[str, Any]) -> Survey:
    """A survey from `to_plain`. Raises KeyError or ValueError for anything else: what is stored is ours."""
    return Survey(plain["id"], Words(**plain["name"]), tuple(_question_back(q) for q in plain["questions"]))


def answers_to_plain(answers: Answers) -> dict[str, Any]:
    """The answers as JSON values; `answers_from_plain` gives them back."""
    return {"score": answers.score, "values": dict(answers.values), "verbatim": answers.verbatim}


def answers_from_plain(plain: Mapping[str, Any]) -> Answers:
    """Answers from `answers_to_plain`."""
    return Answers(plain["score"], dict(plain["values"]), plain["verbatim"])


def _words(words: Words | None) -> dict[str, str] | None:
    return None if words is None else {"fr": words.fr, "en": words.en}


def _words_back(plain: Mapping[str, str] | None) -> Words | None:
    return None if plain is None else Words(**plain)


def _by_score(said: ByScore | None) -> dict[str, Any] | None:
    return None if said is None else {band: _words(getattr(said, band)) for band in ("low", "mid", "high")}


def _by_score_back(plain: Mapping[str, Any] | None) -> ByScore | None:
    return None if plain is None else ByScore(**{band: Words(**said) for band, said in plain.items()})


def _question(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "kind": question.kind.value,
        "label": _words(question.label),
        "required": question.required,
        "low": _words(question.low),
        "high": _words(question.high),
        "choices": [{"value": c.value, "label": _words(c.label)} for c in question.choices],
        "theme": _words(question.theme),
        "max_length": question.max_length,
        "by_score": _by_score(question.by_score),
        "scale": question.scale,
        "direction": question.direction,
    }


def _question_back(plain: Mapping[str, Any]) -> Question:
    return Question(
        id=plain["id"],
        kind=Kind(plain["kind"]),
        label=Words(**plain["label"]),
        required=plain["required"],
        low=_words_back(plain["low"]),
        high=_words_back(plain["high"]),
        choices=tuple(Choice(c["value"], Words(**c["label"])) for c in plain["choices"]),
        theme=_words_back(plain["theme"]),
        max_length=plain["max_length"],
        by_score=_by_score_back(plain.get("by_score")),
        scale=plain.get("scale", ""),
        direction=plain.get("direction", ""),
    )
