"""From orders posted by HTTP, through an email received by SMTP and a click, to the NPS on the dashboard."""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from surveyor.flows.manage_keys import make_key
from surveyor.flows.publish_rules import publish_first
from surveyor.jobs.run_due import run_due
from tests.journeys.conftest import Line, Open

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CUSTOMERS = 12
#: The score of each customer: eight promoters, two passives, two detractors: +50.
SCORES = (9, 10, 9, 9, 10, 10, 9, 9, 8, 7, 3, 6)


def order(customer: int, number: int, day: str) -> dict[str, Any]:
    """One order event as a shop sends it."""
    return {
        "event_id": f"ev-{customer}-{number}",
        "type": "order.completed",
        "order_id": f"o-{customer}-{number}",
        "customer_id": f"c{customer}",
        "email": f"client{customer}@example.fr",
        "first_name": "Ana",
        "ordered_at": f"{day}T10:00:00+01:00",
        "store_id": "lille",
        "store_name": "Drive Lille Centre",
        "region": "Nord",
        "brand": "Courses Claires",
        "segment": "famille",
        "language": "fr",
        "amount": "42.50",
        "currency": "EUR",
    }


def post(url: str, body: bytes, kind: str, **headers: str) -> tuple[int, str]:
    """Status and body of a POST; redirects are followed as a browser does."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind, **headers})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.read().decode()


def bring_orders(line: Line) -> dict[str, Any]:
    """Two orders of each customer, by the API."""
    key = make_key(line.here.sessions, name="shop", scopes=("orders:write",), now=line.here.now(), actor="test").text
    events = [order(c, n, day) for c in range(CUSTOMERS) for n, day in ((1, "2026-11-02"), (2, "2026-11-18"))]
    body = json.dumps(events).encode()
    _, said = post(f"{line.url}/api/v1/orders", body, "application/json", Authorization=f"Bearer {key}")
    receipt: dict[str, Any] = json.loads(said)
    return receipt


def received(line: Line) -> list[tuple[str, str, str]]:
    """What came by SMTP: recipient, text part, HTML part."""
    found = []
    for message in line.smtp.taken:
        parsed = BytesParser(policy=policy.default).parsebytes(message.content)
        parts = [parsed.get_body((kind,)).get_content() for kind in ("plain", "html")]  # type: ignore[union-attr]
        found.append((message.recipient, parts[0], parts[1]))
    return found


def answer_by_hand(line: Line, link: str, score: int) -> None:
    """Open a score link, wait ten seconds, send the form: what a browser without scripts does."""
    page = urllib.request.urlopen(f"{link}/{score}", timeout=20).read().decode()
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)
    assert nonce
    line.clock.forward(seconds=10)
    form = urlencode({"nonce": nonce[1], "score": score, "comment": ""}).encode()
    status, thanks = post(link, form, "application/x-www-form-urlencoded")
    assert status == 200
    assert "Merci" in thanks


def test_an_order_becomes_an_email_a_click_and_an_nps(line: Line, open_page: Open) -> None:
    publish_first(line.here.sessions, (ROOT / "rules.toml").read_text("utf-8"), now=line.here.now())
    line.clock.set(datetime(2026, 11, 18, 12, tzinfo=UTC))
    receipt = bring_orders(line)
    assert receipt["accepted"] == 2 * CUSTOMERS, receipt
    run_due(line.here)
    assert not line.smtp.taken

    line.clock.set(datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    run_due(line.here)
    mails = received(line)
    assert sorted(to for to, _, _ in mails) == sorted(f"client{n}@example.fr" for n in range(CUSTOMERS))
    links = {}
    for to, text, html in mails:
        found = set(re.findall(rf"{re.escape(line.url)}/s/[0-9A-Za-z]{{22}}", html))
        assert len(found) == 1
        assert found.pop() in text
        links[int(re.sub(r"\D", "", to.partition("@")[0]))] = re.search(rf"{re.escape(line.url)}/s/\w{{22}}", text)[0]  # type: ignore[index]

    line.clock.forward(hours=2)
    phone = open_page(width=360)
    phone.goto(f"{links[0]}/{SCORES[0]}")
    phone.check("the survey on a phone")
    assert phone.page.is_checked(f"input[name=score][value='{SCORES[0]}']")
    phone.page.fill("textarea", "Toujours à l'heure <b>merci</b>")
    line.clock.forward(seconds=20)
    phone.press("button[type=submit]")
    assert "/thanks" in phone.page.url
    phone.check("thanks on a phone")

    plain = open_page(width=360, javascript=False)
    plain.goto(links[1])
    plain.page.check(f"input[name=score][value='{SCORES[1]}']", force=True)
    line.clock.forward(seconds=20)
    plain.press("button[type=submit]")
    assert "/thanks" in plain.page.url
    for customer in range(2, CUSTOMERS):
        answer_by_hand(line, links[customer], SCORES[customer])

    desk = open_page()
    desk.sign_in(line.staff("store_manager", "store:lille", language="en"))
    desk.check("the dashboard")
    words = desk.page.inner_text("main")
    assert "+50" in words
    assert "12 answers" in words
    assert "low reliability" in words
    assert "Toujours à l'heure <b>merci</b>" in words
    funnel = desk.page.inner_text("section[aria-labelledby=funnel]")
    assert re.search(r"Sent\s+12", funnel)
    assert re.search(r"Responded\s+12", funnel)


def test_unsubscribing_means_silence(line: Line, open_page: Open) -> None:
    publish_first(line.here.sessions, (ROOT / "rules.toml").read_text("utf-8"), now=line.here.now())
    line.clock.set(datetime(2026, 11, 18, 12, tzinfo=UTC))
    bring_orders(line)
    line.clock.set(datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    run_due(line.here)
    sent = len(line.smtp.taken)
    to, text, _ = received(line)[0]
    link = re.search(rf"{re.escape(line.url)}/u/\w{{22}}", text)
    assert link
    page = open_page(width=360)
    page.goto(link[0])
    page.check("the choices")
    page.press("button[value=stop]")
    page.page.wait_for_selector(".done")
    page.check("after unsubscribing")
    key = make_key(line.here.sessions, name="again", scopes=("orders:write",), now=line.here.now(), actor="t").text
    line.clock.set(datetime(2027, 2, 10, 12, tzinfo=UTC))
    customer = int(re.sub(r"\D", "", to.partition("@")[0]))
    events = [order(customer, n, day) for n, day in ((3, "2027-01-20"), (4, "2027-02-10"))]
    body = json.dumps(events).encode()
    post(f"{line.url}/api/v1/orders", body, "application/json", Authorization=f"Bearer {key}")
    line.clock.set(datetime(2027, 2, 12, 9, 5, tzinfo=UTC))
    run_due(line.here)
    assert len(line.smtp.taken) == sent
