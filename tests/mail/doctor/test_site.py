"""The links of an email, asked over real HTTP and HTTPS: what a proxy in front can spoil is found."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from surveyor.mail.doctor.line import Level
from surveyor.mail.doctor.site import check_site
from tests.servers import free_port

TOKEN = "0" * 22
PAGE = b'<html><form method="post"><button>stop</button></form></html>'
Answers = dict[str, tuple[int, dict[str, str], bytes]]
SOUND: Answers = {
    "GET": (200, {"Content-Type": "text/html; charset=utf-8", "Strict-Transport-Security": "max-age=63072000"}, PAGE),
    "POST": (200, {"Content-Type": "text/plain"}, b""),
}


@contextmanager
def site(answers: Answers, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The address of a server that answers so, and what it was asked."""
    asked: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((f"{self.command} {self.path}", body))
            status, headers, content = answers[self.command]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def levels(base_url: str, **more: Any) -> dict[str, Level]:
    about = {"now": datetime.now(UTC), "production": True, **more}
    return {line.check: line.level for line in check_site(base_url, TOKEN, **about)}


def test_a_sound_site_is_asked_for_its_page_and_clicked_once(certificate: tuple[ssl.SSLContext, str]) -> None:
    with site(SOUND, certificate[0]) as (url, asked):
        now = datetime.now(UTC) - timedelta(days=30)  # the certificate of the tests ends tomorrow
        found = levels(url, ca_file=certificate[1], now=now)
    assert found == dict.fromkeys(("length of links", "certificate", "HSTS", "GET /u/", "one-click POST"), Level.OK)
    assert asked == [(f"GET /u/{TOKEN}", b""), (f"POST /u/{TOKEN}", b"List-Unsubscribe=One-Click")]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"GET": (302, {"Location": "/elsewhere"}, b"")}, "GET /u/"),
        ({"GET": (200, {"Content-Type": "text/html"}, b"<p>parked</p>")}, "GET /u/"),
        ({"GET": (404, {"Content-Type": "text/html"}, PAGE)}, "GET /u/"),
        ({"POST": (301, {"Location": "/elsewhere"}, b"")}, "one-click POST"),
        ({"POST": (403, {}, b"")}, "one-click POST"),
        ({"POST": (200, {"Set-Cookie": "a=b"}, b"")}, "one-click POST"),
    ],
)
def test_what_a_proxy_spoils_fails(change: Answers, check: str) -> None:
    with site({**SOUND, **change}) as (url, _):
        found = levels(url, production=False)
    assert {name for name, level in found.items() if level is Level.FAIL} == {check}


def test_links_over_http_fail_in_production_and_warn_elsewhere() -> None:
    with site(SOUND) as (url, _):
        assert levels(url)["https"] is Level.FAIL
        assert levels(url, production=False)["https"] is Level.WARN


def test_a_certificate_that_ends_soon_warns_and_one_that_nobody_knows_fails(
    certificate: tuple[ssl.SSLContext, str],
) -> None:
    with site(SOUND, certificate[0]) as (url, _):
        assert levels(url, ca_file=certificate[1])["certificate"] is Level.WARN
        assert levels(url) == {"length of links": Level.OK, "https": Level.FAIL}


def test_a_site_that_does_not_answer_is_unknown() -> None:
    assert levels(f"https://127.0.0.1:{free_port()}")["site"] is Level.UNKNOWN


def test_a_long_host_warns() -> None:
    found = levels(f"http://un-nom-d-hote-bien-trop-long.localhost:{free_port()}")
    assert found["length of links"] is Level.WARN
