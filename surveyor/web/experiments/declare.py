"""Declare an experiment: the form writes it into the draft of the rules, to be checked, simulated, published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveyor.core.rules import ARM_KEYS
from surveyor.db import rule_drafts, rules
from surveyor.errors import Complaint
from surveyor.flows import edit_rules
from surveyor.flows.edit_rules import document
from surveyor.web.experiments.forms import DeclareForm
from surveyor.web.experiments.shown import key_words
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("experiment_draft", __name__, url_prefix="/experiments/new")


@area.get("")
@needs("write", "experiments")
def new() -> Response:
    """The form, over the rules of the author's draft, else of the version in force."""
    return _form()


@area.post("")
@needs("write", "experiments")
def save() -> Response:
    """Write it into the draft, opened if there is none; the draft says what else is wrong."""
    form: Any = DeclareForm.posted()
    complaints = form.complaints()
    if complaints:
        return _form(422, complaints, form)
    author = str(me().id)
    edit_rules.open_draft(services().sessions, author, now=now())
    head = {
        "name": form.name.data.strip(),
        "starts": date.fromisoformat(form.starts.data),
        "ends": date.fromisoformat(form.ends.data),
    }
    other = {"name": "b", form.key.data: form.value.data}

    def change(text: str) -> str:
        return document.set_experiment(text, int(form.rule.data), head, [{"name": "a"}, other])

    try:
        edit_rules.change_draft(services().sessions, author, change, now=now())
    except (document.Unreadable, IndexError):
        return redirect(url_for("rules.page"), 303)
    return redirect(url_for("rules.page"), 303)


def _text() -> str:
    """The author's draft, else the version in force; nothing is written by looking."""
    with services().sessions() as session:
        draft, active = rule_drafts.find(session, str(me().id)), rules.active(session)
        version = None if active is None else rules.version(session, active[0])
    return draft.text if draft is not None else version.text if version is not None else ""


def _form(status: int = 200, complaints: Sequence[Complaint] = (), form: Any = None) -> Response:
    try:
        found = document.rules_of(_text())
    except document.Unreadable:
        return redirect(url_for("rules.page"), 303)
    begins = now().date() + timedelta(days=7)
    values = {
        "rules": [(str(n), str(one.get("name") or one.get("id") or n + 1)) for n, one in enumerate(found)],
        "keys": [(key, key_words(key)) for key in ARM_KEYS],
        "form": form,
        "complaints": list(complaints),
        "starts": begins,
        "ends": begins + timedelta(days=56),
    }
    return make_response(render_template("experiments/new.html", **values), status)
