"""The survey of a link: a GET shows and never votes, a POST records; thanks, one more click, or come back later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from surveyor.core.responses import Answer
from surveyor.core.surveys import SCORE_FIELD, parse_score
from surveyor.core.tokens import client_key, is_token
from surveyor.flows.customer_journey import CustomerJourneys, Defaults
from surveyor.flows.record_response import Ended, Form, Invalid, Recorded, Stale, Unknown, record_response
from surveyor.flows.record_visit import Opening, SurveyPage, record_visit
from surveyor.web.days import day as in_words
from surveyor.web.errors import Stop
from surveyor.web.forms import Fields, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language, text
from surveyor.web.public import pace
from surveyor.web.public.drawn import survey_page
from surveyor.web.public.page import Page, base, chosen_language, given_back, given_before, speak
from surveyor.web.public.thanks import call_back_of, voice_of
from surveyor.web.public.trial import is_trial, trial_page
from surveyor.web.security.client import client
from surveyor.web.security.gate import anybody

area = Blueprint("survey", __name__, url_prefix="/s")
FORM_BYTES = 64 * 1024


@area.get("/<token>")
@area.get("/<token>/<score>")
@anybody
def show(token: str, score: str = "") -> AnyResponse:
    found = _open(token, score)
    given = {SCORE_FIELD: score} if parse_score(score) is not None else {}
    common: dict[str, Any] = base(token, found.link, found.survey, found.nonce)
    if found.standing is None:
        return make_response(survey_page(Page(**common, given=given)))
    # A form that came back empty would take the comment away from who only wants another score.
    page = Page(**common, given={**given_before(found.answers), **given})  # type: ignore[arg-type]
    notice = text("public.survey.again", day=in_words(found.answered_on), end=in_words(common["end"]))
    return _page("public/survey.html", replace(page, notice=notice))


@area.get("/<token>/thanks")
@anybody
def thanks(token: str) -> AnyResponse:
    found = open_link(token)
    if found.standing is None:
        return _page("public/survey.html", Page(**base(token, found.link, found.survey, found.nonce)))  # type: ignore[arg-type]
    common = base(token, found.link, found.survey, found.nonce)
    page = Page(**common, given=given_before(found.answers))  # type: ignore[arg-type]
    publish = url_for("consent.publish", token=token, lang=chosen_language())
    ask_back = url_for("call_back.ask", token=token, lang=chosen_language())
    call_back = call_back_of(found.link, found.standing)
    voice = voice_of(found.link, bool(found.verbatim))
    return _page("public/thanks.html", page, voice=voice, publish=publish, call_back=call_back, ask_back=ask_back)


def open_link(token: str, *, kind: str = "get") -> SurveyPage:
    """The page of a link, only looked at. kind: "post" for a form that acts. Raises Stop: 404, 410, 429."""
    return _open(token, None, kind=kind)


@area.post("/<token>")
@anybody
def record(token: str) -> AnyResponse:
    items = read_fields(limit=FORM_BYTES, too_large="form_too_large")
    at = now()
    _check(token, "post")
    here = services()
    result = record_response(
        here.sessions,
        token,
        form=Form(tuple(items), _client_key()),
        keys=here.keyring,
        journeys=CustomerJourneys(here.keyring, Defaults(here.settings.time_zone, here.settings.language)),
        now=at,
    )
    if isinstance(result, Unknown):
        raise _unknown(token)
    if isinstance(result, Ended):
        raise _over(result)
    if isinstance(result, Stale | Invalid):
        return _again(token, result, items)
    return _recorded(token, result, items)


def _again(token: str, result: Stale | Invalid, items: Fields) -> AnyResponse:
    """The form again, with what was typed."""
    common: dict[str, Any] = base(token, result.link, result.survey, result.nonce)
    page = Page(**common, given=given_back(items, result.survey))
    if isinstance(result, Invalid):
        return _page("public/survey.html", replace(page, complaints=result.complaints), 422)
    alert = text("public.form_expired.text")
    return _page("public/survey.html", replace(page, alert=alert, alert_code="form_expired", alert_where="nonce"), 400)


def _recorded(token: str, result: Recorded, items: Fields) -> AnyResponse:
    if result.answer is Answer.STANDS:
        return redirect(url_for("survey.thanks", token=token, lang=chosen_language()), 303)
    common: dict[str, Any] = base(token, result.link, result.survey, result.nonce)
    page = Page(**common, given=given_back(items, result.survey))
    if result.answer is Answer.CONFIRM:
        return _page("public/step_up.html", page, scores=result.scores)
    return _page("public/burst.html", page)


def _open(token: str, score: str | None, *, kind: str = "get") -> SurveyPage:
    """The page of a link; `score` None: only look. Raises Stop: 404, 410, 429."""
    _check(token, kind)
    opening = None
    if score is not None:
        prefetch = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
        navigated = request.headers.get("Sec-Fetch-Mode", "") == "navigate"
        opening = Opening(request.method, _client_key(), parse_score(score), prefetch, navigated)
    found = record_visit(services().sessions, token, opening=opening, keys=services().keyring, now=now())
    if isinstance(found, Unknown):
        raise _unknown(token)
    if isinstance(found, Ended):
        raise _over(found)
    return found


def _check(token: str, kind: str) -> None:
    """Shape first, then the pace; nothing has asked the database yet."""
    if not is_token(token):
        raise Stop("link_unknown", 404, where="path")
    pace.check_guessing(now())
    pace.check_link(kind, token, now())


def _unknown(token: str) -> Exception:
    if is_trial(token):
        return trial_page(token)
    pace.note_guess(now())
    return Stop("link_unknown", 404, where="path")


def _over(ended: Ended) -> Stop:
    speak(ended.link)
    return Stop("link_expired", 410, where="path")


def _client_key() -> bytes:
    at = now()
    agent = request.headers.get("User-Agent", "")[:400]
    return client_key(services().keyring.newest, day=f"{at:%Y-%m-%d}", prefix=client().ip_prefix, browser=agent)


def _page(view: str, page: Page, status: int = 200, **values: Any) -> Response:
    return make_response(render_template(view, page=page, language=language(), **values), status)
