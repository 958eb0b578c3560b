"""What journeys share: the whole line on one machine, a real SMTP server, the site on a port, a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from surveyor.app import build_services, create_app
from surveyor.flows.manage_users import HOST, NewUser, add_user, set_password
from surveyor.services import Services
from surveyor.settings import Settings
from surveyor.testing.smtp_server import SmtpServer
from tests.servers import free_port

SECRET = bytes(range(1, 33))
PASSWORD = "a quiet river under old bridges"
AXE = Path(__file__).parents[1] / "web" / "vendor" / "axe.min.js"
# A press that leaves the page is over before the next page is there: whoever looks must first wait for it.
LEAVING = """
addEventListener("submit", sent => { if (!sent.defaultPrevented) window.leaving = true; });
addEventListener("click", pressed => {
    const link = pressed.target.closest && pressed.target.closest("a[href]");
    if (!link || pressed.defaultPrevented || link.target || link.hasAttribute("download")) return;
    if (link.href.split("#")[0] !== location.href.split("#")[0]) window.leaving = true;
});
"""
#: Milliseconds: a busy machine is no reason to fail.
PATIENCE = 120_000
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Line:
    """An installation at work: its services, its address, what its customers received."""

    here: Services
    url: str
    smtp: SmtpServer
    clock: Any

    def staff(self, role: str, *scopes: str, language: str = "fr") -> str:
        """The address of somebody who may sign in with PASSWORD."""
        email = f"{role}-{language}-{len(scopes)}@staff.example"
        user = NewUser(email, role, scopes or ("network",), language=language, name="Camille Roux")
        user_id = add_user(self.here.sessions, user=user, by=HOST, now=self.here.now())
        set_password(self.here.sessions, user_id=user_id, password=PASSWORD, now=self.here.now())
        return email


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """The site on a port of the loopback, by the server we ship; its own thread closes it, between two looks."""
    from waitress.server import create_server
    from waitress.wasyncore import close_all

    server: Any = create_server(app, host="127.0.0.1", port=port, threads=4, clear_untrusted_proxy_headers=True)
    asked = threading.Event()

    def run() -> None:
        while not asked.is_set():
            server.asyncore.loop(timeout=1.0, use_poll=True, map=server._map, count=1)
        server.task_dispatcher.shutdown()
        close_all(server._map)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        asked.set()
        with suppress(OSError):  # it was between two looks, and has closed what wakes it
            server.pull_trigger()
        thread.join()


@pytest.fixture
def line(sqlite_url: str, clock: Any, tmp_path: Path) -> Iterator[Line]:
    """The line on SQLite, sending by SMTP."""
    port = free_port()
    clock.set(datetime(2026, 11, 20, 9, tzinfo=UTC))
    with SmtpServer() as smtp:
        settings = replace(
            Settings.read({}),
            home=tmp_path,
            database_url=sqlite_url,
            read_database_url=sqlite_url,
            mail_url=f"smtp://127.0.0.1:{smtp.port}",
            sender="Courses Claires <avis@courses.example>",
            base_url=f"http://127.0.0.1:{port}",
            secret_keys=(SECRET,),
        )
        here = build_services(settings, now=clock)
        with served(create_app(here), port):
            yield Line(here, settings.base_url, smtp, clock)


@dataclass
class Watched:
    """A page and what went wrong on it: policy violations, errors, requests to anybody else."""

    page: Any
    url: str
    wrong: list[str] = field(default_factory=list)

    def goto(self, path: str) -> Any:
        """Open one of our pages."""
        return self.page.goto(path if path.startswith("http") else self.url + path)

    def sign_in(self, email: str) -> None:
        """Through the door."""
        self.goto("/sign-in")
        self.page.fill("#email", email)
        self.page.fill("#password", PASSWORD)
        self.press("button[type=submit]")
        assert "/sign-in" not in self.page.url

    def press(self, what: Any) -> None:
        """Press what leads to a page (a selector or a locator) and be there: a click alone does not wait for it."""
        with self.page.expect_navigation():
            (self.page.locator(what).first if isinstance(what, str) else what).click()

    def settled(self) -> Any:
        """The page, once the one that was asked for by a press has come."""
        self.page.wait_for_function("!window.leaving && document.readyState === 'complete'")
        return self.page

    def check(self, what: str) -> None:
        """Accessible, no wider than the screen, quiet: as it stands, then on a phone (or from a phone on a desk)."""
        self.settled()
        wrong = self.problems(what)
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": 1280 if size["width"] < 500 else 360, "height": size["height"]})
        wrong += self.problems(f"{what} at {self.page.viewport_size['width']} px")
        self.page.set_viewport_size(size)
        assert not wrong, "\n".join(wrong)

    def problems(self, what: str) -> list[str]:
        """What is wrong with the page as it stands: accessibility, width, policy violations, strangers asked."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8") + ";0")
        run = """async (tags) => await axe.run(
            document, {resultTypes: ['violations'], runOnly: {type: 'tag', values: tags}})"""
        found = self.page.evaluate(run, STANDARDS)
        said = [f"{what}: {v['id']} {[n['html'][:120] for n in v['nodes'][:3]]}" for v in found["violations"]]
        wide, room = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if wide > room:
            said.append(f"{what} is {wide} px wide on a screen of {room}")
        return said + [f"{what}: {one}" for one in self.wrong]


Open = Callable[..., Watched]


@pytest.fixture
def open_page(line: Line, chromium_browser: Any) -> Iterator[Open]:
    """`open_page(width=360, scheme="dark", javascript=False)`: a page of a fresh browser profile."""
    contexts = []

    def make(*, width: int = 1280, scheme: str = "light", javascript: bool = True, locale: str = "fr-FR") -> Watched:
        context = chromium_browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=javascript,
            locale=locale,
            has_touch=width < 500,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        context.add_init_script(LEAVING)
        page = context.new_page()
        watched = Watched(page, line.url)
        page.on("console", lambda message: _listen(watched, message))
        page.on("pageerror", lambda error: watched.wrong.append(str(error)))
        page.on("request", lambda request: _look(watched, request, line.url))
        return watched

    yield make
    for context in contexts:
        context.close()


def _listen(watched: Watched, message: Any) -> None:
    if "Content Security Policy" in message.text or "Refused to" in message.text:
        watched.wrong.append(message.text)


def _look(watched: Watched, request: Any, url: str) -> None:
    if not request.url.startswith((url, "data:", "about:")):
        watched.wrong.append(f"asked {request.url}")
