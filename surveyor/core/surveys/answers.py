"""From the fields of a survey form to answers, or to complaints: between the customer's POST and a response."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveyor.core.quoting import code_point, french, grouped, shown
from surveyor.core.surveys.survey import COMMENT_FIELD, Kind, Question, Survey
from surveyor.core.surveys.verbatim import clean, forbidden
from surveyor.errors import Complaint

#: What a survey form may hold (security.md): the web layer counts the bytes while it reads them.
MAX_FIELDS = 100
MAX_FORM_BYTES = 64 * 1024

Value = int | str


@dataclass(frozen=True, slots=True)
class Answers:
    """What one form says. score: 0-10. `values`: the other answers, by question id (a number, a choice, text).

    `verbatim` is the comment, "" when there is none. A question left out is absent: never 0, never "".
    """

    score: int
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    verbatim: str = ""

    def digest(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits: the same answers give the same one, in whatever order."""
        content = [self.score, dict(sorted(self.values.items())), self.verbatim]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def parse_answers(
    survey: Survey, items: Sequence[tuple[str, str]], *, control_fields: frozenset[str] = frozenset({"nonce"})
) -> Answers | list[Complaint]:
    """The answers of a form, or everything that is wrong with it (never both, never an exception).

    `items` are the name and value of every field in the order received; `control_fields` belong to the page. Strict: a
    score is one of `0`..`10` in plain ASCII, a field is given once, a question of another survey is refused.
    """
    if len(items) > MAX_FIELDS:
        fr, en = "Plus de 100 champs dans le formulaire.", "More than 100 fields in the form."
        return [_complaint("", "too_many_fields", fr, en)]
    complaints: list[Complaint] = []
    repeated = {name for name, times in Counter(name for name, _ in items).items() if times > 1}
    given = dict(items)
    read: dict[str, Value] = {}
    for question in survey.questions:
        if question.id in repeated:
            continue
        outcome = _read(question, given.get(question.id, ""))
        if isinstance(outcome, Complaint):
            complaints.append(outcome)
        elif outcome != "":
            read[question.id] = outcome
    complaints += [_repeated(name) for name in sorted(repeated)]
    known = {q.id for q in survey.questions} | control_fields
    complaints += [_unknown(name) for name in given if name not in known and name not in repeated]
    if complaints:
        return complaints
    return _answers(survey, read)


def parse_score(raw: str) -> int | None:
    """The score of a score link or a form: `0`..`10` in plain ASCII digits; None for the rest (`09`, `9 `)."""
    return int(raw) if raw in _SCORES else None


_SCORES = frozenset(str(n) for n in range(11))


def _answers(survey: Survey, read: dict[str, Value]) -> Answers:
    score = int(read.pop(survey.score.id))
    verbatim = str(read.pop(COMMENT_FIELD, ""))
    return Answers(score, read, verbatim)


def _read(question: Question, raw: str) -> Value | Complaint:
    """One answer; "" when an optional question was left out."""
    if question.kind is Kind.NPS:
        score = parse_score(raw)
        return _score_missing(question) if score is None else score
    if question.kind is Kind.TEXT:
        return _read_text(question, raw)
    if raw == "":
        return _required(question) if question.required else ""
    if raw not in question.values():
        fr, en = "choisissez une des réponses proposées.", "choose one of the answers offered."
        return _about(question, "answer_invalid", fr, en)
    return raw if question.kind is Kind.CHOICE else int(raw)


def _read_text(question: Question, raw: str) -> str | Complaint:
    control = forbidden(raw)
    if control is not None:
        point = code_point(control)
        return _complaint(
            question.id,
            "text_control_character",
            f"{question.id} contient un caractère de contrôle ({point}). Retirez-le.",
            f"{question.id} contains a control character ({point}). Remove it.",
        )
    text = clean(raw)
    if not text:
        return _required(question) if question.required else ""
    if len(text) > question.max_length:
        return _too_long(question, len(text))
    return text


def _too_long(question: Question, length: int) -> Complaint:
    most = question.max_length
    return _complaint(
        question.id,
        "comment_too_long",
        f"{grouped(length, 'fr')} caractères : {grouped(most, 'fr')} au plus. Raccourcissez, rien n'est perdu.",
        f"{grouped(length, 'en')} characters: at most {grouped(most, 'en')}. Shorten it, nothing is lost.",
    )


def _score_missing(question: Question) -> Complaint:
    return _complaint(question.id, "score_invalid", "Choisissez une note de 0 à 10.", "Choose a score from 0 to 10.")


def _required(question: Question) -> Complaint:
    return _about(question, "answer_required", "une réponse est nécessaire.", "an answer is needed.")


def _about(question: Question, code: str, fr: str, en: str) -> Complaint:
    return _complaint(question.id, code, f"{question.label.say('fr')} : {fr}", f"{question.label.say('en')}: {en}")


def _repeated(name: str) -> Complaint:
    said = shown(name)
    return _complaint(
        said,
        "field_repeated",
        f"{said} est donné plusieurs fois. Donnez-le une seule fois.",
        f"{said} is given several times. Give it once.",
    )


def _unknown(name: str) -> Complaint:
    said = shown(name)
    if name.startswith("q_"):
        fr = f"{said} ne fait pas partie de ce questionnaire. Rechargez la page."
        return _complaint(said, "question_unknown", fr, f"{said} is not part of this survey. Reload the page.")
    fr = f"{said} n'existe pas dans ce formulaire."
    return _complaint(said, "field_unknown", fr, f"{said} does not exist in this form.")


def _complaint(where: str, code: str, fr: str, en: str) -> Complaint:
    return Complaint(where, code, french(fr), en)
