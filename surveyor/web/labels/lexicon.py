"""Pages of the lexicon: the text in force and its versions; the draft, what it would change, its publication."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from surveyor.core.labels import read_lexicon
from surveyor.core.rules import text_diff
from surveyor.db import labels
from surveyor.errors import NotFound, Refused
from surveyor.flows import edit_labels
from surveyor.flows.edit_labels import Wanted
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.fields import plain_text
from surveyor.web.forms import StaffForm, declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("lexicon", __name__, url_prefix="/labels/lexicon")


class LexiconForm(StaffForm):
    """The text of a draft."""

    text = StringField()


class PublishForm(StaffForm):
    """Why it is published."""

    why = StringField(validators=[plain_text("labels.lexicon.why", most=500)])


@area.get("")
@needs("read", "labels")
def page() -> Response:
    """The text in force, its versions, and words that no rule knows."""
    with services().sessions() as session:
        found = in_force(session)
        history = labels.versions(session)
        mine = labels.find_draft(session, str(me().id))
        words = edit_labels.suggested(session, found.lexicon, language())
    values = {"found": found, "history": history, "mine": mine, "words": words, "saved": "saved" in request.args}
    return make_response(render_template("labels/lexicon.html", **values))


@area.post("/draft/new")
@needs("write", "labels")
def begin() -> Response:
    """Begin a draft from the version in force, or from an old one."""
    given = declared(read_fields(), {"number"}).get("number", "")
    if given and not re.fullmatch(r"[1-9][0-9]{0,8}", given, re.ASCII):
        raise NotFound("labels")
    edit_labels.open_draft(services().sessions, str(me().id), now=now(), number=int(given) if given else None)
    return redirect(url_for("lexicon.draft"), 303)


@area.get("/draft")
@needs("write", "labels")
def draft() -> Response:
    """The draft, what is wrong with it, and what it would change."""
    return _draft()


@area.post("/draft")
@needs("write", "labels")
def save() -> Response:
    """Keep what was typed."""
    form = LexiconForm.posted()
    if form.complaints():
        return _draft(422, form.complaints())
    edit_labels.save_draft(services().sessions, str(me().id), form.text.data or "", now=now())
    return redirect(url_for("lexicon.draft", saved=1), 303)


@area.post("/draft/publish")
@needs("write", "labels")
def publish() -> Response:
    """Publish the draft."""
    form = PublishForm.posted()
    complaints = form.complaints()
    if complaints:
        return _draft(422, complaints)
    person = me()
    wanted = Wanted(str(person.id), person.account.name or person.account.email, form.why.data or "")
    try:
        edit_labels.publish_labels(services().sessions, wanted, by=person.actor, now=now())
    except Refused as refused:
        return _draft(refused.status, refused.complaints)
    return redirect(url_for("lexicon.page", saved=1), 303)


@area.post("/draft/discard")
@needs("write", "labels")
def discard() -> Response:
    """Forget the draft."""
    press()
    edit_labels.discard_draft(services().sessions, str(me().id))
    return redirect(url_for("lexicon.page"), 303)


def _draft(status: int = 200, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        mine = labels.find_draft(session, str(me().id))
        found = in_force(session)
    if mine is None and complaints:
        raise Refused(complaints)
    if mine is None:
        return redirect(url_for("lexicon.page"), 303)
    lexicon, wrong = read_lexicon(mine.text)
    moved, tried = edit_labels.effect(services().sessions, lexicon) if lexicon is not None else ([], 0)
    names = {one.id: one.name(language()) for one in (*found.lexicon.labels, *(lexicon.labels if lexicon else ()))}
    values: dict[str, Any] = {
        "mine": mine,
        "number": found.number,
        "wrong": wrong,
        "moved": moved,
        "tried": tried,
        "names": names,
        "changed": mine.text != found.text,
        "diff": text_diff(found.text, mine.text),
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("labels/draft.html", **values), status)
