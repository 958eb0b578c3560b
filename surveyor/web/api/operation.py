"""One operation of the OpenAPI document: its name, what it takes, what it answers; the API at both ends of the line."""

from __future__ import annotations

from typing import Any

from surveyor.web.api.read_examples import ANSWERS
from surveyor.web.api.whole import MEDIA
from surveyor.web.texts import say


def read(
    name: str, scope: str, parameters: list[dict[str, Any]], *, csv: bool = False, schema: str = ""
) -> dict[str, Any]:
    """A GET: its parameters; answered in JSON, and as a file when `csv`."""
    answer: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}}
    content = {"application/json": answer | ({"example": ANSWERS[name]} if name in ANSWERS else {})}
    if csv:
        content |= {kind: {"schema": {"type": "string"}} for kind in MEDIA}
    return {
        **named(name),
        "x-scope": scope,
        "parameters": parameters,
        "responses": {
            "200": {"description": say("en", f"api.summary.{name}"), "content": content},
            **errors(400, 401, 403, 404, 422),
        },
    }


def unlocked(name: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    """A GET that wants no key."""
    content = {"application/json": {"schema": {"type": "object"}, "example": ANSWERS[name]}}
    return {
        **named(name),
        "security": [],
        "parameters": list(parameters),
        "responses": {"200": {"description": say("en", f"api.summary.{name}"), "content": content}},
    }


def named(name: str) -> dict[str, Any]:
    """The operation's name, and its summary in English; the page has both languages."""
    return {"operationId": name, "summary": say("en", f"api.summary.{name}")}


def in_path(name: str) -> dict[str, Any]:
    """A part of the address."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def query(name: str, **schema: Any) -> dict[str, Any]:
    """An argument of the address."""
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string", **schema}}


def errors(*statuses: int) -> dict[str, Any]:
    """The statuses that say no; 429 and 503 are everywhere."""
    return {str(status): {"$ref": "#/components/responses/Problem"} for status in (*statuses, 429, 503)}


def content(description: str, schema: str, kind: str = "application/json") -> dict[str, Any]:
    """An answer whose body is one of the schemas."""
    return {"description": description, "content": {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
