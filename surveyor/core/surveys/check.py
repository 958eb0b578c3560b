"""What is wrong with a survey before it is asked of anybody: ids, wordings in both languages, order, kinds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from surveyor.core.quoting import shown
from surveyor.core.surveys.survey import COMMENT_FIELD, DIRECTIONS, SCALES, SCORE_FIELD, Kind, Question, Survey, Words
from surveyor.core.surveys.verbatim import forbidden
from surveyor.errors import Complaint

MAX_QUESTIONS = 30
MAX_CHOICES = 20
MAX_LABEL = 300
_ID = re.compile(r"q_[a-z0-9_]{1,40}", re.ASCII)
_VALUE = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)


def check_survey(survey: Survey, *, before: Survey | None = None, asked: Sequence[Survey] = ()) -> list[Complaint]:
    """Everything that is wrong; empty when it may be asked. before: the version it follows; asked: all that ever were.

    A question that keeps its id keeps its kind and what its values mean, so that its answers stay comparable: answers
    are added up by the id of their question, whatever the survey.
    """
    scales = {q.id: (q.scale, q.direction) for one in (*asked, *filter(None, [before])) for q in one.questions}
    found = [*_shape(survey), *_words("name", survey.name)]
    for question in survey.questions:
        found += _question(question)
        old = before.question(question.id) if before is not None else None
        if old is not None and old.kind is not question.kind:
            fr = "garde le même nom : gardez la même sorte, ou ajoutez une autre question."
            found.append(
                _about(question.id, "question_kind_changed", fr, "keeps its name: keep its kind, or add another.")
            )
        if scales.get(question.id, ("", "")) not in (("", ""), (question.scale, question.direction)):
            fr = "a été posée sur une autre échelle : deux échelles ne se mélangent pas. Ajoutez une autre question."
            en = "was asked on another scale before: two scales are never mixed. Add another question."
            found.append(_about(question.id, "question_scale_changed", fr, en))
    return found


def _shape(survey: Survey) -> Iterator[Complaint]:
    scores = survey.of_kind(Kind.NPS)
    if len(scores) != 1 or not survey.questions or survey.questions[0].kind is not Kind.NPS:
        fr = "la note de 0 à 10 est demandée une fois, et d'abord : ce qui la précède la déplacerait."
        en = "the score from 0 to 10 is asked for once, and first: what stands before would move it."
        yield _about("questions", "score_first", fr, en)
    if len(survey.questions) > MAX_QUESTIONS:
        fr, en = f"{MAX_QUESTIONS} questions au plus.", f"at most {MAX_QUESTIONS} questions."
        yield _about("questions", "too_many_questions", fr, en)
    for name, times in Counter(question.id for question in survey.questions).items():
        if times > 1:
            yield _about(name, "question_repeated", "ce nom est pris deux fois.", "this name is taken twice.")


def _question(question: Question) -> Iterator[Complaint]:
    comment = question.kind is Kind.TEXT and question.id == COMMENT_FIELD
    named = question.id == SCORE_FIELD if question.kind is Kind.NPS else bool(_ID.fullmatch(question.id))
    if not named and not comment:
        fr, en = "nom attendu : q_ puis lettres, chiffres ou _.", "name expected: q_, then letters, digits or _."
        yield _about(question.id, "question_id", fr, en)
    yield from _words(question.id, question.label)
    if question.kind is Kind.NPS:
        if not question.required:
            yield _about(question.id, "score_required", "la note est obligatoire.", "the score is required.")
        for end in (question.low, question.high):
            yield from _words(question.id, end or Words("", ""))
    if question.kind is Kind.STARS:
        yield from _words(question.id, question.theme or Words("", ""), "thème", "theme")
    if question.kind in SCALES:
        yield from _scale(question)
    if question.kind is Kind.CHOICE:
        yield from _choices(question)
    if question.by_score is not None:
        if not comment:
            fr, en = "seul le commentaire se demande selon la note.", "the comment alone is asked for by the score."
            yield _about(question.id, "by_score_place", fr, en)
        for said in (question.by_score.low, question.by_score.mid, question.by_score.high):
            yield from _words(question.id, said, "question selon la note", "question by the score")
    if not 1 <= question.max_length <= 4000:
        yield _about(question.id, "max_length", "de 1 à 4 000 caractères.", "1 to 4,000 characters.")


def _scale(question: Question) -> Iterator[Complaint]:
    known = ", ".join(SCALES[question.kind])
    if question.scale not in SCALES[question.kind]:
        yield _about(question.id, "question_scale", f"échelle attendue : {known}.", f"scale expected: {known}.")
    if question.kind is Kind.CES and question.direction not in DIRECTIONS:
        fr, en = "dites quel bout de l'échelle est le facile.", "say which end of the scale is the easy one."
        yield _about(question.id, "question_direction", fr, en)
    for end in (question.low, question.high):
        yield from _words(question.id, end or Words("", ""), "bout de l'échelle", "end of the scale")


def _choices(question: Question) -> Iterator[Complaint]:
    values = [choice.value for choice in question.choices]
    if not 2 <= len(values) <= MAX_CHOICES or len(set(values)) != len(values):
        fr = f"de 2 à {MAX_CHOICES} réponses, chacune avec sa valeur."
        yield _about(question.id, "choices", fr, f"2 to {MAX_CHOICES} answers, each with its value.")
    for choice in question.choices:
        if not _VALUE.fullmatch(choice.value):
            fr, en = (
                f"valeur {shown(choice.value)} : a-z, 0-9, _ ou -.",
                f"value {shown(choice.value)}: a-z, 0-9, _ or -.",
            )
            yield _about(question.id, "choice_value", fr, en)
        yield from _words(question.id, choice.label, "réponse", "answer")


def _words(where: str, words: Words, what_fr: str = "texte", what_en: str = "text") -> Iterator[Complaint]:
    for language, said_fr, said_en, text in (
        ("fr", "français", "French", words.fr),
        ("en", "anglais", "English", words.en),
    ):
        if not text.strip():
            fr, en = f"le {what_fr} manque en {said_fr}.", f"the {what_en} is missing in {said_en}."
            yield _about(where, f"text_missing_{language}", fr, en)
        elif len(text) > MAX_LABEL or forbidden(text) is not None or "\n" in text:
            fr = f"le {what_fr} en {said_fr} tient sur une ligne de {MAX_LABEL} caractères."
            yield _about(
                where, "text_unfit", fr, f"the {what_en} in {said_en} fits one line of {MAX_LABEL} characters."
            )
        elif re.search(r"[{}]", text.replace("{store}", "")):
            fr, en = "seul {store} se remplace.", "only {store} is replaced."
            yield _about(where, "text_slot", fr, en)


def _about(where: str, code: str, fr: str, en: str) -> Complaint:
    return Complaint(where, code, f"{shown(where)} : {fr}", f"{shown(where)}: {en}")
