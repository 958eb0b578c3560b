"""Pages of widgets for staff: which there are, where they were seen, what each shows, and the code to copy."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.scope import NETWORK
from surveyor.core.widgets import WidgetKind, framed_by, origins_of
from surveyor.db import stores, widgets
from surveyor.errors import NotFound, Refused
from surveyor.flows.manage_widgets import ID_BYTES, LANGUAGES, WidgetForm, change_widget, make_widget
from surveyor.flows.refresh_widgets import refresh_widgets
from surveyor.web.here import now, services
from surveyor.web.once import carried, fresh, id_bytes
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.texts import say
from surveyor.web.widgets import forms, served

area = Blueprint("widgets", __name__, url_prefix="/widgets")
SEEN_DAYS = 30
_EMPTY = {"kind": "badge", "name": "", "scope": "", "language": "fr", "origins": ""}


def find(widget_id: str) -> widgets.WidgetRow:
    """The widget of an address inside the reader's scopes; NotFound otherwise."""
    with services().sessions() as session:
        found = widgets.one(session, me().reach, widget_id, since=_since())
    if found is None:
        raise NotFound("widget")
    return found


@area.get("")
@needs("read", "widgets")
def listing() -> Response:
    return _listing()


@area.post("")
@needs("write", "widgets")
def add() -> Response:
    form = forms.NewWidgetForm.posted()
    typed = {name: (form[name].data or "") for name in ("kind", "name", "scope", "language", "origins")}
    once = carried(form.once.data)
    complaints = form.complaints()
    if complaints:
        return _listing(422, complaints, typed | {"once": once})
    wanted = WidgetForm(**{**typed, "scope": typed["scope"] or "network", "language": typed["language"] or "fr"})
    asked = id_bytes(once, ID_BYTES, *typed.values()).hex()
    try:
        made = make_widget(services().sessions, wanted, reach=me().reach, by=me().actor, now=now(), id=asked)
    except Refused as refused:
        return _listing(refused.status, refused.complaints, typed | {"once": once})
    _refresh()
    return redirect(url_for("widgets.page", widget_id=made, saved=1), 303)


@area.get("/<widget_id>")
@needs("read", "widgets", find=find)
def page(widget_id: str) -> Response:
    return _page(g.found)


def find_later(widget_id: str) -> widgets.WidgetRow | None:
    """The same for who may write: what they typed is judged first, which says nothing of which widgets there are."""
    try:
        return find(widget_id)
    except NotFound:
        if me().may("write", "widgets"):
            return None
        raise


@area.post("/<widget_id>")
@needs("write", "widgets", find=find_later)
def save(widget_id: str) -> Response:
    form = forms.WidgetForm.posted()
    given = dict(form.received)
    complaints = [*form.complaints(), *origins_of(given.get("origins", ""))[1]]
    if complaints:
        return _page(g.found, 422, complaints) if g.found else _listing(422, complaints)
    changes: dict[str, str] = {name: given[name] for name in ("name", "origins", "active") if name in given}
    try:
        change_widget(services().sessions, widget_id, changes, reach=me().reach, by=me().actor, now=now())
    except Refused as refused:
        return _page(find(widget_id), refused.status, refused.complaints)
    _refresh()
    return redirect(url_for("widgets.page", widget_id=widget_id, saved=1), 303)


@area.get("/<widget_id>/preview")
@needs("read", "widgets", find=find)
def preview(widget_id: str) -> Response:
    """What its frame shows, inside our own page."""
    with services().read_sessions() as session:
        found = widgets.served(session, widget_id)
    if found is None:
        raise NotFound("widget")
    response = make_response(served.drawn(found))
    response.headers["Content-Security-Policy"] = served.POLICY + framed_by(("'self'",))
    return response


def _refresh() -> None:
    refresh_widgets(services().sessions, zone=services().settings.time_zone, now=now())


def _since() -> date:
    return now().astimezone(ZoneInfo(services().settings.time_zone)).date() - timedelta(days=SEEN_DAYS)


def _listing(status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None) -> Response:
    with services().sessions() as session:
        found = widgets.every(session, me().reach, since=_since())
        names = stores.names(session)
        shops = stores.shops(session, me().reach)
    values = {
        "widgets": found,
        "scopes": _scopes(names, shops),
        "kinds": tuple(WidgetKind),
        "languages": LANGUAGES,
        "typed": typed or {**_EMPTY, "once": fresh()},
        "complaints": list(complaints),
        "name_of": lambda scope: _name(scope, names),
    }
    return make_response(render_template("widgets/listing.html", **values), status)


def _page(found: widgets.WidgetRow, status: int = 200, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        names = stores.names(session)
        days = widgets.days_of(session, found.id, since=_since())
    base = services().settings.base_url
    kind = WidgetKind(found.kind)
    values = {
        "widget": found,
        "place": _name(found.scope, names),
        "days": days,
        "complaints": list(complaints),
        "saved": "saved" in request.args,
        "script": f'<script src="{base}/w/{found.id}.js"></script>',
        "frame": _frame(f"{base}/w/{found.id}.html", found),
        "data": f"{base}/w/{found.id}.json",
        "method": f"{base}/w/{found.id}/method",
        "height": kind.height,
    }
    return make_response(render_template("widgets/page.html", **values), status)


def _frame(src: str, found: widgets.WidgetRow) -> str:
    title = say(found.language, f"widgets.frame.{found.kind}")
    sizes = f'width="100%" height="{WidgetKind(found.kind).height}" loading="lazy" referrerpolicy="origin"'
    return f'<iframe src="{src}" title="{title}" {sizes}></iframe>'


def _scopes(names: stores.Names, shops: list[stores.Shop]) -> list[tuple[str, str]]:
    """What a widget may be about, for this reader: everything for the network, else their stores one by one."""
    each = [(f"store:{shop.id}", shop.name) for shop in shops]
    if NETWORK not in me().reach:
        return each
    brands = [(f"brand:{key}", name) for key, name in names.brands.items()]
    regions = [(f"region:{key}", name) for key, name in names.regions.items()]
    return [("network", ""), *brands, *regions, *each]


def _name(scope: str, names: stores.Names) -> str:
    """A scope in the words of the network; "" for all of it."""
    kind, _, key = scope.partition(":")
    known = {"brand": names.brands, "region": names.regions, "store": names.stores}.get(kind, {})
    return known.get(key, key)
