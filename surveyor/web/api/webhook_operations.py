"""What the OpenAPI document promises of `/api/v1/webhooks`: making, resting and ending what is told of the line."""

from __future__ import annotations

from typing import Any

from surveyor.core.outgoing import EVENTS
from surveyor.web.api.operation import errors, named, query, read

_ID = "019acb2f6c2a7c1e8f0a4d5b6c7d8e9f"
_EVENT = "019acb2f6c2a7c1e8f0a4d5b6c7d8ea0"
EXAMPLE_WEBHOOK = {
    "id": _ID,
    "name": "CRM",
    "url": "https://crm.example.fr/surveyor",
    "events": ["response.recorded", "case.opened"],
    "identity": False,
    "state": "live",
    "pause_cause": None,
    "created_at": "2026-11-20T09:00:00+00:00",
    "paused_at": None,
    "rotated_at": None,
    "last_delivered_at": "2026-11-20T09:04:11+00:00",
    "deliveries": {"waiting": 0, "delivered": 12, "failed": 0, "dropped": 0},
}
_SECRET = "whsec_" + "c2VjcmV0LW9mLWFuLWV4YW1wbGUtMDEyMzQ1Njc4OQ=="
_DELIVERY = {
    "event": _EVENT,
    "type": "case.opened",
    "at": "2026-11-20T09:04:05+00:00",
    "state": "delivered",
    "tries": 1,
    "tried_at": "2026-11-20T09:04:11+00:00",
    "next_try_at": None,
    "status": 200,
    "size": 2,
    "outcome": "ok",
}


def webhook_paths() -> dict[str, Any]:
    """The paths, with their operations."""
    one = "/api/v1/webhooks/{webhook}"
    return {
        "/api/v1/webhooks": {"get": _list(), "post": _make()},
        one: {"get": read("one_webhook", "webhooks:read", [_in_path("webhook")], schema="Webhook"), "delete": _end()},
        f"{one}/pause": {"post": _act("pause_webhook", EXAMPLE_WEBHOOK | {"state": "paused", "pause_cause": "person"})},
        f"{one}/resume": {"post": _act("resume_webhook", EXAMPLE_WEBHOOK)},
        f"{one}/secret": {"post": _act("rotate_webhook", EXAMPLE_WEBHOOK | {"secret": _SECRET})},
        f"{one}/deliveries": {"get": _deliveries()},
        f"{one}/deliveries/{{event}}/replay": {
            "post": _act("replay_delivery", {"event": _EVENT, "state": "waiting"}, "event", status=202)
        },
    }


def _list() -> dict[str, Any]:
    found = read("list_webhooks", "webhooks:read", [])
    found["responses"]["200"] = _answer("Those that were not ended.", {"data": [EXAMPLE_WEBHOOK]})
    return found


def _make() -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["url", "events"],
        "additionalProperties": False,
        "properties": {
            "url": {"type": "string", "format": "uri", "maxLength": 2000},
            "events": {"type": "array", "minItems": 1, "items": {"enum": list(EVENTS)}},
            "name": {"type": "string", "maxLength": 80},
            "identity": {"const": False},
        },
    }
    example = {name: EXAMPLE_WEBHOOK[name] for name in ("url", "events", "name")}
    mark = {"name": "Idempotency-Key", "in": "header", "required": False}
    return {
        **named("make_webhook"),
        "description": "The secret is shown once. Sent again under the same `Idempotency-Key`: 200, the same webhook, "
        "no secret. A webhook that tells who customers are is made on screen, after a fresh password.",
        "x-scope": "webhooks:write",
        "parameters": [mark | {"schema": {"type": "string", "minLength": 1, "maxLength": 255}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
        "responses": {
            "201": _answer("Made.", EXAMPLE_WEBHOOK | {"secret": _SECRET}),
            "200": _answer("Made before by the same request.", EXAMPLE_WEBHOOK),
            **errors(400, 401, 403, 409, 413, 415, 422),
        },
    }


def _end() -> dict[str, Any]:
    return {
        **named("end_webhook"),
        "x-scope": "webhooks:write",
        "parameters": [_in_path("webhook")],
        "responses": {"204": {"description": "It is told nothing any more."}, **errors(401, 403, 404)},
    }


def _act(name: str, example: dict[str, Any], *more: str, status: int = 200) -> dict[str, Any]:
    return {
        **named(name),
        "x-scope": "webhooks:write",
        "parameters": [_in_path(one) for one in ("webhook", *more)],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}, "example": {}}}},
        "responses": {str(status): _answer("Done.", example), **errors(401, 403, 404, 415, 422)},
    }


def _deliveries() -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    given = [_in_path("webhook"), {"name": "limit", "in": "query", "schema": limit}, query("before")]
    found = read("list_deliveries", "webhooks:read", given)
    found["responses"]["200"] = _answer(
        "A page; `next` is the `before` of the next.", {"data": [_DELIVERY], "next": None}
    )
    return found


def _answer(description: str, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"type": "object"}, "example": example}},
    }


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}}
