"""The links that let staff in work in a real browser, which says where a form comes from in its own way."""

from __future__ import annotations

import pytest

from surveyor.flows.make_sign_in_link import make_sign_in_link
from surveyor.flows.send_account_link import make_password_link
from tests.journeys.conftest import Line, Open

pytestmark = pytest.mark.browser


def test_a_sign_in_link_lets_a_browser_in(line: Line, open_page: Open) -> None:
    email = line.staff("cx")
    seen = open_page()
    page = seen.page
    page.goto(line.url + make_sign_in_link(line.here.sessions, email=email, now=line.here.now()))
    seen.press("form button")
    assert page.url == f"{line.url}/"
    assert page.locator("nav").count()


def test_a_reset_link_takes_a_new_password_from_a_browser(line: Line, open_page: Open) -> None:
    email = line.staff("cx")
    path = make_password_link(line.here.sessions, email=email, keys=line.here.keyring, now=line.here.now())
    seen = open_page()
    page = seen.page
    page.goto(line.url + path)
    page.fill("input[type=password] >> nth=0", "a quiet river under old bridges")
    seen.press("form button[type=submit]")
    assert "/reset/" not in page.url
    assert "/sign-in" in page.url
