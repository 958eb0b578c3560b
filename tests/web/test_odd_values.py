"""Odd values behind the question mark and in the forms of every page of staff: no page fails, on either engine."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from surveyor.flows.manage_keys import make_key
from tests.web.conftest import NOW, Person, browser
from tests.web.test_access import ALL_SCOPES, FORMS, QUERIES, World, build, object_at, routes

pytestmark = pytest.mark.slow

#: What no page expects: NUL, half a character, too large for any integer, before and after every calendar, a wall.
ODD = ("a\0b", "\udcff", "9" * 19, "-1", "9999-12-31", "0001-01", "x" * 5000, "9999999999999999-" + "f" * 32)
#: Whatever is said there ends a session, changes who is signed in, or goes to somebody else's server.
LEFT_OUT = ("/sign-out", "/profile/", "/users/", "/sign-in", "/api/", "/hooks/", "/step-up")


class Asked(ImmutableMultiDict[str, str]):
    """A query that remembers which of its names a page asks for."""

    names: ClassVar[set[str]] = set()

    def get(self, name: str, *rest: Any, **more: Any) -> Any:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, *rest, **more)

    def getlist(self, name: str, *rest: Any) -> Any:
        self.names.add(name)
        return super().getlist(name, *rest)


class Listening(Request):
    """A request whose query is such a one."""

    parameter_storage_class = Asked


class Forms(HTMLParser):
    """The forms of a page that post: where to, and what the browser would send of each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str]]]] = []
        self.inside = False
        self.choice = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and said.get("method", "").lower() == "post":
            self.found.append((said.get("action", ""), []))
            self.inside = True
        elif self.inside and tag == "option" and self.choice:
            self.found[-1][1].append((self.choice, said.get("value", "")))
            self.choice = ""
        elif self.inside and "name" in said and (said.get("type") not in ("checkbox", "radio") or "checked" in said):
            if tag == "select":
                self.choice = said["name"]
            elif said["name"] != "csrf_token":
                self.found[-1][1].append((said["name"], said.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


@pytest.fixture
def world(sessions: Any, tmp_path: Path) -> World:
    made = build(sessions, lambda: NOW, tmp_path, emails=True)
    made.app.request_class = Listening
    return made


def test_no_query_makes_a_page_fail(world: World, engine_name: str) -> None:
    person = browser(world.app, world.here, world.people["admin"])
    key = make_key(world.here.sessions, name="all", scopes=ALL_SCOPES, now=NOW, actor="test").text
    failed, asked = [], 0
    for route, method in routes(world.app):
        if method != "GET" or route.startswith(("/static", "/sign-out")):
            continue
        headers = {"Authorization": f"Bearer {key}"} if route.startswith("/api/v1") else {}
        path, query = object_at(world, route), QUERIES.get(route, "")
        Asked.names.clear()
        person.get(path + query, headers=headers)
        for name in sorted(Asked.names | {"q"}):
            value = _odd(f"{engine_name} {route} {name}")
            told = f"{path}{query}{'&' if query else '?'}{name}={_quoted(value)}"
            asked += 1
            if person.get(told, headers=headers).status_code >= 500:
                failed.append((route, name, value[:40]))
    assert failed == []
    assert asked > 250


def _odd(seed: str) -> str:
    """One of the values, each time the same one for a name of a page and an engine; over all pages, all of them."""
    return ODD[sum(map(ord, seed)) % len(ODD)]


def test_no_form_makes_a_page_fail(world: World, engine_name: str) -> None:
    person = browser(world.app, world.here, world.people["admin"])
    failed, posted = [], 0
    for where, fields in sorted(_forms(world, person).items()):
        for name in dict.fromkeys(name for name, _ in fields):
            value = _odd(f"{engine_name} {len(fields)} {name}")
            data = [(one, value if one == name else said) for one, said in fields]
            posted += 1
            if _post(person, where, data).status_code >= 500:
                failed.append((where, name, value[:40]))
    assert failed == []
    assert posted > 150


def _forms(world: World, person: Person) -> dict[str, list[tuple[str, str]]]:
    """Where forms go, and the most that one of them sends there: as pages show them, and the table of access."""
    found = {object_at(world, route): list(fields.items()) for (route, method), fields in FORMS.items()}
    for route, method in routes(world.app):
        if method != "GET" or route.startswith(("/api/", "/static", "/metrics", "/hooks")):
            continue
        path = object_at(world, route)
        page = person.get(path + QUERIES.get(route, ""))
        for action, fields in Forms(page.text).found if page.mimetype == "text/html" else ():
            where = action or path
            found[where] = max(found.get(where, []), fields, key=len)
    return {where: fields for where, fields in found.items() if not where.startswith(LEFT_OUT)}


def _post(person: Person, where: str, fields: list[tuple[str, str]]) -> Any:
    body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in [*fields, ("csrf_token", person.csrf)])
    return person.client.post(where, data=body.encode(), content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("path", ["/sign-in", "/reset"])
def test_a_stranger_is_told_what_a_field_holds_that_no_text_can(world: World, path: str) -> None:
    answer = world.app.test_client().post(path, data={"email": "a\0b@example.fr", "password": "x"})
    assert answer.status_code == 422
    assert 'data-code="text_control_character"' in answer.text
    assert "U+0000" in answer.text


def test_a_query_that_is_not_read_may_hold_anything(world: World) -> None:
    client = world.app.test_client()
    assert client.get(f"/s/{world.sent.survey}?x=%00").status_code == 200
    assert client.get(f"/u/{world.sent.unsubscribe}?x=%00").status_code == 200
    assert client.get("/w/w1.json?x=%00").status_code == client.get("/w/w1.json").status_code
    person = browser(world.app, world.here, world.people["admin"])
    assert person.get("/?segment=a%00b").status_code == 400


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe="")
