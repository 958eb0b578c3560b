"""A colleague is invited, chooses a password, turns two-step sign-in on, comes back by a code, forgets the password."""

from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser
from typing import Any

import pyotp
import pytest

from surveyor.jobs.desk import drain, mailer
from tests.journeys.conftest import Line, Open
from tests.web.links import open_network

pytestmark = pytest.mark.browser

NEW, OTHER = "a colleague under old bridges", "a colleague over new bridges"


def last_link(line: Line) -> str:
    """The one link to choose a password in the email that just arrived."""
    drain(line.here, mailer(line.here))
    message: Any = BytesParser(policy=policy.SMTP).parsebytes(line.smtp.taken[-1].content)
    text = message.get_body(("plain",)).get_content()
    found = re.findall(rf"{re.escape(line.url)}/reset/[0-9A-Za-z]{{44}}", text)
    assert len(found) == 1
    return str(found[0])


def code(secret: str, line: Line) -> str:
    return str(pyotp.TOTP(secret).at(line.clock()))


@pytest.mark.parametrize(("width", "language"), [(1280, "fr"), (360, "en")])
def test_from_an_invitation_to_a_second_factor_and_a_forgotten_password(
    width: int, language: str, line: Line, open_page: Open
) -> None:
    open_network(line.here)
    with line.here.sessions.begin() as session:
        from surveyor.db.tables.instance import Instance

        session.get(Instance, 1).sending = "released"
    office = open_page(width=width)
    office.sign_in(line.staff("admin", language=language))
    office.goto("/users/new")
    office.page.fill("#email", "ines@maison.example")
    office.page.fill("#name", "Inès Petit")
    office.page.select_option("#role", "support")
    office.page.fill("#scope", "network")
    office.press("main form button[type=submit]")
    office.check("the new account")
    assert "ines@maison.example" in office.page.inner_text("main")

    home = open_page(width=width, scheme="dark", locale="fr-FR" if language == "fr" else "en-GB")
    page = home.page
    home.goto(f"{last_link(line)}?lang={language}")
    home.check("choosing a password")
    page.fill("#password", "court")
    home.press("button[type=submit]")
    home.check("a password that is too short")
    page.fill("#password", NEW)
    home.press("button[type=submit]")
    home.check("the door afterwards")
    sign_in(home, NEW)
    home.goto("/profile/second-factor")
    home.check("two-step sign-in, off")
    home.press("main form button")
    home.check("the picture and the secret")
    secret = page.inner_text("main code").replace(" ", "")
    page.fill("#code", "000000")
    home.press("form[action$='confirm'] button")
    home.check("a wrong first code")
    page.fill("#code", code(secret, line))
    home.press("form[action$='confirm'] button")
    home.check("ten recovery codes")
    assert page.locator(".codes code").count() == 10
    home.press("main a.button")
    home.check("two-step sign-in, on")
    home.goto("/profile")
    home.check("the profile")

    line.clock.forward(minutes=1)
    back = open_page(width=width)
    sign_in(back, NEW)
    back.check("the code")
    assert back.page.locator("#code").count() == 1
    back.page.fill("#code", code(secret, line))
    back.press("button[type=submit]")
    assert back.page.url == f"{line.url}/"
    back.goto("/step-up")
    back.check("stepping up")

    lost = open_page(width=width)
    lost.goto("/sign-in")
    lost.press("a[href='/reset']")
    lost.check("a forgotten password")
    lost.page.fill("#email", "ines@maison.example")
    lost.press("button[type=submit]")
    lost.check("an email is on its way")
    lost.goto(last_link(line))
    lost.page.fill("#password", OTHER)
    lost.press("button[type=submit]")
    back.goto("/profile")
    assert "/sign-in" in back.page.url
    line.clock.forward(minutes=1)
    sign_in(lost, OTHER)
    assert lost.page.locator("#code").count() == 1
    lost.page.fill("#code", code(secret, line))
    lost.press("button[type=submit]")
    assert lost.page.url == f"{line.url}/"


def test_the_link_that_the_host_prints_opens_a_session_in_a_browser(line: Line, open_page: Open) -> None:
    from surveyor.flows.make_sign_in_link import first_sign_in_link

    open_network(line.here)
    here = open_page()
    here.goto(first_sign_in_link(line.here.sessions, now=line.clock()))
    here.check("the link of the host")
    here.press("button[type=submit]")
    assert here.page.url == f"{line.url}/"


def sign_in(watched: Any, password: str) -> None:
    watched.goto("/sign-in")
    watched.page.fill("#email", "ines@maison.example")
    watched.page.fill("#password", password)
    watched.press("button[type=submit]")
