"""Somebody of the CX team writes an email anew, is told what may not be said, looks, tests, publishes, goes back."""

from __future__ import annotations

import email
from email import policy
from typing import Any

import pytest

from surveyor.flows.publish_rules import publish_first
from surveyor.jobs.run_due import run_due
from tests.flows.orders import event, record
from tests.journeys.conftest import Line, Open

pytestmark = pytest.mark.browser
RULES = '[[rule]]\nid = "drive"\nmin_orders = 1\n'


def _received(line: Line) -> list[Any]:
    """What came by SMTP, in order."""
    return [email.message_from_bytes(one.content, policy=policy.default) for one in line.smtp.taken]


def _ask(line: Line, order: str) -> None:
    """An order, and two days later the invitation that follows, through the real SMTP server."""
    now = line.here.now()
    record(line.here.sessions, event(order, f"c-{order}", now), now=now, keys=line.here.keyring)
    line.clock.forward(seconds=3 * 86_400)
    run_due(line.here)


def _save(page: Any) -> None:
    with page.expect_response(lambda answer: "/draft?" in answer.url and answer.status == 200):
        page.click("button:has-text('Enregistrer et vérifier')")


def test_an_email_is_written_refused_looked_at_tested_published_and_brought_back(line: Line, open_page: Open) -> None:
    publish_first(line.here.sessions, RULES, now=line.here.now())
    run_due(line.here)
    person = line.staff("cx")
    seen = open_page()
    page = seen.page
    seen.sign_in(person)
    page.goto(f"{line.url}/emails")
    seen.check("the list of emails")
    seen.press("table a:has-text('Invitation')")
    page.wait_for_url("**/emails/invitation")
    seen.check("an email")
    seen.press("button:has-text('Modifier cet e-mail')")
    page.wait_for_url("**/emails/invitation/draft")
    seen.check("a draft as it begins")

    page.fill("#subject", "Mettez-nous 9 ou 10")
    _save(page)
    page.wait_for_selector("[data-code=email_gating][data-where='fr/subject.txt:1']")
    seen.check("a subject that pushes the answer")
    page.goto(f"{line.url}/emails/invitation/draft/publish")
    assert page.locator("#reason").count() == 0, "nothing is published with something found"

    page.goto(f"{line.url}/emails/invitation/draft")
    page.fill("#subject", "{{ store.name }} : comment était-ce ?")
    _save(page)
    page.wait_for_selector("#seen .notice.good")
    assert "Maison X Lille : comment était-ce ?" in page.inner_text(".inbox")
    for view in ("Téléphone", "Sombre", "Sans images", "Texte seul", "Ordinateur"):
        seen.press(f".tabs a:has-text('{view}')")
        page.wait_for_load_state("networkidle")
        seen.check(f"the preview: {view}")
    page.select_option("#case", "hostile")
    seen.press("button:has-text('Afficher')")
    page.wait_for_load_state("networkidle")
    assert page.frame_locator("iframe.preview").locator("img[src=x]").count() == 0
    seen.check("a hostile customer")

    seen.press("button:has-text('essai')")
    page.wait_for_url("**tested=1")
    (test,) = _received(line)
    assert test["To"] == "cx-fr-0@staff.example"
    assert test["Subject"].startswith("[Essai] ")
    seen.check("a test that left")

    page.goto(f"{line.url}/emails/invitation/draft/publish")
    seen.press("button:has-text('Publier cette version')")
    page.wait_for_selector("[data-code=email_reason_required]")
    page.fill("#reason", "Plus direct")
    seen.check("before it is published")
    seen.press("button:has-text('Publier cette version')")
    page.wait_for_url("**/emails/invitation?saved=1")
    assert "Plus direct" in page.inner_text("main")
    seen.check("published")
    _ask(line, "o1")
    assert _received(line)[-1]["Subject"].endswith(": comment était-ce ?")

    seen.sign_in(person)  # three days later
    page.goto(f"{line.url}/emails/invitation/compare/1/2")
    assert "Objet (français)" in page.inner_text("main")
    seen.check("two versions compared")
    page.goto(f"{line.url}/emails/invitation/1")
    seen.press("button:has-text('Revenir à cette version')")
    page.wait_for_url("**/draft")
    page.goto(f"{line.url}/emails/invitation/draft/publish")
    page.fill("#reason", "Retour")
    seen.press("button:has-text('Publier cette version')")
    page.wait_for_url("**/emails/invitation?saved=1")
    _ask(line, "o2")
    assert _received(line)[-1]["Subject"].startswith("Votre avis sur votre commande")
