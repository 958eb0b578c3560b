"""Pages of surveys: each with its questions in force, how they look to a customer, and every version before."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from surveyor.core.rules import text_diff
from surveyor.core.surveys import Survey
from surveyor.core.surveys.compared import as_text, changes
from surveyor.db import survey_versions
from surveyor.db.survey_versions import Version
from surveyor.errors import NotFound
from surveyor.flows.edit_surveys import current
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.public.page import Page
from surveyor.web.security.gate import needs
from surveyor.web.security.headers import PUBLIC
from surveyor.web.security.people import me
from surveyor.web.texts import LANGUAGES

area = Blueprint("surveys", __name__, url_prefix="/surveys")
FRAMED = PUBLIC.replace("frame-ancestors 'none'", "frame-ancestors 'self'").replace(
    "form-action 'self'", "form-action 'none'"
)


@area.get("")
@needs("read", "surveys")
def listing() -> AnyResponse:
    """Every survey and its version."""
    return listing_page()


def listing_page(status: int = 200, complaints: Any = (), typed: Any = None) -> AnyResponse:
    """The surveys there are, one's own drafts of new ones, and the form of another."""
    may = bool(me().may("write", "surveys"))
    with services().sessions() as session:
        rows = [current(session, one) for one in survey_versions.ids(session)]
        drafts = survey_versions.drafts_of(session, str(me().id)) if may else []
    values = {
        "rows": rows,
        "drafts": {one.survey.id for one in drafts},
        "new": [one for one in drafts if one.survey.id not in {row.survey.id for row in rows}],
        "may": may,
        "complaints": list(complaints),
        "typed": typed or {},
    }
    return make_response(render_template("surveys/listing.html", **values), status)


@area.get("/<survey>")
@needs("read", "surveys")
def page(survey: str) -> AnyResponse:
    """The questions in force."""
    return _page(survey, None)


@area.get("/<survey>/<number>")
@needs("read", "surveys")
def version(survey: str, number: str) -> AnyResponse:
    """One version."""
    return _page(survey, number_of(number))


@area.get("/<survey>/<number>/html")
@needs("read", "surveys")
def version_frame(survey: str, number: str) -> Response:
    """One version as a customer sees it."""
    return frame(version_of(survey, number_of(number)).survey)


@area.get("/<survey>/compare/<one>/<other>")
@needs("read", "surveys")
def compare(survey: str, one: str, other: str) -> AnyResponse:
    """What changed from one version to another."""
    a, b = (version_of(survey, number_of(number)) for number in (one, other))
    changed = changes(a.survey, b.survey, language())
    text = text_diff(as_text(a.survey), as_text(b.survey))
    return make_response(render_template("surveys/compare.html", a=a, b=b, changed=changed, text=text))


def number_of(text: str) -> int:
    """A version's number from an address."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text, re.ASCII):
        raise NotFound("survey")
    return int(text)


def version_of(survey: str, number: int | None) -> Version:
    """A version of a survey, the one in force without a number."""
    with services().sessions() as session:
        return current(session, survey, number)


def frame(survey: Survey) -> Response:
    """The page of a survey for a frame of ours: no link, no script that acts, nothing to send."""
    asked = request.args.get("spoken", "")
    spoken = asked if asked in LANGUAGES else language()
    g.language = spoken
    today = now().date()
    shown = Page(
        action="",
        nonce="",
        survey=survey,
        store="Lille Centre",
        brand="",
        privacy_url="",
        order_day=today - timedelta(days=2),
        end=today,
        given={},
    )
    html = render_template("public/survey.html", page=shown, language=spoken)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = FRAMED
    return response


def _page(survey: str, number: int | None) -> AnyResponse:
    found = version_of(survey, number)
    with services().sessions() as session:
        history = survey_versions.versions(session, survey)
        may = bool(me().may("write", "surveys"))
        mine = survey_versions.find_draft(session, str(me().id), survey) if may else None
    values: dict[str, Any] = {
        "found": found,
        "history": history,
        "current": history[0].number,
        "mine": mine,
        "saved": "saved" in request.args,
        "spoken": spoken_of(),
    }
    return make_response(render_template("surveys/page.html", **values))


def spoken_of() -> str:
    """The language that a preview is looked at in."""
    asked = request.args.get("spoken", "")
    return asked if asked in LANGUAGES else language()
