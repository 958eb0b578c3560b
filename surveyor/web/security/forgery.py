"""Forms of signed-in pages come from our own pages: a token of the session, and what the browser says of the origin."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Flask, g, request

from surveyor.settings import Settings
from surveyor.web.errors import MACHINES, Stop
from surveyor.web.forms import read_fields

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "X-CSRF-Token"


def install(app: Flask, settings: Settings) -> None:
    """Check every request that may change something, but for customers' pages (nonces) and machines (keys)."""
    ours = urlsplit(settings.base_url)

    @app.before_request
    def check_forgery() -> None:
        if request.method in SAFE or request.path.startswith(("/s/", "/u/", "/f/", "/r/", *MACHINES)):
            return
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Stop("csrf_invalid", 400, where="Origin")
        origin = request.headers.get("Origin")
        if origin is not None and not _is_ours(origin, f"{ours.scheme}://{ours.netloc}"):
            raise Stop("csrf_invalid", 400, where="Origin")
        staff = g.get("staff")
        view = app.view_functions.get(request.endpoint or "")
        if staff is None:
            return
        given = _token(getattr(view, "takes_file", 0)).encode("utf-8", "replace")
        if not hmac.compare_digest(given, staff.csrf.encode()):
            raise Stop("csrf_invalid", 400, where="csrf_token")


def _is_ours(origin: str, base: str) -> bool:
    """The origin of SURVEYOR_BASE_URL, or the name under which this very request was let in (see hosts)."""
    here = urlsplit(request.host_url)
    return origin.lower() in (base.lower(), f"{here.scheme}://{here.netloc}".lower())


def _token(most: int) -> str:
    header = request.headers.get(HEADER)
    if header:
        return header
    fields = read_fields(limit=most, multipart=True) if most else read_fields()
    given = [value for name, value in fields if name == "csrf_token"]
    return given[0] if len(given) == 1 else ""
