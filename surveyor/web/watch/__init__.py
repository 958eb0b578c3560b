"""Answers that look arranged, asked about to the network: questions with their counts, never accusations."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.scope import NETWORK
from surveyor.errors import NotFound, Refused
from surveyor.flows.watch_answers import DAYS, answer_question, questions
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("watch", __name__, url_prefix="/watch")


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(area)


def find() -> bool:
    """For readers of the whole network: a question compares what stores cannot see of each other."""
    if NETWORK not in me().reach:
        raise NotFound("watch")
    return True


@area.get("")
@needs("write", "emails", find=find)
def page() -> Response:
    return _page()


@area.post("")
@needs("write", "emails", find=find)
def answer() -> Response:
    given = declared(read_fields(), ("kind", "store", "mark", "answer"))
    key = (given.get("kind", ""), given.get("store", ""), given.get("mark", ""))
    try:
        answer_question(services().sessions, key, answer=given.get("answer", ""), by=me().actor, now=now())
    except Refused as refused:
        return _page(refused.status, refused.complaints)
    return redirect(url_for("watch.page", saved=1), 303)


def _page(status: int = 200, complaints: Any = ()) -> Response:
    today = now().astimezone(ZoneInfo(services().settings.time_zone)).date()
    with services().sessions() as session:
        found = questions(session, today=today)
    values = {"questions": found, "days": DAYS, "complaints": list(complaints), "saved": "saved" in request.args}
    return make_response(render_template("watch/page.html", **values), status)
