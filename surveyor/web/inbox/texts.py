"""Texts that replies begin with: written once for the network, in French and English."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.db import reply_texts
from surveyor.flows.edit_reply_texts import drop_text, keep_text
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.inbox.forms import TextForm
from surveyor.web.inbox.found import identifier
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("reply_texts", __name__, url_prefix="/reply-texts")


@area.get("")
@needs("write", "cases")
def listing() -> Response:
    """Every text."""
    return _listing()


@area.post("")
@needs("write", "labels")
def add(**_: Any) -> Response:
    """Keep a text."""
    form = TextForm.posted()
    complaints = form.complaints()
    typed = {"name": form.name.data or "", "language": form.language.data or "", "body": form.body.data or ""}
    if complaints:
        return _listing(422, complaints, typed)
    keep_text(services().sessions, **typed, by=me().actor, now=now())
    return redirect(url_for("reply_texts.listing", saved=1), 303)


@area.post("/<text_id>/delete")
@needs("write", "labels")
def delete(text_id: str) -> Response:
    """Let go of a text."""
    press()
    drop_text(services().sessions, identifier(text_id, "text"), by=me().actor, now=now())
    return redirect(url_for("reply_texts.listing", saved=1), 303)


def _listing(status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None) -> Response:
    with services().sessions() as session:
        rows = reply_texts.listed(session)
    values = {
        "rows": rows,
        "complaints": list(complaints),
        "typed": typed or {"name": "", "language": "fr", "body": ""},
        "saved": "saved" in request.args,
    }
    return make_response(render_template("inbox/texts.html", **values), status)
