"""Headers of every answer, from survey pages to dashboards: what a browser may load, remember and tell others."""

from __future__ import annotations

from flask import Flask, Response, request

_NOTHING = "default-src 'none'; object-src 'none'; base-uri 'none'"
PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
PUBLIC = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
PREVIEW = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; sandbox"
DATA = "default-src 'none'; frame-ancestors 'none'; sandbox"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
YEAR = 31_536_000


def install(app: Flask, *, https: bool) -> None:
    """Add the headers to every response, errors and static files included."""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy(request.path, response.mimetype or ""))
        headers.setdefault("Referrer-Policy", _referrer(request.path))
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Cache-Control", "no-store")
        if holds_a_link(request.path):
            headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        if https:
            headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
        return response


def _referrer(path: str) -> str:
    """Nothing leaves a customer's page; a page of staff whose address is a way in tells its origin alone.

    With `no-referrer` a browser says that a form comes from "null", which no forgery check can tell from a stranger.
    """
    if is_public(path):
        return "no-referrer"
    return "strict-origin" if holds_a_link(path) else "same-origin"


def is_public(path: str) -> bool:
    """Whether a path belongs to the pages of customers, or of somebody with a link."""
    return path.startswith(("/s/", "/u/", "/f/", "/shared/"))


def holds_a_link(path: str) -> bool:
    """Whether the address itself opens something: a survey, an opposition, a password, a session."""
    return is_public(path) or path.startswith(("/reset/", "/sign-in/link/"))


def policy(path: str, mimetype: str) -> str:
    """The content security policy of a page, by who it is for; files and JSON may run nothing at all."""
    if mimetype != "text/html":
        return DATA
    return PUBLIC if path.startswith(("/s/", "/u/", "/r/", "/w/")) else PAGES
