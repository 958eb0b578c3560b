"""Pages of brands: those inside the reader's scopes, one of them, and what may be changed of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.brands import DEFAULT_COLOURS, Brand, Sender, palette_of
from surveyor.core.brands.palette import make_palette
from surveyor.core.brands.pictures import LIGHT_BYTES, MAX_BYTES, wrong_type
from surveyor.core.colours import contrast
from surveyor.db import brands, stores, users
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import edit_brand as flow
from surveyor.web.brands.forms import BrandForm, NewBrandForm, SenderForm
from surveyor.web.forms import press, takes_file, uploaded
from surveyor.web.here import now, services
from surveyor.web.language import text
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("brands", __name__, url_prefix="/brands")


def find(brand_id: str) -> Brand:
    """The brand of an address when a store of it is inside the reader's scopes, or all are; NotFound otherwise."""
    with services().sessions() as session:
        found = brands.find(session, brand_id)
        mine = brand_id in _mine(session)
    if found is None or not mine:
        raise NotFound("brand")
    return found


def _mine(session: Any) -> set[str]:
    """The brands that the reader may see: all of them, or those of their stores."""
    if any(scope.is_network for scope in me().reach):
        return {one.id for one in brands.every(session)}
    of_stores = {shop.brand_id for shop in stores.shops(session, me().reach) if shop.brand_id}
    return of_stores | {brand for scope in me().reach for brand in scope.brands}


@area.get("")
@needs("read", "brands")
def listing() -> Response:
    return _listing()


@area.post("")
@needs("write", "brands")
def add() -> Response:
    form = NewBrandForm.posted()
    complaints = form.complaints()
    if complaints:
        return _listing(422, complaints, form)
    brand_id = form.id.data.strip()
    try:
        flow.add_brand(services().sessions, brand_id=brand_id, name=form.name.data.strip(), by=me().actor, now=now())
    except Refused as refused:
        return _listing(refused.status, refused.complaints, form)
    return redirect(url_for("brands.page", brand_id=brand_id, saved="brand"), 303)


@area.get("/<brand_id>")
@needs("read", "brands", find=find)
def page(brand_id: str) -> Response:
    return _page(g.found)


@area.post("/<brand_id>")
@needs("write", "brands", find=find)
def save(brand_id: str) -> Response:
    form = BrandForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints, form.changes())
    try:
        flow.edit_brand(services().sessions, brand_id=brand_id, changes=form.changes(), by=me().actor, now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints, form.changes())
    return redirect(url_for("brands.page", brand_id=brand_id, saved="brand"), 303)


@area.post("/<brand_id>/logo")
@needs("write", "brands", find=find)
@takes_file
def save_logo(brand_id: str) -> Response:
    raw = uploaded("logo", limit=MAX_BYTES)
    try:
        if not raw:
            raise wrong_type()
        flow.set_logo(services().sessions, brand_id=brand_id, raw=raw, by=me().actor, now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints)
    return redirect(url_for("brands.page", brand_id=brand_id, saved="logo"), 303)


@area.post("/<brand_id>/logo/remove")
@needs("write", "brands", find=find)
def remove_logo(brand_id: str) -> Response:
    press()
    flow.set_logo(services().sessions, brand_id=brand_id, raw=b"", by=me().actor, now=now())
    return redirect(url_for("brands.page", brand_id=brand_id, saved="logo"), 303)


@area.post("/<brand_id>/sender")
@needs("write", "senders", find=find)
def save_sender(brand_id: str) -> Response:
    form = SenderForm.posted()
    complaints = form.complaints()
    said = {name: value.strip() for name, value in form.received if name not in form.CONTROL}
    sender = Sender.of({**said, "name": said.get("sender_name", "")})
    if not complaints:
        here = services()
        try:
            flow.set_sender(
                here.sessions, brand_id=brand_id, sender=sender, default=here.settings.sender, by=me().actor, now=now()
            )
        except Refused as refused:
            complaints = refused.complaints
    if complaints:
        return _page(g.found, 422, complaints, {"sender": sender})
    return redirect(url_for("brands.page", brand_id=brand_id, saved="sender"), 303)


def _listing(status: int = 200, complaints: Sequence[Complaint] = (), form: Any = None) -> Response:
    with services().sessions() as session:
        mine = _mine(session)
        found = [one for one in brands.every(session) if one.id in mine]
        counts = brands.store_counts(session)
    values = {"brands": found, "counts": counts, "complaints": list(complaints), "form": form}
    return make_response(render_template("brands/listing.html", **values), status)


def _page(
    brand: Brand, status: int = 200, complaints: Sequence[Complaint] = (), typed: dict[str, Any] | None = None
) -> Response:
    with services().sessions() as session:
        history = brands.versions(session, brand.id)
        people = {str(one.id): one.name or one.email for one in users.everybody(session)}
        body = brands.logo(session, brand.logo.rpartition("/")[2]) if brand.logo else None
        shops = [one for one in stores.shops(session, me().reach) if one.brand_id == brand.id]
        domains = sorted(flow.verified_domains(session, services().settings.sender))
    values = {
        "brand": brand,
        "typed": typed or {},
        "complaints": list(complaints),
        "saved": request.args.get("saved", ""),
        "shops": shops,
        "domains": domains,
        "default_sender": services().settings.sender,
        "colours": _colours(brand),
        "logo_bytes": len(body or b""),
        "light": LIGHT_BYTES,
        "history": _history(history, people),
        "own": bool(brand.colours),
        "defaults": DEFAULT_COLOURS,
    }
    return make_response(render_template("brands/page.html", **values), status)


def _colours(brand: Brand) -> list[dict[str, Any]]:
    """Which colour stands on which, with its contrast."""
    palette = palette_of(brand.colours) or make_palette(*DEFAULT_COLOURS.values())
    pairs = (
        ("links", palette.accent, "#ffffff"),
        ("small", "#56615f", palette.ground),
        ("footer_links", palette.accent, palette.ground),
        ("scores", palette.ink, palette.fill),
        ("dark", palette.bright, "#161922"),
    )
    return [
        {"what": what, "on": on, "colour": shown, "ratio": int(contrast(shown, on) * 10) / 10}
        for what, shown, on in pairs
    ]


def _history(versions: Sequence[brands.Version], people: dict[str, str]) -> list[dict[str, Any]]:
    """Who changed what, newest first."""
    told = []
    for number, one in enumerate(versions):
        before = versions[number + 1].brand if number + 1 < len(versions) else None
        names = [name for name in Brand.__slots__ if before and getattr(before, name) != getattr(one.brand, name)]
        told.append({"n": one.n, "at": one.at, "who": _who(one.author, people), "fields": names})
    return told


def _who(author: str, people: dict[str, str]) -> str:
    if author in people:
        return people[author]
    return text("brands.history.host") if author == "host" else text("brands.history.orders")
