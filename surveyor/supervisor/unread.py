"""Requests that end before any page or order sees them (too large, no HTTP): answered as every other error is."""

from __future__ import annotations

import json
from secrets import token_hex
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from surveyor.web.security.headers import DATA, PERMISSIONS

#: status -> code, title and what to do, in French and in English.
_TOLD = {
    413: (
        "body_too_large",
        ("Trop volumineux", "Too large"),
        ("Plus de 64 Mio. Découpez l'envoi.", "More than 64 MiB. Split it."),
    ),
    400: (
        "bad_request",
        ("Demande illisible", "Unreadable request"),
        ("Cette demande n'a pas pu être lue.", "This request could not be read."),
    ),
}
_HEADERS = {
    "Content-Type": "application/problem+json",
    "Content-Security-Policy": DATA,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class _Refusal(ErrorTask):  # type: ignore[misc]
    """The answer to a request that the server itself refuses; the connection ends with it."""

    def execute(self) -> None:
        status = self.request.error.code
        body = problem(status, language=self.channel.server.language)
        self.status = f"{status} {self.request.error.reason}"
        self.response_headers.extend(_HEADERS.items())
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose refusals are problem documents."""

    error_task_class = _Refusal


def answer_refusals(server: Any, language: str) -> None:
    """From now on the refusals of this server of waitress are problem documents in a language."""
    server.language, server.channel_class = language, Channel


def problem(status: int, *, language: str) -> bytes:
    """The problem document (RFC 9457) of a status; what is not known is an unreadable request."""
    code, titles, details = _TOLD.get(status, _TOLD[400])
    said = 0 if language == "fr" else 1
    told = {
        "type": f"/problems/{code}",
        "title": titles[said],
        "status": status,
        "detail": details[said],
        "code": code,
        "request_id": token_hex(8),
    }
    return json.dumps(told, ensure_ascii=False).encode()
