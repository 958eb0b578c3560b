"""Files of reviews from elsewhere: sent by those who may, with a receipt of what became of every line."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.db import review_feeds, stores
from surveyor.errors import Complaint, Refused
from surveyor.flows.import_reviews import KIND, File, import_reviews
from surveyor.ingest.review_files import COLUMNS, read_reviews
from surveyor.web.forms import declared, read_fields, takes_file_of, uploaded
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("review_files", __name__, url_prefix="/reviews/files")
MOST = 20 * 1024 * 1024
_SOURCE = re.compile(r"[a-z0-9_-]{1,30}", re.ASCII)


@area.get("")
@needs("read", "labels")
def form() -> Response:
    return _page()


@area.post("")
@takes_file_of(MOST)
@needs("write", "labels")
def send() -> Response:
    given = declared(read_fields(limit=MOST, multipart=True), ("source", "store"))
    source, store = given.get("source", "").strip().lower(), given.get("store", "").strip()
    raw = uploaded("file", limit=MOST)
    if not raw or not _SOURCE.fullmatch(source) or source == "survey":
        return _page(422, [_missing("file" if not raw else "source")], source)
    try:
        lines = read_reviews(raw, store=store)
    except Refused as refused:
        return _page(refused.status, refused.complaints, source)
    import_reviews(services().sessions, File(source, "upload", raw), lines, by=me().actor, now=now())
    return redirect(url_for("review_files.form", saved=1), 303)


def _page(status: int = 200, complaints: Any = (), source: str = "google") -> Response:
    with services().sessions() as session:
        told = review_feeds.receipts(session, KIND)
        shops = stores.shops(session, me().reach)
    values = {
        "receipts": told,
        "shops": [(one.id, one.name) for one in shops],
        "columns": ", ".join(COLUMNS),
        "complaints": list(complaints),
        "source": source,
        "saved": "saved" in request.args,
    }
    return make_response(render_template("reviews/files.html", **values), status)


def _missing(where: str) -> Complaint:
    if where == "file":
        fr, en = "Choisissez un fichier CSV ou JSON.", "Choose a CSV or JSON file."
        return Complaint("file", "field_required", fr, en)
    fr = "Le site s'écrit en lettres, chiffres et tirets, par exemple google."
    en = "The site is written in letters, digits and dashes, for example google."
    return Complaint("source", "field_value", fr, en)
