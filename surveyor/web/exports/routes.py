"""Pages of exports: choose a list, its stores, days and form; it is written while it is downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.periods import Period, local_date
from surveyor.core.scope import NETWORK, Reach, Scope, narrow
from surveyor.db import stores
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.note_export import Export, note_export
from surveyor.web.api import lists
from surveyor.web.api.cells import PRESETS
from surveyor.web.api.columnar import need_parquet
from surveyor.web.api.whole import as_file
from surveyor.web.dashboard.asked import Asked, choices
from surveyor.web.dashboard.words import period_name
from surveyor.web.errors import Stop
from surveyor.web.exports.forms import ExportForm
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("exports", __name__, url_prefix="/exports")
USUAL = {"kind": "responses", "scope": "", "period": "3m", "preset": "excel-fr", "identity": "", "reason": ""}


@area.get("/new")
@needs("write", "export")
def form() -> Response:
    """What may be taken; a dashboard's stores and days come along in the address."""
    given = {name: request.args[name] for name in ("scope", "period") if name in request.args}
    preset = "excel-fr" if language() == "fr" else "rfc4180"
    return _page(USUAL | {"preset": preset} | given)


@area.post("/new")
@needs("write", "export")
def make() -> Response:
    """The file, or the form again with what is wrong."""
    sent = ExportForm.posted()
    typed = USUAL | {name: sent[name].data for name in USUAL if sent[name].data}
    complaints = sent.complaints()
    if complaints:
        return _page(typed, 422, complaints)
    if typed["kind"] != "responses" and not me().may("read", "decisions"):
        raise Stop("not_allowed", 403, where="path", role=me().role)
    identity = typed["identity"] == "1"
    try:
        if identity:
            _may_know(typed)
        within, period = _asked(typed)
        if typed["preset"] == "parquet":
            need_parquet()
        told = Export(
            typed["kind"], f"{typed['scope'] or 'network'} {period}", typed["preset"], identity, typed["reason"]
        )
        note_export(services().sessions, told, by=me().actor, now=now())
    except Refused as refused:
        return _page(typed, refused.status, refused.complaints)
    listed = lists.responses(identity=identity) if typed["kind"] == "responses" else LISTS[typed["kind"]]()
    return as_file(listed, within, period, typed["preset"])


LISTS = {"invitations": lists.invitations, "decisions": lists.decisions}


def _may_know(typed: Mapping[str, str]) -> None:
    """Names and addresses leave only with those who may know them, who have just proved it, and who say why (S25)."""
    access = me().may("write", "export_identity")
    if not access or access.limit or typed["kind"] != "responses":
        fr = f"Votre rôle ({me().role}) ne permet pas cette action. Demandez à l'équipe CX."
        en = f"Your role ({me().role}) does not allow this. Ask the CX team."
        raise Refused([Complaint("path", "not_allowed", fr, en)], status=403)
    if access.step_up and not me().stepped_up:
        raise Stop("step_up_required", 403, where="path")
    if not typed["reason"].strip():
        fr = "Dites pourquoi des identités quittent l'outil : la raison reste dans le journal d'audit."
        en = "Say why identities leave: the reason stays in the audit chain."
        raise Refused([Complaint("reason", "field_required", fr, en)], status=422)


def _asked(typed: Mapping[str, str]) -> tuple[Reach, Period]:
    """Stores and days. Raises Refused, NotFound outside of the reader's scopes."""
    scope = Scope.parse(typed["scope"]) if typed["scope"] else NETWORK
    within = narrow(scope, me().reach)
    with services().read_sessions() as session:
        if not within or (typed["scope"] and not stores.shops(session, within)):
            raise NotFound("scope")
    return within, Period.parse(typed["period"], _today())


def _today() -> Any:
    return local_date(now(), services().settings.time_zone)


def _page(typed: Mapping[str, str], status: int = 200, complaints: Any = ()) -> Response:
    today = _today()
    asked = Asked("", "", NETWORK, me().reach, Period.parse("3m", today), today, "", "")
    with services().read_sessions() as session:
        filters = choices(session, asked, period_name)
    kinds = ["responses"] + (["invitations", "decisions"] if me().may("read", "decisions") else [])
    knows = me().may("write", "export_identity")
    values = {
        "typed": typed,
        "complaints": list(complaints),
        "filters": filters,
        "kinds": kinds,
        "presets": PRESETS,
        "may_know": bool(knows) and not knows.limit,
        "stepped_up": me().stepped_up,
    }
    return make_response(render_template("exports/new.html", **values), status)
