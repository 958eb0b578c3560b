"""The question after a reply, on the customer's side: a GET shows it, a POST counts; no sign-in, no cookie."""

from __future__ import annotations

from flask import Blueprint, g, make_response, render_template
from werkzeug.wrappers import Response

from surveyor.core.tokens import is_token
from surveyor.flows.answer_followup import answer_followup, followup
from surveyor.web.errors import Stop
from surveyor.web.forms import read_fields
from surveyor.web.here import now, services
from surveyor.web.public import pace
from surveyor.web.public.look import PLAIN
from surveyor.web.security.gate import anybody

area = Blueprint("followup", __name__, url_prefix="/f")
FORM_BYTES = 16 * 1024


@area.get("/<token>")
@anybody
def show(token: str) -> Response:
    """The question."""
    return _page(token, None)


@area.post("/<token>")
@anybody
def act(token: str) -> Response:
    """What the customer says."""
    given = dict(read_fields(limit=FORM_BYTES, too_large="form_too_large")).get("come_back", "")
    if given not in ("yes", "no"):
        return _page(token, None, 422)
    return _page(token, given == "yes")


def _page(token: str, said: bool | None, status: int = 200) -> Response:
    if not is_token(token):
        raise Stop("link_unknown", 404, where="path")
    pace.check_link("get", token, now())
    asked = followup(services().sessions, token)
    if asked is None:
        pace.note_guess(now())
        raise Stop("link_unknown", 404, where="path")
    if said is not None:
        asked = answer_followup(services().sessions, token, said, now=now()) or asked
    g.language = asked.language or services().settings.language
    values = {"asked": asked, "done": said is not None, "token": token, "look": PLAIN}
    return make_response(render_template("public/followup.html", **values), status)
