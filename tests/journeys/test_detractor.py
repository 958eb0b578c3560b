"""From a detractor to a closed case: an answer on a phone, a case, a reply by email, an answer back, a cause.

`SURVEYOR_TEST_PICTURES=FOLDER` keeps the screens.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from surveyor.db import reply_texts
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.receive_messages import receive_message
from surveyor.jobs.run_due import run_due
from tests.journeys.conftest import Line, Open
from tests.journeys.test_order_to_nps import ROOT, bring_orders

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("SURVEYOR_TEST_PICTURES", "")
WORDS = "Trop d'attente en caisse, et une caissière désagréable."


def picture(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def last_mail(line: Line) -> Any:
    return BytesParser(policy=policy.default).parsebytes(line.smtp.taken[-1].content)


def text_of(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def test_a_detractor_becomes_a_closed_case(line: Line, open_page: Open) -> None:
    here = line.here
    publish_first(here.sessions, (ROOT / "rules.toml").read_text("utf-8"), now=here.now())
    line.clock.set(datetime(2026, 11, 18, 12, tzinfo=UTC))
    bring_orders(line)
    line.clock.set(datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    run_due(here)
    asked = last_mail(line)
    customer = str(asked["To"])

    line.clock.forward(hours=2)
    phone = open_page(width=360)
    phone.goto(re.search(rf"{re.escape(line.url)}/s/\w{{22}}", text_of(asked))[0] + "/2")  # type: ignore[index]
    phone.page.fill("textarea", WORDS)
    line.clock.forward(seconds=20)
    phone.press("button[type=submit]")
    assert "/thanks" in phone.page.url
    line.clock.forward(seconds=90)
    run_due(here)
    with here.sessions.begin() as session:
        told = {"language": "fr", "author": "cx", "now": here.now()}
        reply_texts.add(session, name="Attente", body="Merci de nous l'avoir dit.", **told)

    desk = open_page(width=360)
    page = desk.page
    desk.sign_in(line.staff("store_manager", "store:lille"))
    desk.goto("/cases")
    desk.check("the cases on a phone")
    picture(page, "cases-1-list")
    desk.press(page.get_by_role("link", name=re.compile("Ouvrir le dossier")))
    desk.press(page.get_by_role("button", name="Je m'en occupe"))
    page.wait_for_selector("text=Suivi confié")
    desk.check("a case on a phone")
    picture(page, "cases-2-page")
    desk.press(page.get_by_role("link", name="Attente", exact=True))
    reply = page.get_by_label("Votre réponse")
    reply.fill(reply.input_value() + "\n\nUne caisse de plus ouvre dès samedi.")
    desk.press(page.get_by_role("button", name="Envoyer la réponse"))
    page.wait_for_selector("text=Réponse en file d'attente")
    before = len(line.smtp.taken)
    run_due(here)
    run_due(here)
    assert len(line.smtp.taken) == before + 1
    sent = last_mail(line)
    assert sent["To"] == customer
    assert sent["In-Reply-To"] == asked["Message-ID"]
    assert "Une caisse de plus ouvre dès samedi." in text_of(sent)

    phone.goto(re.search(rf"{re.escape(line.url)}/f/\w{{22}}", text_of(sent))[0])  # type: ignore[index]
    phone.check("the question after a reply")
    phone.press(phone.page.get_by_role("button", name="Oui"))
    phone.page.wait_for_selector("text=Merci, c'est noté")

    back = EmailMessage()
    back["From"], back["Message-ID"], back["In-Reply-To"] = customer, "<1@example.fr>", str(sent["Message-ID"])
    back.set_content("Merci, je reviendrai.\n\nLe 20 nov. 2026, Magasin <avis@courses.example> a écrit :\n> Merci\n")
    line.clock.forward(seconds=300)
    assert receive_message(here.sessions, back.as_bytes(), keys=here.keyring, now=here.now()).outcome == "kept"
    desk.goto("/cases")
    page.wait_for_selector("text=Le client a écrit")
    desk.press(page.get_by_role("link", name=re.compile("Ouvrir le dossier")))
    page.wait_for_selector("text=Merci, je reviendrai.")
    page.get_by_label("Cause", exact=True).select_option("waiting")
    page.get_by_label("Ce qui a été fait").fill("une caisse de plus le samedi")
    desk.press(page.get_by_role("button", name="Clore le dossier"))
    page.wait_for_selector("text=Dossier clos.")
    desk.check("a closed case")
    picture(page, "cases-3-closed")
    desk.goto("/cases/figures?period=2026-11")
    page.wait_for_selector("text=1 sur 1")
    desk.check("the figures of replies")

    cx = open_page()
    cx.sign_in(line.staff("cx", language="en"))
    for path, words in (
        ("/labels?period=2026-11", "Waiting and checkout"),
        ("/labels/of/waiting?period=2026-11", "By store"),
        ("/labels/lexicon", "Edit the lexicon"),
        ("/labels/quality", "No comment reviewed"),
        ("/labels/review", "Review the labels"),
        ("/plans", "New plan"),
        ("/reply-texts", "Reply texts"),
        ("/verbatims?label=waiting&period=2026-11", "caissière désagréable"),
    ):
        cx.goto(path)
        cx.page.wait_for_selector(f"text={words} >> nth=0")
        cx.check(path)
        picture(cx.page, "cases-cx-" + re.sub(r"\W+", "-", path.partition("?")[0]).strip("-"))
    cx.goto("/labels/lexicon")
    cx.press(cx.page.get_by_role("button", name="Edit the lexicon"))
    cx.page.wait_for_selector("text=Draft of the lexicon")
    cx.check("the draft of the lexicon")
    cx.goto("/plans")
    cx.page.get_by_label("Action", exact=True).fill("One more till on Saturdays")
    cx.page.get_by_label("Label", exact=True).select_option("waiting")
    cx.page.get_by_label("From", exact=True).fill("2026-11-10")
    cx.press(cx.page.get_by_role("button", name="Create the plan"))
    cx.page.wait_for_selector("text=Before and after")
    cx.check("a plan")
    picture(cx.page, "cases-cx-plan")
