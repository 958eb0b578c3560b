"""Pages of the FAQ for staff: the entries of each brand, when each was last read again, and their form."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.indicators.adoption import FAQ_TARGET
from surveyor.db import faq, stores
from surveyor.db.faq import Entry
from surveyor.errors import NotFound, Refused
from surveyor.flows.edit_faq import TEXTS, remove_entry, save_entry
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("faq", __name__, url_prefix="/faq")
FIELDS = (*TEXTS, "brand", "position", "published", "reviewed")
_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)
STALE = timedelta(days=365)


def brands_of(session: Any) -> dict[str, str]:
    """The brands that have a store inside the reader's scopes."""
    return {one.brand_id: one.brand for one in stores.shops(session, me().reach) if one.brand_id}


def find(entry_id: str) -> Entry:
    """An entry of one of them; NotFound otherwise."""
    found = None
    if _HEX.fullmatch(entry_id):
        with services().sessions() as session:
            found = faq.one(session, list(brands_of(session)), UUID(hex=entry_id))
    if found is None:
        raise NotFound("faq")
    return found


@area.get("")
@needs("read", "publication")
def listing() -> Response:
    with services().sessions() as session:
        brands = brands_of(session)
        found = faq.every(session, list(brands))
    today = now().date()
    fresh = sum(one.published and one.reviewed_on is not None and today - one.reviewed_on <= STALE for one in found)
    # A brand without a published answer has no public page.
    public = {one.brand_id: brands[one.brand_id] for one in found if one.published}
    values = {"entries": found, "brands": public, "today": today, "stale": STALE, "fresh": fresh, "target": FAQ_TARGET}
    return make_response(render_template("faq/listing.html", **values))


@area.get("/new")
@needs("write", "publication")
def new() -> Response:
    return _form(None)


@area.post("/new")
@needs("write", "publication")
def add() -> Response:
    return _save(None)


@area.get("/<entry_id>")
@needs("read", "publication", find=find)
def page(entry_id: str) -> Response:
    return _form(g.found)


@area.post("/<entry_id>")
@needs("write", "publication", find=find)
def save(entry_id: str) -> Response:
    return _save(g.found)


@area.post("/<entry_id>/remove")
@needs("write", "publication", find=find)
def remove(entry_id: str) -> Response:
    press()
    with services().sessions() as session:
        brands = list(brands_of(session))
    remove_entry(services().sessions, g.found.id, brands=brands, by=me().actor, now=now())
    return redirect(url_for("faq.listing"), 303)


def _save(found: Entry | None) -> Response:
    given = declared(read_fields(), FIELDS)
    typed = {name: given.get(name, "0" if name == "published" else "") for name in FIELDS}
    sent = {name: value for name, value in given.items() if name in FIELDS} | {"published": typed["published"]}
    with services().sessions() as session:
        brands = list(brands_of(session))
    key = None if found is None else found.id
    try:
        made = save_entry(services().sessions, key, sent, brands=brands, by=me().actor, now=now())
    except Refused as refused:
        return _form(found, refused.status, refused.complaints, typed)
    return redirect(url_for("faq.page", entry_id=made.hex, saved=1), 303)


def _form(
    found: Entry | None, status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None
) -> Response:
    with services().sessions() as session:
        brands = brands_of(session)
    told: dict[str, Any] = {name: getattr(found, name, "") for name in TEXTS}
    told |= {"brand": getattr(found, "brand_id", ""), "position": str(getattr(found, "position", "0"))}
    told |= {"published": "1" if found is None or found.published else "0"}
    values = {
        "entry": found,
        "typed": typed or told,
        "brands": list(brands.items()),
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("faq/entry.html", **values), status)


def stale_before(today: date) -> date:
    """Entries last read before this day are due again."""
    return today - STALE
