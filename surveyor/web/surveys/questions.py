"""One question of a draft as a form, its place among the others, and new ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.surveys import COMMENT_FIELD, DIRECTIONS, SCALES, ByScore, Choice, Kind, Question, Survey, Words
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import edit_surveys
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.surveys.draft import author, mine, values_of

BANDS = ("low", "mid", "high")
_NAMES = frozenset(
    {"required", "choices", "scale", "direction"}
    | {f"{name}_{tongue}" for name in ("label", "low", "high", "theme") for tongue in ("fr", "en")}
    | {f"by_{band}_{tongue}" for band in BANDS for tongue in ("fr", "en")}
)


def register(area: Blueprint) -> None:
    """Add the pages of questions to those of surveys."""
    write = needs("write", "surveys")
    area.get("/<survey>/draft/question/<question>")(write(question_form))
    area.post("/<survey>/draft/question/<question>")(write(save_question))
    area.post("/<survey>/draft/move")(write(move))
    area.post("/<survey>/draft/remove")(write(remove))
    area.post("/<survey>/draft/add")(write(add))


def question_form(survey: str, question: str) -> Response:
    """One question."""
    draft, active = mine(survey)
    found = draft.survey.question(question)
    if found is None:
        raise NotFound("question")
    values = values_of(draft, active)
    wrong = [one for one in values["findings"] if one.where == question]
    scales = tuple(SCALES.get(found.kind, ()))
    shown = {"question": found, "wrong": wrong, "bands": BANDS, "choices": _choices_text(found), "scales": scales}
    shown["directions"] = DIRECTIONS
    return make_response(render_template("surveys/question.html", **values, **shown, saved="saved" in request.args))


def save_question(survey: str, question: str) -> Response:
    """Keep what was typed of a question."""
    typed = declared(read_fields(), _NAMES)
    _change(survey, lambda found: _with(found, question, lambda old: _typed(old, typed)))
    return redirect(url_for("surveys.question_form", survey=survey, question=question, saved=1), 303)


def move(survey: str) -> Response:
    """One question up or down."""
    fields = declared(read_fields(), ("question", "to"))
    step = {"up": -1, "down": 1}.get(fields.get("to", ""), 0)
    _change(survey, lambda found: _moved(found, fields.get("question", ""), step))
    return redirect(url_for("surveys.draft_page", survey=survey), 303)


def remove(survey: str) -> Response:
    """The draft without a question."""
    name = declared(read_fields(), ("question",)).get("question", "")
    _change(survey, lambda found: replace(found, questions=tuple(q for q in found.questions if q.id != name)))
    return redirect(url_for("surveys.draft_page", survey=survey), 303)


def add(survey: str) -> Response:
    """One question more, at the end."""
    fields = declared(read_fields(), ("kind", "name"))
    kind, name = fields.get("kind", ""), f"q_{fields.get('name', '').strip().lower()}"
    if kind == "comment":
        made = Question(COMMENT_FIELD, Kind.TEXT, Words("", ""))
    elif kind in SCALES and _named(name):
        made = Question(name, Kind(kind), Words("", ""), scale=next(iter(SCALES[Kind(kind)])))
        made = replace(made, direction=DIRECTIONS[0]) if made.kind is Kind.CES else made
    elif kind in (Kind.STARS, Kind.CHOICE, Kind.TEXT) and _named(name):
        made = Question(name, Kind(kind), Words("", ""))
    else:
        raise Refused([_name()])
    _change(survey, lambda found: _added(found, made))
    return redirect(url_for("surveys.question_form", survey=survey, question=made.id), 303)


def _named(name: str) -> bool:
    return re.fullmatch(r"q_[a-z0-9_]{1,40}", name, re.ASCII) is not None


def _change(survey: str, change: Callable[[Survey], Survey]) -> None:
    edit_surveys.change_draft(services().sessions, author(), survey, change, now=now())


def _with(found: Survey, name: str, change: Callable[[Question], Question]) -> Survey:
    if found.question(name) is None:
        raise NotFound("question")
    return replace(found, questions=tuple(change(q) if q.id == name else q for q in found.questions))


def _added(found: Survey, made: Question) -> Survey:
    if found.question(made.id) is not None:
        raise Refused([_name()])
    return replace(found, questions=(*found.questions, made))


def _moved(found: Survey, name: str, step: int) -> Survey:
    questions = list(found.questions)
    at = next((n for n, one in enumerate(questions) if one.id == name), -1)
    if at < 0:
        raise NotFound("question")
    to = min(max(at + step, 0), len(questions) - 1)
    questions.insert(to, questions.pop(at))
    return replace(found, questions=tuple(questions))


def _typed(old: Question, typed: Mapping[str, str]) -> Question:
    """The question as the form says it; a form that was cut short changes what it holds alone."""
    changed: dict[str, Any] = {"label": _words(typed, "label")}
    if old.kind is not Kind.NPS:
        changed["required"] = typed.get("required") == "1"
    if old.kind in (Kind.NPS, Kind.STARS, *SCALES):
        changed |= {"low": _maybe(typed, "low"), "high": _maybe(typed, "high")}
    if old.kind in SCALES and typed.get("scale") in SCALES[old.kind]:
        changed["scale"] = typed["scale"]
    if old.kind is Kind.CES and typed.get("direction") in DIRECTIONS:
        changed["direction"] = typed["direction"]
    if old.kind is Kind.STARS:
        changed["theme"] = _maybe(typed, "theme")
    if old.kind is Kind.CHOICE:
        changed["choices"] = _choices(typed.get("choices", ""))
    if old.id == COMMENT_FIELD:
        bands = [_words(typed, f"by_{band}") for band in BANDS]
        changed["by_score"] = ByScore(*bands) if any(one.fr or one.en for one in bands) else None
    return replace(old, **changed)


def _words(typed: Mapping[str, str], name: str) -> Words:
    return Words(*(typed.get(f"{name}_{tongue}", "").strip() for tongue in ("fr", "en")))


def _maybe(typed: Mapping[str, str], name: str) -> Words | None:
    words = _words(typed, name)
    return words if words.fr or words.en else None


def _choices(text: str) -> tuple[Choice, ...]:
    """One answer a line: `value = français | English`."""
    found = []
    for line in filter(str.strip, text.splitlines()):
        value, _, said = line.partition("=")
        french, _, english = said.partition("|")
        found.append(Choice(value.strip(), Words(french.strip(), english.strip())))
    return tuple(found)


def _choices_text(question: Question) -> str:
    return "\n".join(f"{one.value} = {one.label.fr} | {one.label.en}" for one in question.choices)


def _name() -> Complaint:
    fr = "Donnez un nom court qui n'est pas pris : lettres sans accent, chiffres ou _."
    return Complaint("name", "question_name", fr, "Give a short name that is free: plain letters, digits or _.")
