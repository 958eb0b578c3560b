"""`/api/v1/openapi.json`: what the API promises, in OpenAPI 3.1 with examples; a test compares it with the routes."""

from __future__ import annotations

from typing import Any

from surveyor import __version__
from surveyor.core.api_keys import SCOPES
from surveyor.core.indicators import REGISTRY
from surveyor.core.outgoing import EVENTS
from surveyor.flows.measure_indicators import BYS, SOURCES
from surveyor.ingest.schema import order_event_schema
from surveyor.web.api.cells import PRESETS
from surveyor.web.api.examples import EXAMPLE_ENVELOPE, EXAMPLE_EVENT, EXAMPLE_REPLAY, told
from surveyor.web.api.whole import MEDIA
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
                "Envelope": {"type": "object", "examples": [EXAMPLE_ENVELOPE]},
                "Problem": _problem(),
            },
            "responses": {"Problem": _content("A problem document.", "Problem", "application/problem+json")},
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/api/v1/orders": {"post": _orders()},
        "/hooks/orders/{source}": {"post": _hook()},
        "/hooks/mail/sendgrid": {"post": _mail_hook()},
        "/hooks/mail/inbound/{source}": {"post": _inbound_hook()},
        "/api/v1/indicators": {"get": _read("list_indicators", "indicators:read", _FIGURES)},
        "/api/v1/indicators/{name}": {
            "get": _read("one_indicator", "indicators:read", [_name(), *_FIGURES], schema="Envelope")
        },
        "/api/v1/goals": {"get": _read("goals", "indicators:read", _PERIOD)},
        "/api/v1/custscore": {"get": _read("custscore", "indicators:read", _PERIOD)},
        "/api/v1/matrix": {"get": _read("matrix", "indicators:read", _PERIOD)},
        "/api/v1/benchmark": {"get": _read("benchmark", "indicators:read", _PERIOD)},
        "/api/v1/responses": {"get": _read("list_responses", "responses:read", [*_PERIOD, *_PAGE, _SORT], csv=True)},
        "/api/v1/invitations": {"get": _read("list_invitations", "decisions:read", [*_PERIOD, *_PAGE], csv=True)},
        "/api/v1/decisions": {"get": _read("list_decisions", "decisions:read", [*_PERIOD, *_PAGE], csv=True)},
        "/api/v1/explain": {"get": _read("explain", "decisions:read", [_query("customer"), _query("order")])},
        "/api/v1/customers/{customer}/unsubscribe": {"post": _unsubscribe()},
        "/api/v1/customers/{customer}": {"delete": _erase()},
        "/api/v1/rules/check": {"post": _rules_check()},
        "/api/v1/rules/replay": {"post": _rules_replay()},
        "/api/v1/openapi.json": {"get": _open("openapi")},
    }


def _orders() -> dict[str, Any]:
    ref = {"$ref": "#/components/schemas/OrderEvent"}
    many = {"type": "array", "items": ref, "minItems": 1, "maxItems": 1000}
    return {
        **_named("post_orders"),
        "description": "Answered after the commit. A bad event is refused alone, by index, field and reason.",
        "x-scope": "orders:write",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [ref, many]}, "example": EXAMPLE_EVENT},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        "responses": {
            "200": _content("What became of each event.", "Receipt"),
            **_errors(400, 401, 403, 413, 415, 422),
        },
    }


def _hook() -> dict[str, Any]:
    return {
        **_named("post_order"),
        "security": [],
        "parameters": [{"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"200": _content("What became of it.", "Receipt"), **_errors(400, 403, 413, 422)},
    }


def _mail_hook() -> dict[str, Any]:
    return {
        **_named("post_events"),
        "description": "Signed over the raw bytes; stored as it came, applied within seconds.",
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "array"}}}},
        "responses": {"204": {"description": "Stored."}, **_errors(403, 413)},
    }


