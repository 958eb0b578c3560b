"""Pages of one's own account; changing the password asks for the present one first, when there is one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.scope import Scope
from surveyor.db import sessions as browsers
from surveyor.errors import NotFound, Refused
from surveyor.flows.manage_users import edit_user, set_password
from surveyor.flows.sign_in import is_over
from surveyor.flows.sign_out import end_sessions, sign_out
from surveyor.web.auth.reset import brand_words
from surveyor.web.dashboard.routes import names_of
from surveyor.web.errors import Stop
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.profile.forms import PasswordForm, ProfileForm
from surveyor.web.security.gate import signed_in
from surveyor.web.security.people import me

area = Blueprint("profile", __name__, url_prefix="/profile")


@area.get("")
@signed_in
def page() -> Response:
    return _page()


@area.post("")
@signed_in
def save() -> Response:
    form = ProfileForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(422, complaints=complaints)
    given = dict(form.received)
    changes: dict[str, Any] = {name: given[name] for name in ("name", "language") if name in given}
    edit_user(services().sessions, user_id=me().id, changes=changes, by=me().actor, now=now())
    return redirect(url_for("profile.page", saved=1), 303)


@area.post("/password")
@signed_in
def password() -> Response:
    form = PasswordForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(422, complaints=complaints)
    if me().account.password_hash and not me().stepped_up:
        raise Stop("step_up_required", 403, where="path")
    try:
        set_password(
            services().sessions,
            user_id=me().id,
            password=form.password.data or "",
            now=now(),
            own_words=brand_words(),
            keep=me().browser.key,
        )
    except Refused as refused:
        return _page(refused.status, complaints=refused.complaints)
    return redirect(url_for("profile.page", saved=1), 303)


@area.post("/sign-out-elsewhere")
@signed_in
def sign_out_elsewhere() -> Response:
    press()
    if _unsure():
        return _confirm_first()
    end_sessions(services().sessions, user_id=me().id, but=me().browser.key)
    return redirect(url_for("profile.page", saved=1), 303)


@area.post("/browsers/<browser>/end")
@signed_in
def end_browser(browser: str) -> Response:
    press()
    with services().sessions() as session:
        mine = [one.key for one in browsers.browsers_of(session, me().id) if one.name == browser]
    if not mine:
        raise NotFound("browser")
    if _unsure():
        return _confirm_first()
    for key in mine:
        sign_out(services().sessions, key=key)
    return redirect(url_for("profile.page", saved=1), 303)


def _unsure() -> bool:
    """Whether somebody who has a password or a code was not asked for it lately: a browser left open ends no other."""
    account = me().account
    return bool(account.password_hash or account.second_factor) and not me().stepped_up


def _confirm_first() -> Response:
    return redirect(url_for("auth.step_up", next="/profile"), 303)


def _page(status: int = 200, *, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        mine = [one for one in browsers.browsers_of(session, me().id) if not is_over(one, now())]
        places = [names_of(session, Scope.parse(one)) for one in me().account.scopes]
    values = {"places": places, "browsers": mine, "this": me().browser.key, "saved": "saved" in request.args}
    return make_response(render_template("profile/page.html", complaints=list(complaints), **values), status)
