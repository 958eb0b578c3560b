"""What SendGrid refuses of a request to send: its documented rules, with the fields and the shape of its errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FORBIDDEN_HEADERS = frozenset(
    "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding "
    "to from subject reply-to cc bcc".split()
)
MAX_ARGUMENTS = 10_000


def errors_of(body: Any) -> list[dict[str, Any]]:
    """The `errors` list of a 400; empty when the request would be taken."""
    if not isinstance(body, dict):
        return [_error("Bad Request", None)]
    return list(_errors(body))


def _error(message: str, field: str | None) -> dict[str, Any]:
    return {"message": message, "field": field, "help": None}


def _errors(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    people = body.get("personalizations")
    if not isinstance(people, list) or not 1 <= len(people) <= 1000:
        yield _error(
            "The personalizations field is required and must have at least one personalization.", "personalizations"
        )
        return
    for number, person in enumerate(people):
        yield from _personalization(person, f"personalizations.{number}")
    if not _is_address(body.get("from")):
        yield _error("The from object must be provided for every email send.", "from.email")
    if not isinstance(body.get("subject"), str) or not body["subject"]:
        yield _error("The subject is required.", "subject")
    elif "\r" in body["subject"] or "\n" in body["subject"]:
        yield _error("The subject must not contain CR or LF.", "subject")
    yield from _headers(body.get("headers", {}))
    categories = body.get("categories", [])
    if not isinstance(categories, list) or len(categories) > 10 or len(set(map(str, categories))) < len(categories):
        yield _error("There cannot be more than 10 categories, and each is unique.", "categories")
    yield from _content(body.get("content"))
    for name in ("asm",):
        if name in body:
            yield _error("This product never asks for it.", name)


def _personalization(person: Any, where: str) -> Iterator[dict[str, Any]]:
    to = person.get("to") if isinstance(person, dict) else None
    if not isinstance(to, list) or not to:
        yield _error("The to array is required for all personalization objects.", f"{where}.to")
        return
    for number, one in enumerate(to):
        if not _is_address(one):
            yield _error("Does not contain a valid address.", f"{where}.to.{number}.email")
    arguments = person.get("custom_args", {})
    if not isinstance(arguments, dict) or not all(isinstance(value, str) for value in arguments.values()):
        yield _error("Bad Request", None)
    elif sum(len(k) + len(v) for k, v in arguments.items()) > MAX_ARGUMENTS:
        yield _error("The custom_args are too large.", f"{where}.custom_args")


def _headers(headers: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(headers, dict):
        yield _error("The headers must be an object.", "headers")
        return
    for name, value in headers.items():
        if name.lower() in FORBIDDEN_HEADERS:
            yield _error("Reserved header.", f"headers.{name}")
        elif not isinstance(value, str) or not value.isascii() or "\r" in value or "\n" in value:
            yield _error("Header values are ASCII strings on one line.", f"headers.{name}")


def _content(content: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(content, list) or not content:
        yield _error("The content is required.", "content")
        return
    types = [part.get("type") if isinstance(part, dict) else None for part in content]
    if "text/plain" in types and types.index("text/plain") > 0:
        yield _error("If present, text/plain must be first.", "content")
    for number, part in enumerate(content):
        if not isinstance(part, dict) or not isinstance(part.get("value"), str) or not part["value"]:
            yield _error(
                "The content value must be a string at least one character in length.", f"content.{number}.value"
            )


def _is_address(one: Any) -> bool:
    text = one.get("email") if isinstance(one, dict) else None
    return (
        isinstance(text, str) and text.isascii() and text.count("@") == 1 and 3 <= len(text) <= 254 and " " not in text
    )
