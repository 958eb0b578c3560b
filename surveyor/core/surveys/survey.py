"""What a customer is asked: a survey and its questions, frozen as the questionnaire version of an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from surveyor.core.quoting import french

#: Names of the two form fields whose meaning is ours: the 0-10 score and the free text.
SCORE_FIELD = "score"
COMMENT_FIELD = "comment"

_HERE = {"fr": "notre magasin", "en": "our store"}
#: The words of a questionnaire are few, and spaced for each email.
_french = lru_cache(maxsize=512)(french)


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages. `{store}` stands for the store's name."""

    fr: str
    en: str

    def say(self, language: str, *, store: str = "") -> str:
        """The text in `language` ("fr", else English), with the store's name or "our store"."""
        text = _french(self.fr) if language == "fr" else self.en
        # Not str.format: a store named "{x.__class__}" stays a name.
        return text.replace("{store}", store or _HERE["fr" if language == "fr" else "en"])


class Kind(StrEnum):
    """The kinds of question: score 0-10, satisfaction, effort, rating of 1-5 stars, one choice of a list, free text."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    STARS = "stars"
    CHOICE = "choice"
    TEXT = "text"


#: The scales a kind may be asked on, the usual one first: (lowest, highest).
SCALES: Mapping[Kind, Mapping[str, tuple[int, int]]] = {
    Kind.CSAT: {"1-5": (1, 5), "0-10": (0, 10)},
    Kind.CES: {"1-7": (1, 7), "0-10": (0, 10)},
}
#: Which end of a scale of effort is the good one.
DIRECTIONS = ("easy_high", "difficult_high")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that a choice question offers: `value` is what is posted and stored."""

    value: str
    label: Words


@dataclass(frozen=True, slots=True)
class ByScore:
    """Another wording of one question for scores 0-6, 7-8 and 9-10: the same field, offered to everybody."""

    low: Words
    mid: Words
    high: Words


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `id` is the name of its form field: `score` (nps), `comment` (the verbatim), else `q_...`.

    `low` and `high` name the ends of a scale. `theme` names what stars are about ("Attente"), for charts.
    `max_length` is in characters after NFC and bounds free text. `by_score`: how the comment is asked for once a score
    is chosen; who answers is never told apart, only how they are asked. `scale` ("1-5", "1-7", "0-10") belongs to
    satisfaction and effort, `direction` to effort alone: a question that keeps its id keeps both.
    """

    id: str
    kind: Kind
    label: Words
    required: bool = False
    low: Words | None = None
    high: Words | None = None
    choices: tuple[Choice, ...] = ()
    theme: Words | None = None
    max_length: int = 4000
    by_score: ByScore | None = None
    scale: str = ""
    direction: str = ""

    def values(self) -> tuple[str, ...]:
        """The answers offered, as posted, in order; none for free text."""
        if self.kind is Kind.NPS:
            return tuple(str(n) for n in range(11))
        if self.kind is Kind.STARS:
            return tuple(str(n) for n in range(1, 6))
        if self.kind in SCALES:
            low, high = SCALES[self.kind].get(self.scale, (1, 0))
            return tuple(str(n) for n in range(low, high + 1))
        return tuple(choice.value for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Survey:
    """A questionnaire: exactly one nps question, named `score`, and the others in the order in which they are shown."""

    id: str
    name: Words
    questions: tuple[Question, ...]

    def question(self, question_id: str) -> Question | None:
        """The question of this id; None when the survey has none."""
        return next((q for q in self.questions if q.id == question_id), None)

    def of_kind(self, kind: Kind) -> tuple[Question, ...]:
        """The questions of one kind, in order."""
        return tuple(q for q in self.questions if q.kind is kind)

    @property
    def score(self) -> Question:
        """The 0-10 question."""
        return self.of_kind(Kind.NPS)[0]


@dataclass(frozen=True, slots=True)
class QuestionnaireVersion:
    """A survey as it was asked: never changed once an invitation carries it. `number` is from 1, by survey id."""

    survey: Survey
    number: int
