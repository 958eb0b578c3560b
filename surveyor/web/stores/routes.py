"""Pages of stores: those inside the reader's scopes, one of them, and its correction."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.db import stores
from surveyor.errors import NotFound, Refused
from surveyor.flows.edit_store import COLUMNS, edit_store
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.stores.forms import StoreForm

area = Blueprint("stores", __name__, url_prefix="/stores")


def find(store_id: str) -> stores.Shop:
    """The store of an address when it is inside the reader's scopes; NotFound otherwise."""
    with services().sessions() as session:
        found = stores.shop(session, me().reach, store_id)
    if found is None:
        raise NotFound("store")
    return found


@area.get("")
@needs("read", "stores")
def listing() -> Response:
    with services().sessions() as session:
        found = stores.shops(session, me().reach)
    wanted = request.args.get("q", "").strip().lower()
    shown = [one for one in found if wanted in f"{one.name} {one.city} {one.region} {one.brand} {one.id}".lower()]
    return make_response(render_template("stores/listing.html", stores=shown, total=len(found), q=wanted))


@area.get("/<store_id>")
@needs("read", "stores", find=find)
def page(store_id: str) -> Response:
    return _page(g.found)


@area.post("/<store_id>")
@needs("write", "stores", find=find)
def save(store_id: str) -> Response:
    form = StoreForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    given = dict(form.received)
    changes: dict[str, Any] = {column: given[field] for column, field in COLUMNS.items() if field in given}
    for column in ("excluded", "named_to_peers"):
        if column in changes:
            changes[column] = changes[column] == "1"
    if changes.get("zone") == "":
        del changes["zone"]
    try:
        edit_store(services().sessions, store=g.found, changes=changes, by=me().actor, now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints)
    return redirect(url_for("stores.page", store_id=store_id, saved=1), 303)


def _page(store: stores.Shop, status: int = 200, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        names = stores.names(session)
    values = {"store": store, "names": names, "complaints": list(complaints), "saved": "saved" in request.args}
    return make_response(render_template("stores/page.html", **values), status)
