"""Pages of sources and of their quarantine; bodies are shown in outline, without the person they are about."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.outlines import outline
from surveyor.db import quarantine
from surveyor.errors import NotFound
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.replay_quarantined import Replayed, drop_quarantined, look, replay_quarantined
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.sources.listing import known_sources

area = Blueprint("sources", __name__, url_prefix="/sources")
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
PAGE = 50
#: Bodies up to this size are read again for the list; of larger ones the page of each says what is wrong.
EASY = 64 * 1024
AT_ONCE = 200
LATELY = timedelta(hours=24)


def find(event_id: str) -> quarantine.Kept:
    """The quarantined event of an address; NotFound when there is none, or it left."""
    with services().sessions() as session:
        found = quarantine.one(session, UUID(hex=event_id)) if _ID.fullmatch(event_id) else None
    if found is None:
        raise NotFound("event")
    return found


@area.get("")
@needs("read", "sources")
def listing() -> Response:
    wanted = request.args.get("source", "")[:63]
    after = request.args.get("after", "")
    with services().sessions() as session:
        known = known_sources(session, since=now() - LATELY)
        last = UUID(hex=after) if _ID.fullmatch(after) else None
        events = list(quarantine.kept(session, source=wanted, limit=PAGE + 1, after=last))
        causes = {one.id: look(session, one, now=now()) for one in events[:PAGE] if len(one.body) <= EASY}
    values: dict[str, Any] = {
        "sources": known,
        "events": events[:PAGE],
        "causes": causes,
        "following": events[PAGE - 1].id.hex if len(events) > PAGE else "",
        "total": sum(one.quarantined for one in known),
        "wanted": wanted,
        "done": {name: _count(name) for name in ("recorded", "failed", "dropped") if name in request.args},
    }
    return make_response(render_template("sources/listing.html", **values))


@area.get("/quarantine/<event_id>")
@needs("read", "sources", find=find)
def event(event_id: str) -> Response:
    return _event(g.found)


@area.post("/quarantine/<event_id>/replay")
@needs("write", "sources", find=find)
def replay(event_id: str) -> Response:
    press()
    (done,) = _replay([g.found.id])
    if done.outcome == "failed":
        return _event(find(event_id), status=409)
    return _back([done])


@area.post("/quarantine/<event_id>/drop")
@needs("write", "sources", find=find)
def drop(event_id: str) -> Response:
    press()
    return _back(drop_quarantined(services().sessions, [g.found.id], by=me().actor, now=now()))


@area.post("/quarantine/replay")
@needs("write", "sources")
def replay_all() -> Response:
    """The oldest 200 of them: a page has little patience, `surveyor quarantine replay --all` has all of it."""
    press()
    with services().sessions() as session:
        ids = quarantine.every_id(session)
    return _back(_replay(list(ids)[:AT_ONCE]))


def _replay(ids: list[UUID]) -> list[Replayed]:
    here = services()
    defaults = Defaults(here.settings.time_zone, here.settings.language)
    return replay_quarantined(here.sessions, ids, keys=here.keyring, now=now(), by=me().actor, defaults=defaults)


def _back(done: list[Replayed]) -> Response:
    counts = Counter(str(one.outcome) for one in done)
    told = {name: counts[name] for name in ("recorded", "failed", "dropped") if counts[name]}
    return redirect(url_for("sources.listing") + (f"?{urlencode(told)}" if told else ""), 303)


def _event(kept: quarantine.Kept, status: int = 200) -> Response:
    with services().sessions() as session:
        cause = look(session, kept, now=now())
    values = {"event": kept, "cause": cause, "lines": outline(kept.body), "failed": status != 200}
    return make_response(render_template("sources/event.html", **values), status)


def _count(name: str) -> int:
    said = request.args[name]
    return int(said) if re.fullmatch(r"[0-9]{1,6}", said, re.ASCII) else 0
