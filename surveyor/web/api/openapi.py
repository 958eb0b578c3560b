"""`/api/v1/openapi.json`: what the API promises, in OpenAPI 3.1 with examples; a test compares it with the routes."""

from __future__ import annotations

from json import dumps
from typing import Any

from surveyor import __version__
from surveyor.core.api_keys import SCOPES
from surveyor.core.indicators import REGISTRY
from surveyor.core.outgoing import EVENTS
from surveyor.flows.measure_indicators import ANSWERS, BYS, OF_LAST, SOURCES
from surveyor.ingest.schema import order_event_schema
from surveyor.web.api.cells import PRESETS
from surveyor.web.api.counts import COUNTS
from surveyor.web.api.examples import EXAMPLE_ENVELOPE, EXAMPLE_EVENT, EXAMPLE_REPLAY, told
from surveyor.web.api.operation import content, errors, in_path, named, query, read, unlocked
from surveyor.web.api.read_examples import CHECKED, PROBLEM, RULES_TEXT
from surveyor.web.api.webhook_operations import EXAMPLE_WEBHOOK, webhook_paths
from surveyor.web.texts import say


def document(base_url: str) -> dict[str, Any]:
    """The whole document of one installation."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "surveyor",
            "version": __version__,
            "description": say("en", "api.page.lead"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "security": [{"key": []}],
        "paths": _paths(),
        "webhooks": {kind: {"post": told(kind)} for kind in EVENTS},
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"`svk_…`, made with `surveyor keys add`. Scopes: {', '.join(SCOPES)}.",
                }
            },
            "schemas": {
                "OrderEvent": {k: v for k, v in order_event_schema().items() if k != "$schema"},
                "Receipt": _receipt(),
                "Webhook": {"type": "object", "examples": [EXAMPLE_WEBHOOK]},
                "Envelope": {"type": "object", "examples": [EXAMPLE_ENVELOPE]},
                "Problem": _problem(),
            },
            "responses": {"Problem": content("A problem document.", "Problem", "application/problem+json")},
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/api/v1/orders": {"post": _orders()},
        "/hooks/orders/{source}": {"post": _hook()},
        "/hooks/mail/sendgrid": {"post": _mail_hook()},
        "/hooks/mail/inbound/{source}": {"post": _inbound_hook()},
        "/api/v1/indicators": {"get": read("list_indicators", "indicators:read", _FIGURES)},
        "/api/v1/indicators/{name}": {
            "get": read("one_indicator", "indicators:read", [_name(), *_FIGURES], schema="Envelope")
        },
        "/api/v1/goals": {"get": read("goals", "indicators:read", [*_PERIOD, _COUNT])},
        "/api/v1/custscore": {"get": read("custscore", "indicators:read", [*_PERIOD, _COUNT])},
        "/api/v1/matrix": {"get": read("matrix", "indicators:read", _PERIOD)},
        "/api/v1/benchmark": {"get": read("benchmark", "indicators:read", [*_PERIOD, _COUNT])},
        "/api/v1/responses": {"get": read("list_responses", "responses:read", [*_PERIOD, *_PAGE, _SORT], csv=True)},
        "/api/v1/invitations": {"get": read("list_invitations", "decisions:read", [*_PERIOD, *_PAGE], csv=True)},
        "/api/v1/decisions": {"get": read("list_decisions", "decisions:read", [*_PERIOD, *_PAGE], csv=True)},
        "/api/v1/explain": {"get": read("explain", "decisions:read", [query("customer"), query("order")])},
        "/api/v1/customers/{customer}/unsubscribe": {"post": _unsubscribe()},
        "/api/v1/customers/{customer}": {"delete": _erase()},
        "/api/v1/rules/check": {"post": _rules_check()},
        "/api/v1/rules/replay": {"post": _rules_replay()},
        **webhook_paths(),
        "/api/v1/openapi.json": {"get": unlocked("openapi")},
        "/w/{widget}.json": {"get": unlocked("widget_data", in_path("widget"))},
        "/healthz": {"get": unlocked("healthz")},
        "/readyz": {"get": _ready()},
    }


def _orders() -> dict[str, Any]:
    ref = {"$ref": "#/components/schemas/OrderEvent"}
    many = {"type": "array", "items": ref, "minItems": 1, "maxItems": 1000}
    return {
        **named("post_orders"),
        "description": "Answered after the commit. A bad event is refused alone, by index, field and reason.",
        "x-scope": "orders:write",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [ref, many]}, "example": EXAMPLE_EVENT},
                "application/x-ndjson": {"schema": {"type": "string"}, "example": f"{dumps(EXAMPLE_EVENT)}\n"},
            },
        },
        "responses": {
            "200": content("What became of each event.", "Receipt"),
            **errors(400, 401, 403, 413, 415, 422),
        },
    }


def _ready() -> dict[str, Any]:
    failed = {"application/json": {"schema": {"type": "object"}, "example": {"status": "failed", "failed": ["clock"]}}}
    found = unlocked("readyz")
    found["responses"]["503"] = {"description": "What failed, by name.", "content": failed}
    return found


def _toml() -> dict[str, Any]:
    return {
        "required": True,
        "content": {"application/toml": {"schema": {"type": "string"}, "example": RULES_TEXT}},
    }


def _hook() -> dict[str, Any]:
    event = {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE_EVENT}}
    return {
        **named("post_order"),
        "security": [],
        "parameters": [in_path("source")],
        "requestBody": {"required": True, "content": event},
        "responses": {"200": content("What became of it.", "Receipt"), **errors(400, 403, 413, 422)},
    }


def _mail_hook() -> dict[str, Any]:
    event = {"event": "delivered", "email": "ana@example.fr", "timestamp": 1781164800, "sg_event_id": "ZGVsaXZlcmVk"}
    return {
        **named("post_events"),
        "description": "Signed over the raw bytes; stored as it came, applied within seconds.",
        "security": [],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "array"}, "example": [event]}},
        },
        "responses": {"204": {"description": "Stored."}, **errors(403, 413)},
    }


def _inbound_hook() -> dict[str, Any]:
    outcomes = ["kept", "known", "automatic", "unknown", "empty"]
    answer = {"type": "object", "properties": {"outcome": {"enum": outcomes}}}
    return {
        **named("post_message"),
        "description": "A customer's email as it came; it joins the case it answers, once. Signed by a generic source.",
        "security": [],
        "parameters": [in_path("source")],
        "requestBody": {
            "required": True,
            "content": {"message/rfc822": {"schema": {"type": "string"}, "example": _MESSAGE}},
        },
        "responses": {
            "200": {
                "description": "What became of it.",
                "content": {"application/json": {"schema": answer, "example": {"outcome": "kept"}}},
            },
            **errors(403, 413),
        },
    }


def _unsubscribe() -> dict[str, Any]:
    answer = {
        "type": "object",
        "properties": {"customer": {"type": "string"}, "unsubscribed": {"const": True}, "new": {"type": "boolean"}},
    }
    example = {"customer": "c1", "unsubscribed": True, "new": True}
    return {
        **named("unsubscribe"),
        "description": "In force when this is answered: nothing is handed over to the customer's address any more.",
        "x-scope": "customers:write",
        "parameters": [in_path("customer")],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}, "example": {}}}},
        "responses": {
            "200": {
                "description": "Unsubscribed, now or before (`new`).",
                "content": {"application/json": {"schema": answer, "example": example}},
            },
            **errors(401, 403, 404, 409, 415, 422),
        },
    }


def _erase() -> dict[str, Any]:
    answer = {"type": "object", "properties": {"customer": {"type": "string"}, "job": {"type": "string"}}}
    example = {"customer": "c1", "job": "019acb2f6c2a7c1e8f0a4d5b6c7d8e9f"}
    return {
        **named("erase"),
        "description": "Nothing is handed over and no link opens once this is answered; a job empties the rest within "
        "15 minutes. Orders that come later are stored without identity and ask nobody.",
        "x-scope": "customers:write",
        "parameters": [in_path("customer")],
        "responses": {
            "202": {
                "description": "Begun; `job` names it in the audit chain.",
                "content": {"application/json": {"schema": answer, "example": example}},
            },
            **errors(401, 403, 404),
        },
    }


def _rules_check() -> dict[str, Any]:
    return {
        **named("check"),
        "x-scope": "rules:read",
        "requestBody": _toml(),
        "responses": {
            "200": {
                "description": "No error; warnings if any.",
                "content": {"application/json": {"schema": {"type": "object"}, "example": CHECKED}},
            },
            **errors(401, 403, 413, 415, 422),
        },
    }


def _rules_replay() -> dict[str, Any]:
    figures = {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE_REPLAY}}
    return {
        **named("replay"),
        "x-scope": "rules:read",
        "parameters": [query("from"), query("to"), query("against")],
        "requestBody": _toml(),
        "responses": {
            "200": {"description": "What the text would have sent, beside the version in force.", "content": figures},
            **errors(401, 403, 413, 415, 422, 429),
        },
    }


def _name() -> dict[str, Any]:
    keys = [entry.key for entry in REGISTRY]
    return {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "examples": keys[:3]}}


def _receipt() -> dict[str, Any]:
    told = {
        "type": "object",
        "properties": {
            "index": {"type": "integer"},
            "code": {"type": "string"},
            "field": {"type": "string"},
            "where": {"type": "string"},
            "message": {"type": "string"},
        },
    }
    counts = {name: {"type": "integer", "minimum": 0} for name in ("accepted", "duplicates", "conflicts")}
    return {
        "type": "object",
        "properties": {
            **counts,
            "rejected": {"type": "array", "items": told},
            "conflicting": {"type": "array", "items": told},
        },
        "examples": [{"accepted": 1, "duplicates": 0, "conflicts": 0, "rejected": []}],
    }


def _problem() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "code", "where", "request_id")}
    return {
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {**texts, "status": {"type": "integer"}},
        "examples": [PROBLEM],
    }


_MESSAGE = "From: Ana <ana@example.fr>\r\nIn-Reply-To: <019acb2f6c2a7c1e8f0a@avis.example.fr>\r\n\r\nMerci\r\n"
_PERIOD = [
    query("scope", default="network", examples=["region:nord+segment:famille"]),
    query("from", format="date"),
    query("to", format="date"),
    query("period", examples=["2026-06", "2026-W24", "4w", "3m"]),
]
_PAGE = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
    query("cursor"),
    query("preset", enum=list(PRESETS)),
]
_BY = query("by", enum=list(BYS))
_SOURCE = query("source", enum=list(SOURCES), default="email")
_DATE = query("date", enum=["response", "sent", "decision"]) | {
    "description": "Whose days these are. `sent` counts scores and comments by the day of their email too, `response` "
    "response rates by the day of the answer; other figures have one day."
}
_COUNT = query("count", enum=list(COUNTS), default="now") | {
    "description": "Of a network of many rows `day` takes people and rows as they were counted within a day, and "
    "`counted_since` says when (null: all of it now); what is not kept is counted now (up to a minute) and kept."
}
_ANSWERS = query("answers", enum=list(ANSWERS), default="all") | {
    "description": f"`last`: of each customer the last answer alone, for {', '.join(sorted(OF_LAST))}; not with `by`."
}
_FIGURES = [*_PERIOD, _BY, _DATE, _SOURCE, _ANSWERS, _COUNT]
_SORT = query("sort", enum=["responded_at", "score"])
