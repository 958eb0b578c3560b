"""The CX Benchmark: each store beside its peers as one figure, and beside what files of other brands say."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core import rounding
from surveyor.core.badges import label
from surveyor.core.benchmark import FEWEST_PEERS
from surveyor.core.indicators import Envelope
from surveyor.db import review_feeds
from surveyor.errors import Complaint, Refused
from surveyor.flows.import_peers import KIND, import_peers
from surveyor.flows.measure_benchmark import OUR_METHOD, FileBeside, StoreBeside, files_beside, stores_beside
from surveyor.flows.measure_custscore import Of
from surveyor.flows.measure_nps import nps_by_store, own_bounds
from surveyor.ingest.peer_files import COLUMNS, read_peers
from surveyor.web.composites.custscore import decimal
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.forms import declared, read_fields, takes_file_of, uploaded
from surveyor.web.here import now, page_keeper, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("benchmark", __name__, url_prefix="/benchmark")
MOST = 2 * 1024 * 1024
#: The period when none is asked: a store has few answers a month.
USUAL = "12m"


@area.get("")
@needs("read", "benchmark")
def page() -> Response:
    return _page()


@area.post("")
@takes_file_of(MOST)
@needs("write", "benchmark")
def send() -> Response:
    given = declared(read_fields(limit=MOST, multipart=True), ("right",))
    raw = uploaded("file", limit=MOST)
    if not raw or given.get("right") != "1":
        return _page(422, [_missing("file" if not raw else "right")])
    at = now()
    today = at.astimezone(ZoneInfo(services().settings.time_zone)).date()
    try:
        lines = read_peers(raw, today=today)
        import_peers(services().sessions, raw, lines, name="upload", by=me().actor, now=at)
    except Refused as refused:
        return _page(refused.status, refused.complaints)
    return redirect(url_for("benchmark.page", saved=1), 303)


def _page(status: int = 200, complaints: Any = ()) -> Response:
    with services().read_sessions() as session:
        asked = question.read(session, usual=USUAL)
        found = stores_beside(session, asked.reach, asked.period)
        scores = nps_by_store(session, _of(asked), language=language(), keeper=page_keeper())
        files = files_beside(session, asked.reach, asked.period)
        receipts = review_feeds.receipts(session, KIND)
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    values = {
        "asked": asked,
        "filters": filters,
        "place": place,
        "days": days_name(asked.period),
        "stores": [store_row(one, scores.get(one.store_id)) for one in found],
        "files": [_file_row(one) for one in files],
        "receipts": receipts,
        "columns": " ; ".join(COLUMNS),
        "method": OUR_METHOD,
        "fewest": FEWEST_PEERS,
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("composites/benchmark.html", **values), status)


def _of(asked: question.Asked) -> Of:
    return Of(asked.scope, asked.reach, asked.period, now(), services().settings.time_zone)


def store_row(one: StoreBeside, score: Envelope | None) -> dict[str, Any]:
    """A store in words. score: its NPS on other pages; the same unless some answers were to another questionnaire."""
    beside = one.beside
    change, bounds, own = beside.change, beside.adjusted_bounds, own_bounds(one, score)
    return {
        "id": one.store_id,
        "name": one.name,
        "by": one.by,
        "n": one.n,
        "peers": one.peers,
        "n_peers": one.n_peers,
        "measured": beside.own is not None,
        "own": "" if beside.own is None or one.n < 10 else rounding.signed(beside.own),
        "own_interval": "" if own is None else rounding.display_interval(*own),
        "adjusted": "" if beside.adjusted is None or one.n < 10 else rounding.signed(beside.adjusted),
        "adjusted_interval": "" if bounds is None or one.n < 10 else rounding.display_interval(*bounds),
        "pooled": "" if beside.peers is None else rounding.signed(beside.peers),
        "pooled_interval": "" if beside.peers_bounds is None else rounding.display_interval(*beside.peers_bounds),
        "delta": "" if change is None or one.n < 10 else rounding.signed(change.delta),
        "interval": "" if change is None or one.n < 10 else rounding.display_interval(change.ci_low, change.ci_high),
        "tier": "" if beside.tier is None or one.n < 30 else beside.tier.words(language()),
        "percentile": "" if beside.percentile is None or one.n < 30 else decimal(beside.percentile, 0),
        "points": "" if beside.points is None else decimal(beside.points, 0),
        "low": one.n < 30,
        "badge": label(beside.status, one.n, language()),
    }


def _file_row(one: FileBeside) -> dict[str, Any]:
    result = one.result
    nps = one.metric == "nps"
    value = result.reference
    return {
        "row": one,
        "reference": "-" if value is None else rounding.signed(value) if nps else decimal(value),
        "delta": "" if result.delta is None else rounding.signed(result.delta),
        "compared": result.status == "compared",
    }


def _missing(where: str) -> Complaint:
    if where == "file":
        return Complaint("file", "field_required", "Choisissez un fichier CSV.", "Choose a CSV file.")
    fr = "Confirmez que vous avez le droit d'utiliser ce fichier."
    return Complaint("right", "field_required", fr, "Confirm that you have the right to use this file.")
