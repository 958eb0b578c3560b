"""Every address that a page offers leads somewhere, and what is typed into a filter by mistake is never our failure."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.services import Services
from tests.web import sample
from tests.web.conftest import NOW, Enter, Person
from tests.web.links import open_network

HREF = re.compile(r'href="(/[^"#]*)')
#: Nothing of it is a page that a person reads in a browser.
ASIDE = ("/static", "/sign-out", "//")
#: What may stand behind a name in an address; pages answer it with a page.
TYPED = ("0001-01-01", "9999-12-31", "2026-W99", "9" * 400, "-1", "nan", "store:nowhere", "\0", "' OR 1=1--", "\u202eé")
NAMES = ("scope", "from", "to", "period", "by", "cursor", "page", "q")


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    sample.write(installation.sessions, today=NOW.date(), days=60, a_day=3)
    return create_app(installation)


def walked(person: Person, *, most: int = 400) -> dict[str, int]:
    """The status of each page that can be reached from the first one; one page of those that differ by an id."""
    found: dict[str, int] = {}
    known: set[tuple[str, ...]] = set()
    waiting = ["/"]
    while waiting and len(found) < most:
        address = waiting.pop(0)
        parts = urlsplit(address)
        like = re.sub(r"[0-9a-f]{16,}|\d+", "#", parts.path), *sorted(name for name, _ in parse_qsl(parts.query))
        if like in known:
            continue
        known.add(like)
        answer = person.get(address)
        found[address] = answer.status_code
        if answer.mimetype == "text/html":
            links = [html.unescape(link) for link in HREF.findall(answer.text)]
            waiting += [link for link in links if not link.startswith(ASIDE)]
    return found


def test_every_link_of_every_page_leads_to_a_page_and_a_mistyped_filter_to_an_answer(enter: Enter) -> None:
    person = enter("admin")
    found = walked(person)
    assert len(found) > 60
    assert {address: status for address, status in found.items() if status not in (200, 303)} == {}
    failed = []
    for number, address in enumerate(sorted({urlsplit(address).path for address in found})):
        for step in range(2):
            name, typed = NAMES[(number + 3 * step) % len(NAMES)], TYPED[(number + step) % len(TYPED)]
            answer = person.get(f"{address}?{name}={quote(typed)}")
            if answer.status_code >= 500:
                failed.append((address, name, typed, answer.status_code))
    assert failed == []
