"""From the visible link of an email to silence, or to fewer emails: on a phone, without scripts."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.scope import NETWORK
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.explain_decisions import Asking, explain_decisions
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.record_orders import record_orders
from surveyor.ingest.payload import read_event
from surveyor.jobs.run_due import run_due
from tests.journeys.conftest import Line, Open

pytestmark = pytest.mark.browser
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\n'
PICTURES = os.environ.get("SURVEYOR_TEST_PICTURES", "")


def buy(line: Line, customer: str, order: str, day: str, language: str = "fr") -> None:
    """One order, and whatever email comes of it, two days later."""
    ordered = datetime.fromisoformat(f"{day}T10:00:00+01:00").astimezone(UTC)
    item = {
        "event_id": order,
        "type": "order.completed",
        "order_id": order,
        "customer_id": customer,
        "email": f"{customer}@example.fr",
        "first_name": "Ana",
        "ordered_at": ordered.isoformat(),
        "store_id": "lille",
        "store_name": "Drive Lille Centre",
        "brand": "Courses Claires",
        "language": language,
    }
    line.clock.set(ordered)
    event = read_event(item, now=ordered)
    record_orders(line.here.sessions, [event], source="shop", now=ordered, keys=line.here.keyring, defaults=_here(line))
    line.clock.forward(days=2)
    run_due(line.here)


def _here(line: Line) -> Defaults:
    return Defaults(line.here.settings.time_zone, line.here.settings.language)


def link_of(line: Line, customer: str, words: str) -> str:
    """Where the visible link of the last email to a customer leads."""
    raw = [one.content for one in line.smtp.taken if one.recipient == f"{customer}@example.fr"][-1]
    body = BytesParser(policy=policy.default).parsebytes(raw).get_body(("html",))
    found = re.search(rf'<a\s+href="([^"]+)"[^>]*>{words}</a>', body.get_content())  # type: ignore[union-attr]
    assert found
    return found[1]


def received(line: Line, customer: str) -> int:
    return sum(one.recipient == f"{customer}@example.fr" for one in line.smtp.taken)


def picture(page: Any, name: str) -> None:
    """Kept where SURVEYOR_TEST_PICTURES says, to be looked at."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


@pytest.fixture
def shop(line: Line) -> Line:
    """A line whose rule asks after each order, every two months at most."""
    publish_first(line.here.sessions, RULES, now=line.here.now())
    return line


def test_unsubscribe_means_silence(shop: Line, open_page: Open) -> None:
    buy(shop, "ana", "o1", "2027-01-05")
    watched = open_page(width=360, javascript=False)
    watched.goto(link_of(shop, "ana", "Moins souvent, ou me désabonner"))
    picture(watched.page, "choices-fr")
    assert watched.page.title() == "Vos préférences"
    watched.press(watched.page.get_by_role("button", name="Me désabonner"))
    assert watched.page.title() == "Vous ne recevez plus ces e-mails"
    picture(watched.page, "stopped-fr")
    for month in (4, 7):
        buy(shop, "ana", f"o{month}", f"2027-{month:02}-05")
    assert received(shop, "ana") == 1
    assert watched.wrong == []


def test_taken_back_at_once_it_is_as_if_nothing_had_been(shop: Line, open_page: Open) -> None:
    buy(shop, "ana", "o1", "2027-01-05", language="en")
    watched = open_page(width=360, locale="en-GB")
    watched.goto(link_of(shop, "ana", "Less often, or unsubscribe"))
    watched.press(watched.page.get_by_role("button", name="Unsubscribe"))
    watched.check("stopped, in English")
    watched.press(watched.page.get_by_role("button", name="It is a mistake: undo"))
    watched.check("undone")
    picture(watched.page, "undone-en")
    buy(shop, "ana", "o2", "2027-04-05", language="en")
    assert received(shop, "ana") == 2


def test_less_often_moves_the_next_invitation(shop: Line, open_page: Open) -> None:
    buy(shop, "ana", "o1", "2027-01-05")
    buy(shop, "eve", "p1", "2027-01-05")
    watched = open_page(width=360, javascript=False)
    watched.goto(link_of(shop, "ana", "Moins souvent, ou me désabonner"))
    watched.press(watched.page.get_by_role("button", name="Tous les 6 mois au plus"))
    assert "Le prochain ne partira pas avant le 7 juillet 2027." in watched.page.inner_text("main")
    picture(watched.page, "less-fr")
    for name in ("ana", "eve"):
        buy(shop, name, f"{name}-march", "2027-03-10")
    assert (received(shop, "ana"), received(shop, "eve")) == (1, 2)
    story = explain_decisions(shop.here.sessions, "ana", Asking((NETWORK,), "fr", shop.here.keyring, _here(shop)))
    assert story is not None
    assert story.less_often == (("ana", 6),)
    cooldown = next(check for check in story.decisions[0].what.checks if check.code == "cooldown")
    assert cooldown.value == "dernier le 7 janvier, fin le 7 juillet"
    buy(shop, "ana", "ana-july", "2027-07-06")
    assert received(shop, "ana") == 2


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "light")])
def test_every_state_of_the_page_is_accessible(shop: Line, open_page: Open, width: int, scheme: str) -> None:
    buy(shop, "ana", "o1", "2027-01-05")
    watched = open_page(width=width, scheme=scheme)
    watched.goto(link_of(shop, "ana", "Moins souvent, ou me désabonner"))
    watched.check("choices")
    for button in ("Tous les 2 mois au plus", "Faire une pause de 3 mois", "Revenir comme avant"):
        watched.press(watched.page.get_by_role("button", name=button))
        watched.check(button)
        picture(watched.page, f"{button[:14].strip()}-{width}-{scheme}")
    assert [tuple(one) for one in watched.page.evaluate(SIZES) if one[1] < 44] == []
    watched.press(watched.page.get_by_role("button", name="Me désabonner"))
    watched.check("stopped")


SIZES = "[...document.querySelectorAll('button, a')].map(b => [b.textContent.trim(), b.getBoundingClientRect().height])"


def test_the_explanation_names_the_choice_of_the_customer(shop: Line, open_page: Open) -> None:
    buy(shop, "ana", "o1", "2027-01-05")
    phone = open_page(width=360)
    phone.goto(link_of(shop, "ana", "Moins souvent, ou me désabonner"))
    phone.press(phone.page.get_by_role("button", name="Tous les 6 mois au plus"))
    staff = open_page()
    staff.sign_in(shop.staff("support"))
    staff.goto("/explain?q=ana")
    assert "Choix du client\u00a0: un e-mail tous les 6 mois au plus" in staff.page.inner_text("main")
    staff.check("explain with a choice")
    picture(staff.page, "explain-fr")
