"""`/api/v1/webhooks`: what a person does with webhooks on screen, by API; never one that tells who customers are.

Each hears of the whole network, so a key of some stores has no business here (docs/webhooks.md).
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from uuid import UUID

from flask import Response, json, make_response, request, url_for

from surveyor.db import outgoing
from surveyor.db.outgoing import Counts, Line
from surveyor.db.tables.outgoing import Webhook
from surveyor.errors import Complaint, MadeAlready, NotFound, Refused
from surveyor.flows import manage_webhooks as flow
from surveyor.web.api.body import JSON, no_body, raw_body
from surveyor.web.api.buckets import take
from surveyor.web.api.door import api_key, key_for
from surveyor.web.api.filters import arguments, whole
from surveyor.web.api.wanted_webhook import read_wanted
from surveyor.web.here import now, post, services

LIMIT = 16 * 1024
#: How many webhooks one key makes at once, and then an hour: each asks a name server where its address leads.
MADE_AT_ONCE, MADE_AN_HOUR = 20, 60
PAGE, MOST = 50, 200
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MARK = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


@key_for("webhooks:read")
def list_webhooks() -> Response:
    """Every webhook that was not ended, the newest first."""
    _whole_network()
    arguments()
    with services().sessions() as session:
        counts = outgoing.counts(session)
        data = [_told(one, counts.get(one.id, Counts())) for one in outgoing.hooks(session)]
    return _said({"data": data})


@key_for("webhooks:write")
def make_webhook() -> Response:
    """201 with the secret, shown once. Sent again under the same Idempotency-Key: 200 and the same one, no secret."""
    _whole_network()
    wanted = read_wanted(raw_body(LIMIT), id=_asked_id())
    take(f"webhooks:{api_key().id}", rate=MADE_AN_HOUR / 3600, burst=MADE_AT_ONCE, at=now())
    here = services()
    options: Any = {"check": post().may_go_to, "keys": here.keyring, "actor": _actor()}
    try:
        made = flow.add_webhook(here.sessions, wanted, now=now(), **options)
    except MadeAlready as before:
        return _again(UUID(hex=before.id), wanted)
    except Refused as refused:
        raise Refused([_at_pointer(one) for one in refused.complaints], status=refused.status) from None
    body, _ = _read(made.id)
    response = _said(body | {"secret": made.secret}, 201)
    response.headers["Location"] = url_for("api.one_webhook", webhook=made.id.hex)
    return response


@key_for("webhooks:read")
def one_webhook(webhook: str) -> Response:
    """One webhook and what became of what it was to be told."""
    _whole_network()
    return _said(_read(_id(webhook))[0])


@key_for("webhooks:write")
def end_webhook(webhook: str) -> Response:
    """204: it is told nothing any more."""
    _whole_network()
    flow.end_webhook(services().sessions, _id(webhook), now=now(), actor=_actor())
    return make_response("", 204)


@key_for("webhooks:write")
def pause_webhook(webhook: str) -> Response:
    """Let it rest: what happens meanwhile waits. Paused already: the same answer."""
    _whole_network()
    no_body(LIMIT)
    flow.pause_webhook(services().sessions, _id(webhook), now=now(), actor=_actor())
    return _said(_read(_id(webhook))[0])


@key_for("webhooks:write")
def resume_webhook(webhook: str) -> Response:
    """Go on, with what waited. Not paused: the same answer."""
    _whole_network()
    no_body(LIMIT)
    flow.resume_webhook(services().sessions, _id(webhook), now=now(), actor=_actor())
    return _said(_read(_id(webhook))[0])


@key_for("webhooks:write")
def rotate_webhook(webhook: str) -> Response:
    """A new secret, shown once; the one before signs beside it for 24 hours."""
    _whole_network()
    no_body(LIMIT)
    here, id_ = services(), _id(webhook)
    secret = flow.rotate_webhook(here.sessions, id_, keys=here.keyring, now=now(), actor=_actor())
    return _said(_read(id_)[0] | {"secret": secret})


@key_for("webhooks:read")
def list_deliveries(webhook: str) -> Response:
    """How each telling went, the newest fact first; `before` is the `next` of the page before."""
    _whole_network()
    given = arguments("limit", "before")
    limit = whole(given, "limit", low=1, high=MOST, default=PAGE)
    before = _before(given["before"]) if "before" in given else None
    _, found = _read(_id(webhook))
    with services().sessions() as session:
        lines = outgoing.deliveries(session, found.id, limit=limit + 1, before=before)
    following = lines[limit - 1].event_id.hex if len(lines) > limit else None
    return _said({"data": [_line(line) for line in lines[:limit]], "next": following})


@key_for("webhooks:write")
def replay_delivery(webhook: str, event: str) -> Response:
    """202: told once more, under the same `webhook-id`."""
    _whole_network()
    no_body(LIMIT)
    flow.replay_delivery(services().sessions, _id(webhook), _id(event), now=now(), actor=_actor())
    return _said({"event": event, "state": "waiting"}, 202)


def _read(webhook: UUID) -> tuple[dict[str, Any], Webhook]:
    with services().sessions() as session:
        found = outgoing.hook(session, webhook)
        if found is None:
            raise NotFound("webhook")
        return _told(found, outgoing.counts(session).get(webhook, Counts())), found


def _told(hook: Webhook, counts: Counts) -> dict[str, Any]:
    states = ("waiting", "delivered", "failed", "dropped")
    return {
        "id": hook.id.hex,
        "name": hook.name,
        "url": hook.url,
        "events": hook.events.split(),
        "identity": hook.identity,
        "state": "paused" if hook.paused_at else "live",
        "pause_cause": hook.pause_cause or None,
        "created_at": hook.created_at.isoformat(),
        "paused_at": hook.paused_at.isoformat() if hook.paused_at else None,
        "rotated_at": hook.rotated_at.isoformat() if hook.rotated_at else None,
        "last_delivered_at": counts.last_at.isoformat() if counts.last_at else None,
        "deliveries": {state: getattr(counts, state) for state in states},
    }


def _line(line: Line) -> dict[str, Any]:
    waits = line.state == "waiting"
    return {
        "event": line.event_id.hex,
        "type": line.kind,
        "at": line.at.isoformat(),
        "state": line.state,
        "tries": line.tries,
        "tried_at": line.tried_at.isoformat() if line.tried_at else None,
        "next_try_at": line.next_at.isoformat() if waits else None,
        "status": line.status,
        "size": line.size,
        "outcome": line.outcome or None,
    }


def _again(webhook: UUID, wanted: flow.NewWebhook) -> Response:
    """The webhook that this request made before; Refused 409 when it was another one, or was ended since."""
    with services().sessions() as session:
        found = outgoing.hook(session, webhook)
    if found is None or (found.url, found.events, found.name) != (wanted.url, " ".join(wanted.events), wanted.name):
        fr = "Cette Idempotency-Key a déjà fait un autre webhook, ou un webhook supprimé depuis. Prenez-en une neuve."
        en = "This Idempotency-Key made another webhook before, or one that was ended since. Take a new one."
        raise Refused([Complaint("Idempotency-Key", "made_already", fr, en)], status=409)
    return _said(_read(webhook)[0])


def _asked_id() -> UUID | None:
    """The id that an Idempotency-Key of this API key stands for; None without one."""
    mark = request.headers.get("Idempotency-Key")
    if mark is None:
        return None
    if not _MARK.fullmatch(mark):
        fr = "Idempotency-Key\u00a0: 1 à 255 caractères ASCII visibles."
        raise Refused([Complaint("Idempotency-Key", "field_value", fr, "Idempotency-Key: 1 to 255 visible ASCII.")])
    return UUID(bytes=hashlib.sha256(f"webhook\0{api_key().id}\0{mark}".encode()).digest()[:16])


def _whole_network() -> None:
    if api_key().store_scope != "network":
        scope = api_key().store_scope
        fr = f"Cette clé est de {scope}\u00a0: un webhook entend tout le réseau. Prenez une clé du réseau."
        en = f"This key is of {scope}: a webhook hears of the whole network. Take a key of the network."
        raise Refused([Complaint("Authorization", "not_allowed", fr, en)], status=403)


def _at_pointer(one: Complaint) -> Complaint:
    return Complaint(f"/{one.where}", one.code, one.message_fr, one.message_en)


def _id(text: str) -> UUID:
    if not _ID.fullmatch(text):
        raise NotFound("webhook")
    return UUID(hex=text)


def _before(text: str) -> UUID:
    if not _ID.fullmatch(text):
        fr, en = "?before\u00a0: ce n'est pas le next d'une page.", "?before: this is not the next of a page."
        raise Refused([Complaint("?before", "cursor_invalid", fr, en)])
    return UUID(hex=text)


def _actor() -> str:
    return f"api:{api_key().id}"


def _said(body: dict[str, Any], status: int = 200) -> Response:
    response = make_response(json.dumps(body, ensure_ascii=False), status)
    response.mimetype = JSON
    return response
