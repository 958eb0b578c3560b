"""Pages of past answers: what is there by source, a file sent, its first rows and columns, a check, the import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveyor.core import mapping as columns
from surveyor.core.indicators import evaluate
from surveyor.core.mapping import Mapping as Columns
from surveyor.core.periods import Period, local_date
from surveyor.core.scope import NETWORK
from surveyor.db import imported, stores
from surveyor.errors import Complaint, Refused
from surveyor.flows.import_lines import LinesReceipt, Means, Options, import_lines
from surveyor.flows.import_lines.kinds import PastAnswers
from surveyor.flows.stage_import import drop_staged, stage_import, staged
from surveyor.ingest.encodings import encoding_of
from surveyor.ingest.files import first_rows
from surveyor.web.forms import declared, read_fields, takes_file_of, uploaded
from surveyor.web.here import now, services
from surveyor.web.imports.typed import FIELDS, mapping_of, typed_of
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("imports", __name__, url_prefix="/imports")
MOST, MOST_ROWS = 20 * 1024 * 1024, 200_000
SHOWN, SAMPLE = 20, 6


def find(key: str) -> Path:
    """The file of an address; NotFound for anything else."""
    return staged(services().settings.home, key)


@area.get("")
@needs("write", "stores")
def listing() -> Response:
    return _listing()


@area.post("")
@takes_file_of(MOST)
@needs("write", "stores")
def send() -> Response:
    declared(read_fields(limit=MOST, multipart=True))
    raw = uploaded("file", limit=MOST)
    here = services()
    try:
        if not raw:
            fr, en = "Choisissez un fichier CSV.", "Choose a CSV file."
            raise Refused([Complaint("file", "field_required", fr, en)])
        key = stage_import(here.sessions, here.settings.home, raw, by=me().actor, now=now())
        path = staged(here.settings.home, key)
        try:
            first_rows(path, encoding=encoding_of(path))
        except Refused:
            drop_staged(here.settings.home, key)
            raise
    except Refused as refused:
        return _listing(refused.status, refused.complaints)
    return redirect(url_for("imports.preview", key=key), 303)


@area.get("/<key>")
@needs("write", "stores", find=find)
def preview(key: str) -> Response:
    del key
    names, rows = first_rows(g.found, encoding=encoding_of(g.found))
    return _preview(typed_of(columns.guess(names, rows)))


@area.post("/<key>")
@needs("write", "stores", find=find)
def take(key: str) -> Response:
    typed = declared(read_fields(), FIELDS)
    taking = typed.get("act") == "import"
    refused: list[Mapping[str, Any]] = []
    try:
        receipt = _import(mapping_of(typed), refused, dry_run=not taking)
    except Refused as wrong:
        return _preview(typed, wrong.status, wrong.complaints)
    if receipt.problem is not None and not receipt.already_imported:
        return _preview(typed, 422, [receipt.problem])
    if taking:
        drop_staged(services().settings.home, key)
        return make_response(render_template("imports/done.html", receipt=receipt, refused=refused))
    return _preview(typed, receipt=receipt, refused=refused)


def _import(mapping: Columns, refused: list[Mapping[str, Any]], *, dry_run: bool) -> LinesReceipt:
    here = services()

    def tell(refusal: Any, _cells: Mapping[str, Any]) -> None:
        if len(refused) < SHOWN:
            refused.append(refusal.to_json())

    means = Means(here.sessions, here.settings.time_zone, tell)
    options = Options(mapping.encoding, dry_run, most_rows=MOST_ROWS)
    return import_lines(PastAnswers(mapping, here.keyring), g.found, means, options=options, now=here.now)


def _listing(status: int = 200, complaints: Any = ()) -> Response:
    with services().read_sessions() as session:
        found = imported.sources(session)
    today = local_date(now(), services().settings.time_zone)
    said = {
        one.source: evaluate(
            "nps",
            one.tally,
            period=Period(one.first_day, one.last_day),
            scope=NETWORK,
            today=today,
            language=language(),
        )
        for one in found
    }
    values = {"sources": found, "said": said, "complaints": list(complaints)}
    return make_response(render_template("imports/listing.html", most=MOST // 2**20, rows=MOST_ROWS, **values), status)


def _preview(
    typed: Mapping[str, str],
    status: int = 200,
    complaints: Any = (),
    *,
    receipt: LinesReceipt | None = None,
    refused: Any = (),
) -> Response:
    encoding = encoding_of(g.found)
    names, rows = first_rows(g.found, encoding=encoding)
    with services().read_sessions() as session:
        shops = [(shop.id, shop.name) for shop in stores.shops(session, (NETWORK,))]
    values: dict[str, Any] = {
        "names": names,
        "rows": rows[:SAMPLE],
        "typed": typed,
        "shops": shops,
        "fields": columns.FIELDS,
        "scales": list(columns.SCALES),
        "encoding": encoding,
        "complaints": list(complaints),
        "receipt": receipt,
        "refused": list(refused),
    }
    return make_response(render_template("imports/preview.html", **values), status)
