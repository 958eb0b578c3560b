"""After a low score, from the link of an answer: ask to be written to, or take that back."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from surveyor.flows.ask_call_back import ask_call_back
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.public.page import chosen_language
from surveyor.web.public.survey import open_link
from surveyor.web.security.gate import anybody

area = Blueprint("call_back", __name__, url_prefix="/s")


@area.post("/<token>/call-back")
@anybody
def ask(token: str) -> Response:
    """One field, yes or no; a page without an answer has nothing to ask."""
    given = declared(read_fields(limit=4096), ("call_back",))
    found = open_link(token, kind="post")
    if found.standing is not None:
        wants = given.get("call_back") == "1"
        ask_call_back(services().sessions, found.link.invitation_id, wants=wants, now=now())
    return redirect(url_for("survey.thanks", token=token, lang=chosen_language()), 303)
