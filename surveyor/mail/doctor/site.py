"""Point 2: whether the links of an email work: certificate, no redirect, and the one-click unsubscribe of RFC 8058."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message as Headers
from urllib.parse import urlsplit

from cryptography.x509 import load_der_x509_certificate

from surveyor.mail.doctor.line import Level, Line

VALID_DAYS, HOST_AT_MOST, LINK_AT_MOST = 20, 25, 58
ONE_CLICK = b"List-Unsubscribe=One-Click"
_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ends: when the certificate does, None over http."""

    status: int
    headers: Headers
    body: bytes
    ends: datetime | None


def check_site(base_url: str, token: str, *, now: datetime, production: bool, ca_file: str = "") -> Iterator[Line]:
    """The address in every email. token: shaped like one, and nobody's: it is answered like a real one."""
    parts = urlsplit(base_url)
    link = f"{base_url}/u/{token}"
    yield _length(parts.hostname or "", link)
    if parts.scheme != "https":
        level = Level.FAIL if production else Level.WARN
        yield Line(2, "https", level, "links are http", "set SURVEYOR_BASE_URL to https://…", "RFC 8058 3.1")
    try:
        shown = _ask(link, "GET", b"", ca_file)
        clicked = _ask(link, "POST", ONE_CLICK, ca_file)
    except ssl.SSLError as wrong:
        what = getattr(wrong, "verify_message", "") or str(wrong.reason or "no TLS")
        advice = "install a certificate of a public authority for this host"
        yield Line(2, "https", Level.FAIL, f"the certificate does not hold: {what}", advice, "RFC 8058 3.1")
        return
    except (OSError, http.client.HTTPException) as away:
        advice = "start surveyor web, or look from where it can be reached"
        yield Line(2, "site", Level.UNKNOWN, f"{base_url} does not answer ({type(away).__name__})", advice)
        return
    if shown.ends is not None:
        yield from _tls(shown, now)
    yield _page(shown)
    yield _one_click(clicked)


def _length(host: str, link: str) -> Line:
    what = f"host of {len(host)} characters, List-Unsubscribe of {len(link)}"
    if len(link) <= LINK_AT_MOST:
        return Line(2, "length of links", Level.OK, what, "", "RFC 5322 2.1.1")
    advice = f"a host of {HOST_AT_MOST} or fewer: a link over {LINK_AT_MOST} does not fit a line of 78"
    return Line(2, "length of links", Level.WARN, what, advice, "RFC 5322 2.1.1")


def _tls(shown: Answer, now: datetime) -> Iterator[Line]:
    assert shown.ends is not None
    left = shown.ends - now
    level, advice = (Level.OK, "") if left >= timedelta(days=VALID_DAYS) else (Level.WARN, "renew it now")
    yield Line(2, "certificate", level, f"valid for {left.days} days", advice, f"at least {VALID_DAYS} days")
    if shown.headers.get("Strict-Transport-Security"):
        yield Line(2, "HSTS", Level.OK, "there", "", "RFC 6797")
    else:
        yield Line(2, "HSTS", Level.WARN, "no Strict-Transport-Security", "set it in production", "RFC 6797")


def _page(shown: Answer) -> Line:
    kind = shown.headers.get("Content-Type", "")
    if 300 <= shown.status < 400:
        advice = "answer /u/ itself: a redirect loses the POST of a mailbox"
        return Line(2, "GET /u/", Level.FAIL, f"{shown.status}, a redirect", advice, "RFC 8058 3.1")
    if shown.status != 200 or not kind.startswith("text/html") or b"<form" not in shown.body:
        advice = "the proxy in front must hand /u/ on to surveyor web"
        return Line(2, "GET /u/", Level.FAIL, f"{shown.status} {kind}: no page with a button", advice, "RFC 8058 3.1")
    return Line(2, "GET /u/", Level.OK, "a page with a button", "", "RFC 8058 3.1")


def _one_click(clicked: Answer) -> Line:
    faults = [f"{clicked.status}"] if clicked.status != 200 else []
    faults += ["a cookie"] if clicked.headers.get("Set-Cookie") else []
    faults += ["a redirect"] if clicked.headers.get("Location") else []
    if faults:
        advice = "the proxy in front must hand the POST on as it is: 200, no cookie, no redirect"
        return Line(2, "one-click POST", Level.FAIL, ", ".join(faults), advice, "RFC 8058 3.1")
    return Line(2, "one-click POST", Level.OK, "200, no cookie, no redirect", "", "RFC 8058 3.1")


def _ask(link: str, method: str, body: bytes, ca_file: str) -> Answer:
    parts = urlsplit(link)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file or None)
        connection = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.connect()
        ends = _ends(connection.sock)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, parts.path, body=body or None, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read(1 << 20), ends)
    finally:
        connection.close()


def _ends(sock: object) -> datetime | None:
    if not isinstance(sock, ssl.SSLSocket):
        return None
    certificate = sock.getpeercert(binary_form=True)
    return load_der_x509_certificate(certificate).not_valid_after_utc if certificate else None
