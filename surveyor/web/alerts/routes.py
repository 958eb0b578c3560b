"""Pages of alerts: what is open and what to do, streams paused and released, a pause by hand."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.emails import KINDS
from surveyor.db import alerts, doubt_list, streams
from surveyor.db import emails as emails_db
from surveyor.errors import NotFound, Refused
from surveyor.flows.handle_alert import handle_alert
from surveyor.flows.pause_stream import pause_stream
from surveyor.flows.release_stream import release_stream
from surveyor.web.alerts.about import about
from surveyor.web.alerts.forms import EmptyForm, StreamForm
from surveyor.web.here import now, services
from surveyor.web.language import text
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.texts import catalogue

area = Blueprint("alerts", __name__, url_prefix="/alerts")
_ID = re.compile(r"[0-9a-f]{32}")


@area.get("")
@needs("read", "sending_pause")
def listing() -> Response:
    return _listing()


@area.post("/<alert_id>/handled")
@needs("write", "sending_pause")
def handled(alert_id: str) -> Response:
    EmptyForm.posted()
    if not _ID.fullmatch(alert_id):
        raise NotFound("alert")
    handle_alert(services().sessions, UUID(hex=alert_id), by=me().actor, now=now())
    return redirect(url_for("alerts.listing", saved=1), 303)


@area.post("/pause")
@needs("write", "sending_pause")
def pause() -> Response:
    form = StreamForm.posted()
    complaints = form.complaints()
    if complaints:
        return _listing(422, complaints)
    provider = services().provider.name
    why, kind = form.why.data or "", form.kind.data or ""
    pause_stream(services().sessions, provider=provider, kind=kind, why=why, by=me().actor, now=now())
    return redirect(url_for("alerts.listing", saved=1), 303)


@area.post("/release")
@needs("write", "sending_release")
def release() -> Response:
    form = StreamForm.posted()
    complaints = form.complaints()
    if complaints:
        return _listing(422, complaints)
    given: dict[str, Any] = {name: form[name].data or "" for name in ("provider", "kind", "why")}
    try:
        release_stream(services().sessions, **given, by=me().actor, now=now())
    except Refused as refused:
        return _listing(refused.status, refused.complaints)
    return redirect(url_for("alerts.listing", saved=1), 303)


def words(code: str) -> tuple[str, str]:
    """What an alert says and what to do; one without texts is said as it is."""
    if f"alerts.code.{code}.what" not in catalogue():
        return code, ""
    return text(f"alerts.code.{code}.what"), text(f"alerts.code.{code}.do")


def _listing(status: int = 200, complaints: Any = ()) -> Response:
    provider = getattr(services().provider, "name", "")
    with services().sessions() as session:
        found = alerts.open_alerts(session)
        paused = streams.paused(session)
        channel = emails_db.channel(session, provider)
        doubts = doubt_list.count(session)
    resting = channel.paused_until is not None and channel.paused_until > now()
    values = {
        "alerts": found,
        "words": words,
        "about": about,
        "paused": paused,
        "channel": channel if resting else None,
        "provider": provider,
        "doubts": doubts,
        "kinds": list(KINDS),
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("alerts/listing.html", **values), status)
