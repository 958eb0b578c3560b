"""The page of saved views: the list, the form that saves the filter one comes from, and the button that forgets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.saved_filters import PAGES, check_query, scope_of
from surveyor.core.scope import Scope, narrow
from surveyor.db import saved_views
from surveyor.db.saved_views import View
from surveyor.errors import NotFound, Refused
from surveyor.flows.save_view import Wanted, forget_view, save_view
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("views", __name__, url_prefix="/views")
_FIELDS = ("name", "page", "query", "shared", "first")


@area.get("")
@needs("read", "indicators")
def listing() -> Response:
    page, query = request.args.get("page", ""), request.args.get("query", "")
    return _page({"page": page, "query": check_query(page, query)} if page in PAGES else {})


@area.post("")
@needs("read", "indicators")
def save() -> Response:
    fields = declared(read_fields(), _FIELDS)
    typed = {name: fields.get(name, "") for name in _FIELDS}
    wanted = Wanted(typed["name"], typed["page"], typed["query"], typed["shared"] == "1", typed["first"] == "1")
    try:
        save_view(services().sessions, me().id, wanted, now=now())
    except Refused as refused:
        return _page(typed, refused.status, refused.complaints)
    return redirect(url_for("views.listing", saved=1), 303)


@area.post("/<view>/remove")
@needs("read", "indicators")
def remove(view: str) -> Response:
    press()
    try:
        wanted = UUID(hex=view)
    except ValueError:
        raise NotFound("view") from None
    forget_view(services().sessions, me().id, wanted)
    return redirect(url_for("views.listing", saved=1), 303)


def _page(typed: dict[str, str], status: int = 200, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        views = [one for one in saved_views.visible(session, me().id) if may_open(one)]
    values = {"views": views, "typed": typed, "mine": me().id, "complaints": list(complaints)}
    return make_response(render_template("views/listing.html", saved="saved" in request.args, **values), status)


def may_open(view: View) -> bool:
    """Whether a view is of stores that this reader may see; what it shows is theirs alone in any case."""
    return opens(view.query)


def opens(query: str) -> bool:
    """Whether the scope of a filter lies in the reader's."""
    scope = scope_of(query)
    try:
        return not scope or bool(narrow(Scope.parse(scope), me().reach))
    except Refused:
        return False
