"""Pages for those who have no password yet, or lost it: ask for a link, choose a password by it."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from surveyor.db import stores
from surveyor.errors import NotFound, Refused
from surveyor.flows.choose_password import account_of_link, choose_password
from surveyor.flows.send_account_link import ask_reset
from surveyor.web.auth.forms import NewPasswordForm, ResetForm
from surveyor.web.auth.routes import PASSWORD_BYTES, door_page
from surveyor.web.errors import Stop
from surveyor.web.here import now, services
from surveyor.web.security.client import client
from surveyor.web.security.gate import anybody

area = Blueprint("reset", __name__, url_prefix="/reset")
log = structlog.get_logger("surveyor.security")
HOUR = "3600"


@area.get("")
@anybody
def ask() -> AnyResponse:
    return door_page("auth/reset.html", form=ResetForm(), done=False)


@area.post("")
@anybody
def ask_post() -> AnyResponse:
    form = ResetForm.posted()
    if form.complaints():
        return door_page("auth/reset.html", 422, form=form, done=False, complaints=form.complaints())
    here = services()
    asked = ask_reset(here.sessions, email=form.email.data, client=client(), keys=here.keyring, now=now())
    log.info("reset_asked", network=client().ip_prefix, limited=not asked)
    if not asked:
        raise Stop("rate_limited", 429, headers={"Retry-After": HOUR})
    return door_page("auth/reset.html", form=form, done=True)


@area.get("/<token>")
@anybody
def choose(token: str) -> AnyResponse:
    return _page(token)


@area.post("/<token>")
@anybody
def choose_post(token: str) -> AnyResponse:
    form = NewPasswordForm.posted()
    if form.complaints():
        return _page(token, 422, form.complaints())
    password = form.password.data[:PASSWORD_BYTES]
    try:
        account = choose_password(
            services().sessions, token=token, password=password, now=now(), own_words=brand_words()
        )
    except NotFound:
        raise _gone() from None
    except Refused as refused:
        return _page(token, refused.status, refused.complaints)
    log.info("password_by_link", user=str(account.id), network=client().ip_prefix)
    return redirect(url_for("auth.sign_in", changed=1), 303)


def brand_words() -> list[str]:
    """The words that no password may be built around: ours and the brands'."""
    with services().sessions() as session:
        return ["surveyor", *stores.brand_names(session)]


def _page(token: str, status: int = 200, complaints: Any = ()) -> AnyResponse:
    try:
        account = account_of_link(services().sessions, token=token, now=now())
    except NotFound:
        raise _gone() from None
    return door_page("auth/choose.html", status, account=account, complaints=list(complaints))


def _gone() -> Stop:
    """One answer for a link that was used, is over, or never was."""
    return Stop("reset_link_used", 410, where="path")
