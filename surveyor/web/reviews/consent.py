"""After an answer, from its link: agree to publish one's words, or take that back; the score has no part in it."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from surveyor.flows.agree_to_publish import agree_to_publish
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.public.page import chosen_language
from surveyor.web.public.survey import open_link
from surveyor.web.security.gate import anybody

area = Blueprint("consent", __name__, url_prefix="/s")


@area.post("/<token>/publish")
@anybody
def publish(token: str) -> Response:
    """The box is ticked or it is not; a page without an answer has nothing to publish."""
    given = declared(read_fields(limit=4096), ("publish",))
    found = open_link(token, kind="post")
    if found.standing is not None:
        agrees = given.get("publish") == "1"
        agree_to_publish(services().sessions, found.link.invitation_id, agrees=agrees, now=now())
    return redirect(url_for("survey.thanks", token=token, lang=chosen_language()), 303)
