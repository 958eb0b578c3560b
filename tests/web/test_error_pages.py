"""What goes wrong for somebody signed in is said inside the frame of their screens, with the menu that leads on."""

from __future__ import annotations

from typing import Any

import pytest

from surveyor.app import create_app
from surveyor.services import Services
from surveyor.web.errors import Stop
from tests.web.conftest import Enter, Person, browser
from tests.web.links import open_network

MENU = '<nav class="fold-menu"'


@pytest.fixture
def person(installation: Services, enter: Enter) -> Person:
    """The manager of a store, on an application with pages that fail as they are told."""
    open_network(installation)
    user = enter("store_manager", "store:S1").user_id
    app = create_app(installation)
    app.testing = False
    faults: dict[str, Exception] = {
        "conflict": Stop("conflict", 409),
        "broken": RuntimeError("SELECT secret FROM users"),
        "away": Stop("unavailable", 503),
    }

    def fail(name: str) -> str:
        raise faults[name]

    fail.door = app.view_functions["healthz"].door  # type: ignore[attr-defined]
    app.add_url_rule("/fails/<name>", "fails", fail)
    return browser(app, installation, user)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/keys/new", 403),
        ("/nothing/here", 404),
        ("/stores/S3", 404),
        ("/fails/conflict", 409),
        ("/fails/broken", 500),
        ("/fails/away", 503),
    ],
)
def test_an_error_keeps_the_menu_of_who_is_signed_in(person: Person, path: str, status: int) -> None:
    answer = person.get(path)
    assert answer.status_code == status
    assert MENU in answer.text
    assert 'href="/reports/sent"' in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert "SELECT" not in answer.text


def test_a_stranger_gets_the_page_without_a_menu(person: Person) -> None:
    answer = person.client.application.test_client().get("/nothing/here")
    assert answer.status_code == 404
    assert MENU not in answer.text


def test_a_menu_that_fails_leaves_the_page_that_says_so(person: Person) -> None:
    def broken() -> Any:
        raise RuntimeError("no menu today")

    person.client.application.jinja_env.globals["menu"] = broken
    answer = person.get("/nothing/here")
    assert answer.status_code == 404
    assert MENU not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