def _inbound_hook() -> dict[str, Any]:
    outcomes = ["kept", "known", "automatic", "unknown", "empty"]
    answer = {"type": "object", "properties": {"outcome": {"enum": outcomes}}}
    return {
        **_named("post_message"),
        "description": "A customer's email as it came; it joins the case it answers, once. Signed by a generic source.",
        "security": [],
        "parameters": [{"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"required": True, "content": {"message/rfc822": {"schema": {"type": "string"}}}},
        "responses": {
            "200": {
                "description": "What became of it.",
                "content": {"application/json": {"schema": answer, "example": {"outcome": "kept"}}},
            },
            **_errors(403, 413),
        },
    }


def _unsubscribe() -> dict[str, Any]:
    customer = {"name": "customer", "in": "path", "required": True, "schema": {"type": "string"}}
    answer = {
        "type": "object",
        "properties": {"customer": {"type": "string"}, "unsubscribed": {"const": True}, "new": {"type": "boolean"}},
    }
    example = {"customer": "c1", "unsubscribed": True, "new": True}
    return {
        **_named("unsubscribe"),
        "description": "In force when this is answered: nothing is handed over to the customer's address any more.",
        "x-scope": "customers:write",
        "parameters": [customer],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}, "example": {}}}},
        "responses": {
            "200": {
                "description": "Unsubscribed, now or before (`new`).",
                "content": {"application/json": {"schema": answer, "example": example}},
            },
            **_errors(401, 403, 404, 409, 415, 422),
        },
    }


def _erase() -> dict[str, Any]:
    customer = {"name": "customer", "in": "path", "required": True, "schema": {"type": "string"}}
    answer = {"type": "object", "properties": {"customer": {"type": "string"}, "job": {"type": "string"}}}
    example = {"customer": "c1", "job": "019acb2f6c2a7c1e8f0a4d5b6c7d8e9f"}
    return {
        **_named("erase"),
        "description": "Nothing is handed over and no link opens once this is answered; a job empties the rest within "
        "15 minutes. Orders that come later are stored without identity and ask nobody.",
        "x-scope": "customers:write",
        "parameters": [customer],
        "responses": {
            "202": {
                "description": "Begun; `job` names it in the audit chain.",
                "content": {"application/json": {"schema": answer, "example": example}},
            },
            **_errors(401, 403, 404),
        },
    }


def _rules_check() -> dict[str, Any]:
    return {
        **_named("check"),
        "x-scope": "rules:read",
        "requestBody": {"required": True, "content": {"application/toml": {"schema": {"type": "string"}}}},
        "responses": {"200": {"description": "No error; warnings if any."}, **_errors(401, 403, 413, 415, 422)},
    }


def _rules_replay() -> dict[str, Any]:
    figures = {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE_REPLAY}}
    return {
        **_named("replay"),
        "x-scope": "rules:read",
        "parameters": [_query("from"), _query("to"), _query("against")],
        "requestBody": {"required": True, "content": {"application/toml": {"schema": {"type": "string"}}}},
        "responses": {
            "200": {"description": "What the text would have sent, beside the version in force.", "content": figures},
            **_errors(401, 403, 413, 415, 422, 429),
        },
    }


def _read(
    name: str, scope: str, parameters: list[dict[str, Any]], *, csv: bool = False, schema: str = ""
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}}
    }
    if csv:
        content |= {kind: {"schema": {"type": "string"}} for kind in MEDIA}
    return {
        **_named(name),
        "x-scope": scope,
        "parameters": parameters,
        "responses": {
            "200": {"description": say("en", f"api.summary.{name}"), "content": content},
            **_errors(400, 401, 403, 404, 422),
        },
    }


def _open(name: str) -> dict[str, Any]:
    return {
        **_named(name),
        "security": [],
        "responses": {"200": {"description": say("en", f"api.summary.{name}"), "content": {"application/json": {}}}},
    }


def _named(name: str) -> dict[str, Any]:
    """The operation's name, and its summary in English; the page has both languages."""
    return {"operationId": name, "summary": say("en", f"api.summary.{name}")}


def _query(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string", **schema}}


def _name() -> dict[str, Any]:
    keys = [entry.key for entry in REGISTRY]
    return {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "examples": keys[:3]}}


def _errors(*statuses: int) -> dict[str, Any]:
    return {str(status): {"$ref": "#/components/responses/Problem"} for status in (*statuses, 429, 503)}


def _content(description: str, schema: str, kind: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


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
    }


_PERIOD = [
    _query("scope", default="network", examples=["region:nord+segment:famille"]),
    _query("from", format="date"),
    _query("to", format="date"),
    _query("period", examples=["2026-06", "2026-W24", "4w", "3m"]),
]
_PAGE = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
    _query("cursor"),
    _query("preset", enum=list(PRESETS)),
]
_BY = _query("by", enum=list(BYS))
_SOURCE = _query("source", enum=list(SOURCES), default="email")
_DATE = _query("date", enum=["response", "sent", "decision"])
_FIGURES = [*_PERIOD, _BY, _DATE, _SOURCE]
_SORT = _query("sort", enum=["responded_at", "score"])
