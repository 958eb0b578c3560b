"""Pages of files in: what is there by source, a file sent, its first rows, a check of every line, the import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core import mapping as columns
from surveyor.core.indicators import evaluate
from surveyor.core.periods import Period, local_date
from surveyor.core.scope import NETWORK
from surveyor.db import imported, stores
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.import_lines import LinesReceipt, Means, Options, import_lines
from surveyor.flows.import_lines.kinds import PastAnswers
from surveyor.flows.stage_import import drop_staged, stage_import, staged
from surveyor.ingest.encodings import encoding_of
from surveyor.ingest.files import first_rows
from surveyor.web.forms import declared, read_fields, takes_file_of, uploaded
from surveyor.web.here import now, services
from surveyor.web.imports import kinds
from surveyor.web.imports.refusals import Refusals
from surveyor.web.imports.typed import FIELDS, in_page_words, mapping_of, stores_of, typed_of, with_stores
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("imports", __name__, url_prefix="/imports")
MOST = 20 * 1024 * 1024
SAMPLE = 6


def find(key: str) -> Path:
    """The file of an address; NotFound for anything else, a kind that is none included."""
    if _kind() not in kinds.KINDS:
        raise NotFound("import")
    return staged(services().settings.home, key)


@area.get("")
@needs("write", "stores")
def listing() -> Response:
    return _listing()


@area.post("")
@takes_file_of(MOST)
@needs("write", "stores")
def send() -> Response:
    typed = declared(read_fields(limit=MOST, multipart=True), ("kind",))
    kind = typed.get("kind", kinds.RESPONSES)
    raw = uploaded("file", limit=MOST)
    here = services()
    try:
        if kind not in kinds.KINDS:
            fr, en = "Choisissez ce que contient le fichier.", "Choose what the file holds."
            raise Refused([Complaint("kind", "filter_value", fr, en)])
        if not raw:
            fr, en = "Choisissez un fichier CSV.", "Choose a CSV file."
            raise Refused([Complaint("file", "field_required", fr, en)])
        key = stage_import(here.sessions, here.settings.home, raw, by=me().actor, now=now())
        path = staged(here.settings.home, key)
        try:
            encoding = encoding_of(path)
            first_rows(path, encoding=encoding)
            kinds.check_rows(path, raw, kind=kind, encoding=encoding)
        except Refused:
            drop_staged(here.settings.home, key)
            raise
    except Refused as refused:
        return _listing(refused.status, refused.complaints, kind)
    more: dict[str, Any] = {} if kind == kinds.RESPONSES else {"kind": kind}
    return redirect(url_for("imports.preview", key=key, **more), 303)


@area.get("/<key>")
@needs("write", "stores", find=find)
def preview(key: str) -> Response:
    del key
    if _kind() != kinds.RESPONSES:
        return _preview({"source": "file"})
    names, rows = first_rows(g.found, encoding=encoding_of(g.found))
    return _preview(typed_of(columns.guess(names, rows)))


@area.post("/<key>")
@needs("write", "stores", find=find)
def take(key: str) -> Response:
    typed = declared(read_fields(), FIELDS)
    taking = typed.get("act") == "import"
    refusals = Refusals(typed.get("c_store", "store_id"), every=typed.get("act") == "refused")
    try:
        receipt = _import(typed, refusals, dry_run=not taking)
    except Refused as wrong:
        return _preview(typed, wrong.status, in_page_words(wrong.complaints))
    if receipt.problem is not None and not receipt.already_imported:
        return _preview(typed, 422, [receipt.problem])
    if taking:
        drop_staged(services().settings.home, key)
        values = {"receipt": receipt, "refused": refusals.told, "kind": _kind()}
        return make_response(render_template("imports/done.html", **values))
    if refusals.every:
        return refusals.as_file()
    return _preview(typed, receipt=receipt, refusals=refusals)


def _kind() -> str:
    return request.args.get("kind", kinds.RESPONSES)


def _import(typed: Mapping[str, str], refusals: Refusals, *, dry_run: bool) -> LinesReceipt:
    here, kind = services(), _kind()
    means = Means(here.sessions, here.settings.time_zone, refusals.add)
    if kind != kinds.RESPONSES:
        taken = kinds.Taken(kind, kinds.source_of(typed.get("source", "")), stores_of(typed), dry_run)
        return kinds.take(here, g.found, taken, means)
    mapping = mapping_of(typed)
    options = Options(mapping.encoding, dry_run)
    return import_lines(PastAnswers(mapping, here.keyring), g.found, means, options=options, now=here.now)


def _listing(status: int = 200, complaints: Any = (), kind: str = kinds.RESPONSES) -> Response:
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
    values: dict[str, Any] = {"sources": found, "said": said, "kinds": kinds.KINDS, "kind": kind}
    values |= {"complaints": list(complaints), "known": kinds.COLUMNS, "most": MOST // 2**20, "rows": kinds.MOST_ROWS}
    return make_response(render_template("imports/listing.html", **values), status)


def _preview(
    typed: Mapping[str, str],
    status: int = 200,
    complaints: Any = (),
    *,
    receipt: LinesReceipt | None = None,
    refusals: Refusals | None = None,
) -> Response:
    encoding, kind = encoding_of(g.found), _kind()
    names, rows = first_rows(g.found, encoding=encoding)
    with services().read_sessions() as session:
        shops = [(shop.id, shop.name) for shop in stores.shops(session, (NETWORK,))]
    needed, others = kinds.COLUMNS.get(kind, ((), ()))
    values: dict[str, Any] = {
        "names": names,
        "rows": rows[:SAMPLE],
        "typed": typed,
        "kind": kind,
        "needed": needed,
        "others": others,
        "named": with_stores(typed, refusals.stores if refusals else ()),
        "shops": shops,
        "fields": columns.FIELDS,
        "scales": list(columns.SCALES),
        "encoding": encoding,
        "complaints": list(complaints),
        "receipt": receipt,
        "refused": refusals.told if refusals else [],
    }
    return make_response(render_template("imports/preview.html", **values), status)
