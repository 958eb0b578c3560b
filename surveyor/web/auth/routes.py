"""Pages of the door: sign-in, one-time link, step-up, sign-out, forgotten password."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import structlog
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from surveyor.flows.sign_in import Refusal, SignedIn, sign_in_by_link
from surveyor.flows.sign_in import sign_in as sign_in_with
from surveyor.flows.sign_in import step_up as step_up_with
from surveyor.flows.sign_out import sign_out as forget
from surveyor.web.auth.forms import ResetForm, SignInForm, StepUpForm
from surveyor.web.errors import Stop
from surveyor.web.forms import read_fields
from surveyor.web.here import now, services
from surveyor.web.security.client import client
from surveyor.web.security.gate import anybody, signed_in
from surveyor.web.security.people import give_cookie, me, take_cookie

area = Blueprint("auth", __name__)
log = structlog.get_logger("surveyor.security")
PASSWORD_BYTES = 16 * 1024


def own_path(wanted: str) -> str:
    """Where to go after signing in: one of our own paths, else the start (S39)."""
    once = unquote(wanted)
    if not once.startswith("/") or once[1:2] in ("/", "\\") or any(ord(c) < 32 or ord(c) == 127 for c in once):
        return "/"
    return wanted if wanted.startswith("/") else once


@area.get("/sign-in")
@anybody
def sign_in() -> AnyResponse:
    if g.staff is not None:
        return redirect(own_path(request.args.get("next", "/")), 303)
    return _door("auth/sign_in.html", form=SignInForm(), failed="")


@area.post("/sign-in")
@anybody
def sign_in_post() -> AnyResponse:
    form = SignInForm.posted()
    if form.complaints():
        return _door("auth/sign_in.html", 422, form=form, failed="", complaints=form.complaints())
    password = form.password.data[:PASSWORD_BYTES]
    done = sign_in_with(services().sessions, email=form.email.data, password=password, client=client(), now=now())
    if isinstance(done, SignedIn):
        log.info("signed_in", user=str(done.account.id), network=client().ip_prefix)
        return _enter(done, own_path(request.args.get("next", "/")))
    log.warning("sign_in_refused", code=done, network=client().ip_prefix)
    return _refused("auth/sign_in.html", done, form=form)


@area.get("/sign-in/link/<token>")
@anybody
def link(token: str) -> AnyResponse:
    return _door("auth/link.html", token=token)


@area.post("/sign-in/link/<token>")
@anybody
def link_post(token: str) -> AnyResponse:
    read_fields()
    done = sign_in_by_link(services().sessions, token=token, client=client(), now=now())
    if done is None:
        raise Stop("reset_link_used", 410, where="path")
    log.info("signed_in_by_link", user=str(done.account.id), network=client().ip_prefix)
    return _enter(done, "/")


@area.get("/step-up")
@signed_in
def step_up() -> AnyResponse:
    return _door("auth/step_up.html", form=StepUpForm(), failed="")


@area.post("/step-up")
@signed_in
def step_up_post() -> AnyResponse:
    form = StepUpForm.posted()
    if form.complaints():
        return _door("auth/step_up.html", 422, form=form, failed="", complaints=form.complaints())
    password = form.password.data[:PASSWORD_BYTES]
    done = step_up_with(services().sessions, browser=me().browser, password=password, client=client(), now=now())
    log.info("step_up", user=str(me().id), done=isinstance(done, SignedIn))
    if isinstance(done, SignedIn):
        return _enter(done, own_path(request.args.get("next", "/")))
    return _refused("auth/step_up.html", done, form=form)


@area.post("/sign-out")
@signed_in
def sign_out() -> AnyResponse:
    forget(services().sessions, key=me().browser.key)
    log.info("signed_out", user=str(me().id))
    return take_cookie(make_response(redirect(url_for("auth.sign_in"), 303)), services())


@area.get("/reset")
@anybody
def reset() -> AnyResponse:
    return _door("auth/reset.html", form=ResetForm(), done=False)


@area.post("/reset")
@anybody
def reset_post() -> AnyResponse:
    form = ResetForm.posted()
    if form.complaints():
        return _door("auth/reset.html", 422, form=form, done=False, complaints=form.complaints())
    log.info("reset_asked", network=client().ip_prefix)
    return _door("auth/reset.html", form=form, done=True)


def _enter(done: SignedIn, path: str) -> Response:
    return give_cookie(make_response(redirect(path, 303)), services(), done.cookie)


def _refused(view: str, refusal: str, *, form: Any) -> Response:
    limited = refusal == Refusal.LIMITED
    response = _door(view, 429 if limited else 401, form=form, failed=refusal)
    if limited:
        response.headers["Retry-After"] = "900"
    return response


def _door(view: str, status: int = 200, **values: Any) -> Response:
    return make_response(render_template(view, **{"complaints": [], **values}), status)
