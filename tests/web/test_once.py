"""A form pressed twice or sent again by a reload makes one key, one webhook, one widget, and says where it is."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.db.tables.access import ApiKey
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.outgoing import Webhook
from surveyor.db.tables.widgets import Widget
from surveyor.services import Services
from tests.web.conftest import Enter, Person
from tests.web.links import open_network

FORMS: dict[str, tuple[Any, str, str, dict[str, str], str]] = {
    "key": (ApiKey, "/keys/new", "/keys/new", {"name": "till", "scopes": "orders:write"}, "name"),
    "webhook": (
        *(Webhook, "/webhooks/new", "/webhooks/new"),
        {"url": "https://8.8.8.8/hook", "events": "case.opened", "name": "crm"},
        "name",
    ),
    "widget": (Widget, "/widgets", "/widgets", {"kind": "badge", "name": "badge", "scope": "store:S1"}, "name"),
}


@pytest.fixture
def admin(installation: Services, enter: Enter) -> Person:
    """An administrator who just typed a password, over a network with stores."""
    open_network(installation)
    return enter("admin")


def mark(admin: Person, path: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]{32})"', admin.get(path).text)
    assert found is not None
    return found[1]


def made(installation: Services, table: Any) -> int:
    with installation.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_sent_twice_makes_one_thing(kind: str, admin: Person, installation: Services) -> None:
    table, page, target, fields, _ = FORMS[kind]
    form = fields | {"once": mark(admin, page)}
    first, second = (admin.post(target, form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303 if kind == "widget" else 200, 303)
    assert made(installation, table) == 1
    with installation.sessions() as session:
        assert session.scalar(select(func.count()).where(AuditLine.action == f"{kind}.made")) == 1
    said = admin.get(second.headers["Location"])
    assert said.status_code == 200
    assert fields["name"] in said.text
    if kind != "widget":
        assert "le formulaire est arrivé deux fois" in said.text


@pytest.mark.parametrize("kind", FORMS)
def test_another_form_and_the_same_form_changed_make_another_thing(
    kind: str, admin: Person, installation: Services
) -> None:
    table, page, target, fields, changed = FORMS[kind]
    form = fields | {"once": mark(admin, page)}
    for sent in (form, form | {changed: "other"}, fields | {"once": mark(admin, page)}, fields | {"once": "../x"}):
        assert admin.post(target, sent).status_code in (200, 303)
    assert made(installation, table) == 4


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_that_was_refused_keeps_its_mark(kind: str, admin: Person) -> None:
    _, page, target, fields, changed = FORMS[kind]
    form = fields | {"once": mark(admin, page), changed: "", "url": "", "kind": "x"}
    form = {name: value for name, value in form.items() if name in fields or name == "once"}
    answer = admin.post(target, form)
    assert answer.status_code == 422
    assert f'name="once" value="{form["once"]}"' in answer.text


@pytest.mark.parametrize("kind", FORMS)
def test_two_presses_at_the_same_moment_make_one_thing(kind: str, admin: Person, installation: Services) -> None:
    table, page, target, fields, _ = FORMS[kind]
    form = fields | {"once": mark(admin, page)}
    browsers = [Person(admin.client.application.test_client(), admin.user_id, admin.csrf) for _ in range(2)]
    cookie = admin.client.get_cookie("surveyor")
    assert cookie is not None
    answers: list[int] = []

    def press(person: Person) -> Callable[[], None]:
        person.client.set_cookie("surveyor", cookie.value)
        return lambda: answers.append(person.post(target, form).status_code)

    threads = [threading.Thread(target=press(person)) for person in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ([303, 303] if kind == "widget" else [200, 303])
    assert made(installation, table) == 1
