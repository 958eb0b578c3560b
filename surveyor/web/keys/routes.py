"""Pages of API keys: list, new, the key shown once, revoked; every change asks for a fresh step-up."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.api_keys import ID_BYTES, SCOPES
from surveyor.db import access, stores, users
from surveyor.errors import MadeAlready, NotFound, Refused
from surveyor.flows.manage_keys import UNUSED, YEAR, WantedKey, make_wanted_key, revoke_key
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.keys.forms import NewKeyForm
from surveyor.web.once import carried, fresh, id_bytes
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("keys", __name__, url_prefix="/keys")
_ID = re.compile(r"[0-9A-Za-z]{8}", re.ASCII)


def find(key_id: str) -> access.KeyFacts:
    """The key of an address; NotFound for anything else."""
    with services().sessions() as session:
        found = access.key(session, key_id) if _ID.fullmatch(key_id) else None
    if found is None:
        raise NotFound("key")
    return found


@area.get("")
@needs("read", "keys")
def listing() -> Response:
    with services().sessions() as session:
        found = access.keys(session)
        people = {str(one.id): one.name or one.email for one in users.everybody(session)}
    states = {one.id: _state(one) for one in found}
    values = {"keys": found, "states": states, "people": people, "revoked": "revoked" in request.args}
    before = request.args.get("before", "")
    values["before"] = next((one for one in found if one.id == before), None)
    return make_response(render_template("keys/listing.html", **values))


@area.get("/new")
@needs("write", "keys")
def new() -> Response:
    return _new({"once": fresh(), "name": "", "scopes": [], "stores": "network", "expires": ""})


@area.post("/new")
@needs("write", "keys")
def create() -> Response:
    form = NewKeyForm.posted()
    scopes = tuple(dict.fromkeys(form.scopes.data or ()))
    name, reach = form["name"].data or "", form.stores.data or "network"
    once = carried(form.once.data)
    typed = {"name": name, "scopes": scopes, "stores": reach, "expires": form.expires.data or "", "once": once}
    if form.complaints():
        return _new(typed, 422, form.complaints())
    wanted = WantedKey(name, scopes, reach, form.day)
    seed = id_bytes(once, ID_BYTES, name, " ".join(scopes), reach, form.expires.data or "")
    try:
        made = make_wanted_key(services().sessions, wanted, now=now(), actor=str(me().id), seed=seed)
    except MadeAlready as before:
        return redirect(url_for("keys.listing", before=before.id), 303)
    except Refused as refused:
        return _new(typed, refused.status, refused.complaints)
    return make_response(render_template("keys/made.html", made=made, name=name))


@area.post("/<key_id>/revoke")
@needs("write", "keys", find=find)
def revoke(key_id: str) -> Response:
    press()
    if g.found.revoked_at is None:
        revoke_key(services().sessions, key_id, now=now(), actor=str(me().id))
    return redirect(url_for("keys.listing", revoked=1), 303)


def _state(key: access.KeyFacts) -> str:
    """live, revoked, expired, or asleep: 180 days unused."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at <= now():
        return "expired"
    return "asleep" if (key.last_used_at or key.created_at) < now() - UNUSED else "live"


def _new(typed: dict[str, Any], status: int = 200, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        names = stores.names(session)
    kinds = (("brand", names.brands), ("region", names.regions), ("store", names.stores))
    known = [("network", ""), *((f"{kind}:{key}", name) for kind, all_ in kinds for key, name in all_.items())]
    latest = (now() + YEAR).date()
    values = {"typed": typed, "complaints": list(complaints), "scopes": SCOPES, "known": known, "latest": latest}
    return make_response(render_template("keys/new.html", **values), status)
