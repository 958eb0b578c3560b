"""To hear from us less, or never again: a GET shows the choices, a POST acts at once; one click as well."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from surveyor.core import nonce
from surveyor.core.brands import in_language
from surveyor.core.tokens import Purpose, derive, is_token
from surveyor.flows.customer_journey import CustomerJourneys, Defaults
from surveyor.flows.unsubscribe import Choice, Preferences, preferences, unsubscribe
from surveyor.web.errors import Stop
from surveyor.web.forms import read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language, text
from surveyor.web.public import pace
from surveyor.web.public.look import PLAIN, look_of
from surveyor.web.public.trial import is_trial
from surveyor.web.security.gate import anybody
from surveyor.web.texts import LANGUAGES

area = Blueprint("unsubscribe", __name__, url_prefix="/u")
FORM_BYTES = 64 * 1024
#: Compared without case and without the line end that some mailboxes put behind: a no is not to be lost on either.
ONE_CLICK = ("list-unsubscribe", "one-click")
#: A body that is that and nothing else.
SHORT = 40
#: "Less often": at most one email every so many months.
LESS_MONTHS = (2, 6)
PAUSE_MONTHS = 3
#: What the buttons post -> the choice and its months.
BUTTONS = {
    "stop": (Choice.STOP, 0),
    **{f"less_{months}": (Choice.LESS_OFTEN, months) for months in LESS_MONTHS},
    "pause": (Choice.PAUSE, PAUSE_MONTHS),
    "as_before": (Choice.AS_BEFORE, 0),
    "undo": (Choice.UNDO, 0),
}
_NOBODY = UUID(int=0)


@area.get("/<token>")
@anybody
def show(token: str) -> AnyResponse:
    _check(token)
    pace.check_link("get", token, now())
    return _page(token, preferences(services().sessions, token, now=now()))


@area.post("/<token>")
@anybody
def act(token: str) -> AnyResponse:
    _check(token)
    try:
        fields = read_fields(limit=FORM_BYTES, too_large="form_too_large", multipart=True)
    except Stop:
        if not _says_no():
            raise
        fields = [ONE_CLICK]
    given = dict(fields)
    if any((name.lower(), value.strip().lower()) == ONE_CLICK for name, value in fields):
        _carry_out(token, Choice.STOP, 0)
        return Response("", 200, content_type="text/plain; charset=utf-8")
    before = preferences(services().sessions, token, now=now())
    if not _is_ours(before, given.get("nonce", "")) or given.get("choice", "") not in BUTTONS:
        return _page(token, before, 400, alert=text("public.unsubscribe.again"))
    return _page(token, _carry_out(token, *BUTTONS[given["choice"]]))


def _says_no() -> bool:
    """Whether a body under no name of a form is a one-click no all the same: a mailbox that names it badly means it."""
    if not 0 < (request.content_length or 0) <= SHORT:
        return False
    name, _, value = request.get_data(cache=True).decode("ascii", "replace").strip().lower().partition("=")
    return (name, value) == ONE_CLICK


def _carry_out(token: str, choice: Choice, months: int) -> Preferences:
    here = services()
    journeys = CustomerJourneys(here.keyring, Defaults(here.settings.time_zone, here.settings.language))
    done = unsubscribe(here.sessions, token, choice=choice, months=months, journeys=journeys, now=now())
    if done.addressed is None and not is_trial(token):
        pace.note_guess(now())
    return done


def _check(token: str) -> None:
    if not is_token(token):
        raise Stop("link_unknown", 404, where="path")
    if request.method != "POST":
        pace.check_guessing(now())


def _is_ours(shown: Preferences, mark: str) -> bool:
    """Whether the form came from a page of this link; nothing happens for a token that nobody has."""
    keys = [derive(secret, Purpose.PAGE) for secret in services().keyring.secrets]
    return nonce.read(keys, _row(shown), mark, now=now()) is not None


def _mark(shown: Preferences) -> str:
    page = nonce.Page(secrets.token_hex(8), nonce.milliseconds(now()))
    return nonce.write(derive(services().keyring.newest, Purpose.PAGE), _row(shown), page)


def _row(shown: Preferences) -> UUID:
    return shown.addressed.email_id if shown.addressed else _NOBODY


def _page(token: str, shown: Preferences, status: int = 200, *, alert: str = "") -> AnyResponse:
    asked = request.args.get("lang", "")
    if shown.addressed is not None:
        g.language = shown.addressed.language or services().settings.language
    values: dict[str, Any] = {
        "action": url_for("unsubscribe.act", token=token, lang=asked if asked in LANGUAGES else None),
        "nonce": _mark(shown),
        "brand": (shown.addressed.brand_name or shown.addressed.store_name) if shown.addressed else "",
        **_dress(shown),
        "shown": shown,
        "choices": shown.choices,
        "trial": shown.addressed is None and is_trial(token),
        "less_months": LESS_MONTHS,
        "pause_months": PAUSE_MONTHS,
        "alert": alert,
    }
    return make_response(render_template("public/unsubscribe.html", **values), status)


def _dress(shown: Preferences) -> dict[str, Any]:
    """The look and the privacy notice of the brand that wrote."""
    said = shown.addressed
    if said is None:
        return {"look": PLAIN, "privacy_url": ""}
    spoken = language()
    privacy = in_language(said.privacy_url, said.look.privacy_en, spoken)
    return {"look": look_of(said.look, spoken), "privacy_url": privacy if privacy.startswith("https://") else ""}
