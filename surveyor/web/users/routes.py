"""Pages of accounts: list, new, one; every change asks for a fresh step-up and ends in the audit chain."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.scope import ROLES
from surveyor.db import access, stores, users
from surveyor.errors import NotFound, Refused
from surveyor.flows.make_sign_in_link import make_sign_in_link
from surveyor.flows.manage_users import NewUser, add_user, disable_user, edit_user, enable_user
from surveyor.flows.send_account_link import invite
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.users.forms import DisableForm, EditUserForm, NewUserForm

area = Blueprint("users", __name__, url_prefix="/users")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def find(user_id: str) -> users.Account:
    """The account of an address; NotFound for anything else."""
    if not _ID.fullmatch(user_id):
        raise NotFound("user")
    with services().sessions() as session:
        found = users.by_id(session, UUID(user_id))
    if found is None:
        raise NotFound("user")
    return found


@area.get("")
@needs("read", "users")
def listing() -> Response:
    with services().sessions() as session:
        everybody = users.everybody(session)
    return make_response(render_template("users/listing.html", users=everybody, saved="saved" in request.args))


@area.get("/new")
@needs("write", "users")
def new() -> Response:
    return _new(
        {"email": "", "name": "", "role": "store_manager", "scope": "", "language": services().settings.language}
    )


@area.post("/new")
@needs("write", "users")
def create() -> Response:
    form = NewUserForm.posted()
    typed = {name: (form[name].data or "") for name in ("email", "name", "role", "scope", "language")}
    complaints = form.complaints()
    if complaints:
        return _new(typed, 422, complaints)
    user = NewUser(
        email=typed["email"],
        role=typed["role"],
        scopes=split_scopes(typed["scope"]) or (("network",) if typed["role"] in ("admin", "cx") else ()),
        name=typed["name"],
        language=typed["language"] or services().settings.language,
    )
    try:
        made = add_user(services().sessions, user=user, by=me().actor, now=now())
        invite(services().sessions, user_id=made, by=me().actor, keys=services().keyring, now=now())
    except Refused as refused:
        return _new(typed, refused.status, refused.complaints)
    return redirect(url_for("users.page", user_id=made, invited=1), 303)


@area.get("/<user_id>")
@needs("read", "users", find=find)
def page(user_id: str) -> Response:
    return _page(g.found)


@area.post("/<user_id>")
@needs("write", "users", find=find)
def save(user_id: str) -> Response:
    form = EditUserForm.posted()
    given = dict(form.received)
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    changes: dict[str, Any] = {name: given[name] for name in ("name", "role") if name in given}
    if "scope" in given:
        changes["scopes"] = split_scopes(given["scope"])
    try:
        edit_user(services().sessions, user_id=g.found.id, changes=changes, by=me().actor, now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints)
    return redirect(url_for("users.page", user_id=user_id, saved=1), 303)


@area.post("/<user_id>/disable")
@needs("write", "users", find=find)
def disable(user_id: str) -> Response:
    form = DisableForm.posted()
    if form.complaints():
        return _page(g.found, 422, form.complaints())
    ticked = frozenset(form.revoke.data or ())
    try:
        disable_user(services().sessions, user_id=g.found.id, by=me().actor, now=now(), revoke=ticked)
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints)
    return redirect(url_for("users.listing", saved=1), 303)


@area.post("/<user_id>/enable")
@needs("write", "users", find=find)
def enable(user_id: str) -> Response:
    press()
    enable_user(services().sessions, user_id=g.found.id, by=me().actor, now=now())
    return redirect(url_for("users.page", user_id=user_id, saved=1), 303)


@area.post("/<user_id>/invite")
@needs("write", "users", find=find)
def send_link(user_id: str) -> Response:
    press()
    invite(services().sessions, user_id=g.found.id, by=me().actor, keys=services().keyring, now=now())
    return redirect(url_for("users.page", user_id=user_id, invited=1), 303)


@area.post("/<user_id>/link")
@needs("write", "users", find=find)
def link(user_id: str) -> Response:
    press()
    here = services()
    if not g.found.active or not here.settings.signs_in_by_link:
        raise NotFound("user")
    path = make_sign_in_link(here.sessions, email=g.found.email, now=now())
    return _page(g.found, link=here.settings.base_url + path)


def split_scopes(text: str) -> tuple[str, ...]:
    """Scopes as typed: separated by commas or blanks."""
    return tuple(dict.fromkeys(word for word in re.split(r"[,\s]+", text) if word))


def _new(typed: dict[str, str], status: int = 200, complaints: Any = ()) -> Response:
    values = {"typed": typed, "complaints": list(complaints), "roles": ROLES, "scopes": _known_scopes()}
    return make_response(render_template("users/new.html", **values), status)


def _page(user: users.Account, status: int = 200, complaints: Any = (), link: str = "") -> Response:
    with services().sessions() as session:
        keys = access.living_keys_of(session, str(user.id), now())
    said = {"saved": "saved" in request.args, "invited": "invited" in request.args, "link": link, "keys": keys}
    values = {"user": user, "complaints": list(complaints), "roles": ROLES, "scopes": _known_scopes(), **said}
    by_link = services().settings.signs_in_by_link
    return make_response(render_template("users/page.html", by_link=by_link, **values), status)


def _known_scopes() -> list[tuple[str, str]]:
    with services().sessions() as session:
        names = stores.names(session)
    kinds = (("brand", names.brands), ("region", names.regions), ("store", names.stores))
    return [("network", ""), *((f"{kind}:{key}", name) for kind, all_ in kinds for key, name in all_.items())]
