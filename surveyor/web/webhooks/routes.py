"""Pages of webhooks: list, new, the secret shown once, deliveries and their status; every change after a step-up."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.outgoing import EVENTS
from surveyor.db import outgoing, users
from surveyor.db.tables.outgoing import Webhook
from surveyor.errors import MadeAlready, NotFound, Refused
from surveyor.flows import manage_webhooks as flow
from surveyor.web.forms import press
from surveyor.web.here import now, post, services
from surveyor.web.once import carried, fresh, id_bytes
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.webhooks.forms import NewWebhookForm

area = Blueprint("webhooks", __name__, url_prefix="/webhooks")
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
PAGE = 50


def find(webhook_id: str, **_: str) -> Webhook:
    """The webhook of an address; NotFound when there is none, or it was ended."""
    with services().sessions() as session:
        found = outgoing.hook(session, UUID(hex=webhook_id)) if _ID.fullmatch(webhook_id) else None
    if found is None:
        raise NotFound("webhook")
    return found


@area.get("")
@needs("read", "webhooks")
def listing() -> Response:
    with services().sessions() as session:
        values = {"hooks": outgoing.hooks(session), "counts": outgoing.counts(session)}
    return make_response(render_template("webhooks/listing.html", ended="ended" in request.args, **values))


@area.get("/new")
@needs("write", "webhooks")
def new() -> Response:
    return _new({"once": fresh(), "name": "", "url": "", "events": ("response.recorded",), "identity": ""})


@area.post("/new")
@needs("write", "webhooks")
def create() -> Response:
    form = NewWebhookForm.posted()
    events = tuple(dict.fromkeys(form.events.data or ()))
    typed = {name: form[name].data or "" for name in ("name", "url", "identity")} | {"events": events}
    once = typed["once"] = carried(form.once.data)
    if form.complaints():
        return _new(typed, 422, form.complaints())
    here = services()
    url, name, identity = typed["url"].strip(), typed["name"].strip(), typed["identity"]
    asked = id_bytes(once, 16, url, " ".join(events), name, identity)
    wanted = flow.NewWebhook(url, events, name, identity == "1", UUID(bytes=asked) if asked else None)
    options: Any = {"check": post().may_go_to, "keys": here.keyring, "actor": str(me().id)}
    try:
        made = flow.add_webhook(here.sessions, wanted, now=now(), **options)
    except MadeAlready as before:
        return redirect(url_for("webhooks.page", webhook_id=before.id, made=1), 303)
    except Refused as refused:
        return _new(typed, refused.status, refused.complaints)
    return _secret(made.id, made.secret, rotated=False)


@area.get("/<webhook_id>")
@needs("read", "webhooks", find=find)
def page(webhook_id: str) -> Response:
    del webhook_id
    before = request.args.get("before", "")
    with services().sessions() as session:
        lines = outgoing.deliveries(
            session, g.found.id, limit=PAGE + 1, before=UUID(hex=before) if _ID.fullmatch(before) else None
        )
        counts = outgoing.counts(session).get(g.found.id, outgoing.Counts())
        people = {str(one.id): one.name or one.email for one in users.everybody(session)}
    values: dict[str, Any] = {
        "hook": g.found,
        "lines": lines[:PAGE],
        "following": lines[PAGE - 1].event_id.hex if len(lines) > PAGE else "",
        "counts": counts,
        "made_by": people.get(g.found.created_by, ""),
        "done": next((word for word in ("paused", "resumed", "replayed", "made") if word in request.args), ""),
    }
    return make_response(render_template("webhooks/page.html", **values))


@area.post("/<webhook_id>/rotate")
@needs("write", "webhooks", find=find)
def rotate(webhook_id: str) -> Response:
    press()
    del webhook_id
    here = services()
    secret = flow.rotate_webhook(here.sessions, g.found.id, keys=here.keyring, now=now(), actor=str(me().id))
    return _secret(g.found.id, secret, rotated=True)


@area.post("/<webhook_id>/pause")
@needs("write", "webhooks", find=find)
def pause(webhook_id: str) -> Response:
    press()
    flow.pause_webhook(services().sessions, g.found.id, now=now(), actor=str(me().id))
    return redirect(url_for("webhooks.page", webhook_id=webhook_id, paused=1), 303)


@area.post("/<webhook_id>/resume")
@needs("write", "webhooks", find=find)
def resume(webhook_id: str) -> Response:
    press()
    flow.resume_webhook(services().sessions, g.found.id, now=now(), actor=str(me().id))
    return redirect(url_for("webhooks.page", webhook_id=webhook_id, resumed=1), 303)


@area.post("/<webhook_id>/end")
@needs("write", "webhooks", find=find)
def end(webhook_id: str) -> Response:
    press()
    del webhook_id
    flow.end_webhook(services().sessions, g.found.id, now=now(), actor=str(me().id))
    return redirect(url_for("webhooks.listing", ended=1), 303)


@area.post("/<webhook_id>/replay/<delivery>")
@needs("write", "webhooks", find=find)
def replay(webhook_id: str, delivery: str) -> Response:
    press()
    if not _ID.fullmatch(delivery):
        raise NotFound("delivery")
    event = UUID(hex=delivery)
    flow.replay_delivery(services().sessions, g.found.id, event, now=now(), actor=str(me().id))
    return redirect(url_for("webhooks.page", webhook_id=webhook_id, replayed=1), 303)


def _new(typed: dict[str, Any], status: int = 200, complaints: Any = ()) -> Response:
    values = {"typed": typed, "complaints": list(complaints), "kinds": EVENTS}
    return make_response(render_template("webhooks/new.html", **values), status)


def _secret(webhook_id: UUID, secret: str, *, rotated: bool) -> Response:
    page_ = url_for("webhooks.page", webhook_id=webhook_id.hex)
    return make_response(render_template("webhooks/secret.html", secret=secret, page=page_, rotated=rotated))
