"""Pages of one's own second factor: offered, confirmed by a first code, taken back; each after a step-up."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveyor.db import second_factors
from surveyor.errors import Refused
from surveyor.flows.manage_second_factor import (
    address_of,
    confirm_second_factor,
    end_second_factor,
    new_recovery_codes,
    offer_second_factor,
    offered_secret,
)
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.profile.forms import FirstCodeForm
from surveyor.web.profile.picture import qr
from surveyor.web.security.gate import enrolling
from surveyor.web.security.people import me

area = Blueprint("second_factor", __name__, url_prefix="/profile/second-factor")
log = structlog.get_logger("surveyor.security")


@area.get("")
@enrolling(step_up=True)
def page() -> Response:
    return _page()


@area.post("")
@enrolling(step_up=True)
def offer() -> Response:
    press()
    try:
        offer_second_factor(services().sessions, user_id=me().id, keys=services().keyring, now=now())
    except Refused as refused:
        return _page(refused.status, refused.complaints)
    return redirect(url_for("second_factor.page"), 303)


@area.post("/confirm")
@enrolling(step_up=True)
def confirm() -> Response:
    form = FirstCodeForm.posted()
    if form.complaints():
        return _page(422, form.complaints())
    try:
        codes = confirm_second_factor(
            services().sessions,
            user_id=me().id,
            code=form.code.data,
            keys=services().keyring,
            now=now(),
            keep=me().browser.key,
        )
    except Refused as refused:
        return _page(refused.status, refused.complaints)
    log.info("second_factor_on", user=str(me().id))
    return _codes(codes)


@area.post("/codes")
@enrolling(step_up=True)
def codes() -> Response:
    press()
    made = new_recovery_codes(services().sessions, user_id=me().id, now=now())
    log.info("recovery_codes_made", user=str(me().id))
    return _codes(made)


@area.post("/off")
@enrolling(step_up=True)
def off() -> Response:
    press()
    end_second_factor(services().sessions, user_id=me().id, by=me().actor, now=now(), keep=me().browser.key)
    log.warning("second_factor_off", user=str(me().id))
    return redirect(url_for("second_factor.page"), 303)


def _page(status: int = 200, complaints: Any = ()) -> Response:
    here = services()
    secret = offered_secret(here.sessions, user_id=me().id, keys=here.keyring)
    with here.sessions() as session:
        left = second_factors.count_unused(session, me().id)
    picture = qr(address_of(secret, me().account.email)) if secret else None
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    values = {"secret": " ".join(groups), "picture": picture, "left": left, "complaints": list(complaints)}
    return make_response(render_template("profile/second_factor.html", **values), status)


def _codes(made: list[str]) -> Response:
    return make_response(render_template("profile/recovery_codes.html", codes=made))
