"""A mail scanner between an email and its survey: opens every link (HEAD, prefetch, GET), submits, confirms."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPSConnection
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

_HREF = re.compile(r'href="(https?://[^"]+)"')
_LINK = re.compile(r"https?://[^\s\"'<>]+")
FORM = "application/x-www-form-urlencoded"
STEP_UP = 'data-code="confirm_answer"'


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, redirects followed. `url` is the last address."""

    status: int
    url: str
    text: str


class Ask(Protocol):
    """How a request is made; redirects are followed as browsers do."""

    def __call__(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """One request."""


@dataclass(slots=True)
class Http:
    """Requests over kept connections, one a host."""

    kept: dict[str, HTTPConnection] = field(default_factory=dict)

    def __call__(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """One request, up to five redirects."""
        for _ in range(5):
            parts = urlsplit(url)
            kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
            connection = self.kept.setdefault(parts.netloc, kind(parts.netloc, timeout=30))
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            if answer.status not in (302, 303):
                return Reply(answer.status, url, text)
            method, body, url = "GET", None, urljoin(url, answer.getheader("Location", ""))
        return Reply(310, url, "")

    def close(self) -> None:
        """Let the connections go."""
        for connection in self.kept.values():
            connection.close()


def links(message: bytes) -> list[str]:
    """Every link of a stored message, each once: of its List-Unsubscribe header, of its HTML, of its text."""
    parsed = BytesParser(EmailMessage, policy=policy.default).parsebytes(message)
    html, text = (_part(parsed, kind) for kind in ("html", "plain"))
    found = [*_LINK.findall(str(parsed.get("List-Unsubscribe", ""))), *map(unescape, _HREF.findall(html))]
    return list(dict.fromkeys([*found, *(match.rstrip(").,") for match in _LINK.findall(text))]))


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


@dataclass(slots=True)
class Form:
    """A form of a page as it would be sent: its fields in order, a radio only when it is checked."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    radios: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def encoded(self, *, sign: str) -> bytes:
        """The body of its POST; a group of radios without a choice takes its first one, `sign` is what scripts say."""
        given = {name for name, _ in self.fields}
        chosen = [(name, values[0]) for name, values in self.radios.items() if name not in given]
        signed = [(name, sign if name == "sign" else value) for name, value in self.fields]
        return urlencode([*signed, *chosen, *self.buttons[:1]]).encode()


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        elif self.found and "name" in given:
            self._field(self.found[-1], tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        pair = (given["name"], given.get("value", ""))
        if tag == "button":
            form.buttons.append(pair)
        elif given.get("type") == "radio":
            form.radios.setdefault(pair[0], []).append(pair[1])
            if "checked" in given:
                form.fields.append(pair)
        elif tag in ("input", "textarea"):
            form.fields.append(pair)


def forms(page: Reply) -> list[Form]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.found


@dataclass(slots=True)
class Robot:
    """A scanner. `wait` lets seconds pass (a test sets a clock forward); `sign` is what its scripts say to a form:

    "" without scripts, "js" with them, "person" for one that moves a pointer.
    """

    ask: Ask
    wait: Callable[[float], None] = time.sleep
    agent: str = "Mozilla/5.0 (compatible; LinkScan/3.1)"
    sign: str = ""

    def look(
        self, urls: Sequence[str], *, method: str = "GET", every: float = 0.0, more: Mapping[str, str] | None = None
    ) -> list[Reply]:
        """Ask for each of these addresses, `every` seconds apart; `more` headers, such as those of a prefetch."""
        found = []
        for number, url in enumerate(urls):
            if number:
                self.wait(every)
            found.append(self.ask(method, url, headers={"User-Agent": self.agent, **(more or {})}))
        return found

    def submit(self, page: Reply) -> Reply:
        """Send the first form of a page as it stands, its first button pressed; a page without one stays."""
        found = forms(page)
        if page.status != 200 or not found:
            return page
        headers = {"User-Agent": self.agent, "Content-Type": FORM}
        body = found[0].encoded(sign=self.sign)
        return self.ask("POST", urljoin(page.url, found[0].action), headers=headers, body=body)

    def press(self, url: str, *, dwell: float, confirm: bool = False) -> Reply:
        """Open a link, stay `dwell` seconds, submit; with `confirm`, press on as long as one more click is asked."""
        answer = self.submit(_after(self.look([url])[0], self.wait, dwell))
        for _ in range(3 if confirm else 0):
            if STEP_UP not in answer.text:
                break
            answer = self.submit(_after(answer, self.wait, dwell))
        return answer

    def storm(self, urls: Sequence[str], *, every: float, dwell: float, confirm: bool = False) -> list[Reply]:
        """Press every link, `every` seconds from one to the next."""
        found = []
        for number, url in enumerate(urls):
            if number:
                self.wait(every)
            found.append(self.press(url, dwell=dwell, confirm=confirm))
        return found


def _after(page: Reply, wait: Callable[[float], None], seconds: float) -> Reply:
    wait(seconds)
    return page
