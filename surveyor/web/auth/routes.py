"""Pages of the door: sign-in and its second step, one-time link, step-up, sign-out."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import structlog
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from surveyor.flows.sign_in import Given, Refusal, SecondStep, SignedIn, sign_in_by_code, sign_in_by_link
from surveyor.flows.sign_in import sign_in as sign_in_with
from surveyor.flows.sign_in import step_up as step_up_with
from surveyor.flows.sign_out import sign_out as forget
from surveyor.web.auth.forms import CodeForm, SignInForm, StepUpForm
from surveyor.web.errors import Stop
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.security.client import client
from surveyor.web.security.gate import anybody, signed_in
from surveyor.web.security.people import give_cookie, me, take_cookie

area = Blueprint("auth", __name__)
log = structlog.get_logger("surveyor.security")
PASSWORD_BYTES = 16 * 1024
CODE_CHARACTERS = 100


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
    return door_page("auth/sign_in.html", form=SignInForm(), failed="", changed="changed" in request.args)


@area.post("/sign-in")
@anybody
def sign_in_post() -> AnyResponse:
    form = SignInForm.posted()
    if form.complaints():
        return door_page("auth/sign_in.html", 422, form=form, failed="", complaints=form.complaints())
    password = form.password.data[:PASSWORD_BYTES]
    done = sign_in_with(services().sessions, email=form.email.data, password=password, client=client(), now=now())
    if isinstance(done, SecondStep):
        return code_page(done.token)
    if isinstance(done, SignedIn):
        log.info("signed_in", user=str(done.account.id), network=client().ip_prefix)
        return enter(done, own_path(request.args.get("next", "/")))
    log.warning("sign_in_refused", code=done, network=client().ip_prefix)
    return _refused("auth/sign_in.html", done, form=form)


@area.post("/sign-in/code")
@anybody
def code_post() -> AnyResponse:
    form = CodeForm.posted()
    token = form.step.data or ""
    if form.complaints():
        return code_page(token, 422, complaints=form.complaints())
    done = sign_in_by_code(
        services().sessions,
        token=token,
        code=form.code.data[:CODE_CHARACTERS],
        keys=services().keyring,
        client=client(),
        now=now(),
    )
    if isinstance(done, SignedIn):
        log.info("signed_in", user=str(done.account.id), network=client().ip_prefix, second_factor=True)
        return enter(done, own_path(request.args.get("next", "/")))
    log.warning("sign_in_refused", code=done, network=client().ip_prefix, second_factor=True)
    if done == Refusal.OVER:
        return _refused("auth/sign_in.html", done, form=SignInForm())
    return _refused("auth/code.html", done, step=token)


@area.get("/sign-in/link/<token>")
@anybody
def link(token: str) -> AnyResponse:
    _by_link_here()
    return door_page("auth/link.html", token=token)


@area.post("/sign-in/link/<token>")
@anybody
def link_post(token: str) -> AnyResponse:
    _by_link_here()
    press()
    done = sign_in_by_link(services().sessions, token=token, client=client(), now=now())
    if done is None:
        raise Stop("reset_link_used", 410, where="path")
    if isinstance(done, SecondStep):
        return code_page(done.token)
    log.info("signed_in_by_link", user=str(done.account.id), network=client().ip_prefix)
    return enter(done, "/")


@area.get("/step-up")
@signed_in
def step_up() -> AnyResponse:
    return door_page("auth/step_up.html", form=StepUpForm(), failed="")


@area.post("/step-up")
@signed_in
def step_up_post() -> AnyResponse:
    form = StepUpForm.posted()
    if form.complaints():
        return door_page("auth/step_up.html", 422, form=form, failed="", complaints=form.complaints())
    given = Given((form.password.data or "")[:PASSWORD_BYTES], (form.code.data or "")[:CODE_CHARACTERS])
    done = step_up_with(
        services().sessions, browser=me().browser, given=given, keys=services().keyring, client=client(), now=now()
    )
    log.info("step_up", user=str(me().id), done=isinstance(done, SignedIn))
    if isinstance(done, SignedIn):
        return enter(done, own_path(request.args.get("next", "/")))
    return _refused("auth/step_up.html", done, form=form)


@area.post("/sign-out")
@signed_in
def sign_out() -> AnyResponse:
    press()
    forget(services().sessions, key=me().browser.key)
    log.info("signed_out", user=str(me().id))
    return take_cookie(make_response(redirect(url_for("auth.sign_in"), 303)), services())


def code_page(step: str, status: int = 200, *, complaints: Any = ()) -> Response:
    """The second step: the code of the sign-in that `step` names."""
    return door_page("auth/code.html", status, step=step, failed="", complaints=list(complaints))


def enter(done: SignedIn, path: str) -> Response:
    """Hand the cookie over and go on."""
    return give_cookie(make_response(redirect(path, 303)), services(), done.cookie)


def _by_link_here() -> None:
    if not services().settings.signs_in_by_link:
        raise Stop("not_found", 404, where="path")


def _refused(view: str, refusal: str, **values: Any) -> Response:
    limited = refusal == Refusal.LIMITED
    response = door_page(view, 429 if limited else 401, failed=refusal, **values)
    if limited:
        response.headers["Retry-After"] = "900"
    return response


def door_page(view: str, status: int = 200, **values: Any) -> Response:
    """A page of the door."""
    return make_response(render_template(view, **{"complaints": [], **values}), status)
