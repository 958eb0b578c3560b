"""`/w/`: what a page of a brand shows of us, from a stored snapshot; the query string says nothing (S40).

Framed only by the pages that the widget names; one select an answer, and none of it depends on who asks.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, g, json, make_response, render_template, request

from surveyor.core.reviews import Ground
from surveyor.core.scope import Scope
from surveyor.core.widgets import REVIEWS_FROM, SCORE_FROM, WidgetKind, framed_by, seen_from
from surveyor.db import review_settings, widgets
from surveyor.db.widgets import Served
from surveyor.errors import NotFound
from surveyor.flows.note_widget_shown import note_widget_shown
from surveyor.flows.refresh_widgets import scope_brands
from surveyor.web.days import day
from surveyor.web.errors import Stop
from surveyor.web.here import now, services
from surveyor.web.language import language, text
from surveyor.web.public.pace import LastMinute
from surveyor.web.security.gate import anybody

area = Blueprint("widgets_served", __name__, url_prefix="/w")
log = structlog.get_logger("surveyor.widgets")
#: How long a copy may be kept on the way, in seconds.
FRESH = 300
A_MINUTE = 60
_ID = re.compile(r"[0-9a-z]{2,32}", re.ASCII)
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors "


@area.get("/<widget>.html")
@anybody
def html(widget: str) -> Response:
    found = _open(widget)
    response = answer_with(drawn(found), "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY + framed_by(found.origins)
    _count(found)
    return response


@area.get("/<widget>.json")
@anybody
def data(widget: str) -> Response:
    found = _open(widget)
    response = answer_with(json.dumps(public_body(found), ensure_ascii=False), "application/json; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@area.get("/<widget>.js")
@anybody
def script(widget: str) -> Response:
    found = _open(widget)
    kind = WidgetKind(found.kind)
    made = {"src": f"{_base()}/w/{found.id}.html", "title": text(f"widgets.frame.{found.kind}"), "height": kind.height}
    body = _SCRIPT.replace("$WIDGET", json.dumps(made, ensure_ascii=True).replace("<", "\\u003c"))
    return answer_with(body, "text/javascript; charset=utf-8")


@area.get("/<widget>/method")
@anybody
def method(widget: str) -> Response:
    found = _open(widget)
    with services().read_sessions() as session:
        brands = scope_brands(session, Scope.parse(found.scope))
        told = [one for one in review_settings.of_all(session) if one.brand_id in brands]
    values = {
        "brands": told,
        "grounds": [one.words(language()) for one in Ground],
        "score_from": SCORE_FROM,
        "reviews_from": REVIEWS_FROM,
        "widget": found,
    }
    return answer_with(
        render_template("widgets/method.html", language=language(), **values), "text/html; charset=utf-8"
    )


def drawn(found: Served) -> str:
    """The page inside the frame."""
    body = found.body or empty_body(found)
    g.language = found.language
    values = {"w": body, "widget": found, "base": _base(), "language": found.language, "as_day": _as_day}
    return render_template(f"widgets/{found.kind}.html", **values)


def public_body(found: Served) -> dict[str, Any]:
    """The snapshot as JSON, with where it comes from and how it was made."""
    body = dict(found.body or empty_body(found))
    return {**body, "method": f"{_base()}/w/{found.id}/method"}


def empty_body(found: Served) -> dict[str, Any]:
    """Before the first snapshot: nothing is claimed."""
    nothing = {
        "name": "",
        "score": "",
        "interval": "",
        "n": 0,
        "first_day": "",
        "last_day": "",
        "cards": [],
        "reviews": 0,
    }
    return {"kind": found.kind, "language": found.language, **nothing}


def answer_with(body: str, kind: str) -> Response:
    """A body with its ETag, which others may keep for some minutes; 304 to who has it."""
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    known = tag in [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    response = make_response("" if known else body, 304 if known else 200)
    response.headers["Content-Type"] = kind
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = f"public, max-age={FRESH}, stale-while-revalidate=86400"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers.setdefault("Cross-Origin-Opener-Policy", "unsafe-none")
    return response


def _open(widget: str) -> Served:
    """The widget of an id. Raises Stop 429, NotFound."""
    at, name = now().timestamp(), request.remote_addr or ""  # in memory for a minute, nowhere else
    calls: LastMinute = current_app.extensions.setdefault("surveyor.widget_calls", LastMinute())
    if calls.count(name, at) >= A_MINUTE:
        raise Stop("rate_limited", 429, headers={"Retry-After": "60"})
    calls.note(name, at)
    found = None
    if _ID.fullmatch(widget):
        with services().read_sessions() as session:
            found = widgets.served(session, widget)
    if found is None:
        raise NotFound("widget")
    g.language = found.language
    return found


def _count(found: Served) -> None:
    """Note the use; what cannot be counted now is shown all the same."""
    origin = seen_from(request.headers.get("Referer", ""), found.origins)
    if not origin:
        return
    here = services()
    try:
        note_widget_shown(here.sessions, found.id, origin, zone=here.settings.time_zone, now=now())
    except Exception as error:
        log.warning("widget_not_counted", error=type(error).__name__)


def _base() -> str:
    return services().settings.base_url


def _as_day(iso: str) -> str:
    return day(date.fromisoformat(iso)) if iso else "-"


_SCRIPT = """(function(){
"use strict";
var w=$WIDGET,here=document.currentScript,frame=document.createElement("iframe");
frame.src=w.src;frame.title=w.title;frame.width="100%";frame.height=w.height;
frame.loading="lazy";frame.referrerPolicy="origin";frame.setAttribute("frameborder","0");
frame.setAttribute("sandbox","allow-popups allow-popups-to-escape-sandbox allow-same-origin");
here.parentNode.insertBefore(frame,here);
})();
"""
