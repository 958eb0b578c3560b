"""What a brand says of its public reviews: published or not, how long it takes, and where else customers may speak."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from surveyor.core.reviews import KEEP_MONTHS_AT_MOST, PUBLISH_DAYS_AT_MOST
from surveyor.db import review_settings, stores
from surveyor.db.review_settings import Publication
from surveyor.errors import NotFound, Refused
from surveyor.flows.edit_publication import edit_publication, lines_of
from surveyor.web.forms import StaffForm
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("publication", __name__, url_prefix="/publication")


class PublicationForm(StaffForm):
    """Fields left out stay as they are."""

    enabled = StringField()
    publish_days = StringField()
    keep_months = StringField()
    sites = StringField()


def find(brand_id: str) -> Publication:
    """A brand that has a store inside the reader's scopes; NotFound otherwise."""
    with services().sessions() as session:
        mine = {one.brand_id for one in stores.shops(session, me().reach)}
        found = review_settings.of_brand(session, brand_id) if brand_id in mine else None
    if found is None:
        raise NotFound("brand")
    return found


@area.get("/<brand_id>")
@needs("read", "publication", find=find)
def page(brand_id: str) -> Response:
    return _page(g.found)


@area.post("/<brand_id>")
@needs("write", "publication", find=find)
def save(brand_id: str) -> Response:
    form = PublicationForm.posted()
    complaints = form.complaints()
    given = {name: value for name, value in form.received if name in form.data}
    if not complaints:
        try:
            edit_publication(services().sessions, brand_id, given, by=me().actor, now=now())
        except Refused as refused:
            complaints = refused.complaints
    if complaints:
        return _page(g.found, 422, complaints, given)
    return redirect(url_for("publication.page", brand_id=brand_id, saved=1), 303)


def _page(said: Publication, status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None) -> Response:
    base = services().settings.base_url
    shown = {
        "publish_days": str(said.publish_days),
        "keep_months": str(said.keep_months),
        "sites": lines_of(said.sites),
    }
    values = {
        "said": said,
        "typed": {**shown, "enabled": "1" if said.enabled else "0", **(typed or {})},
        "most": (PUBLISH_DAYS_AT_MOST, KEEP_MONTHS_AT_MOST),
        "address": base + url_for("published.of_brand", brand_id=said.brand_id),
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("reviews/publication.html", **values), status)
