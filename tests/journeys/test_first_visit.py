"""Somebody who has never seen it makes the 3/3/3 rule, compares it, publishes, goes back, and finds out why not.

Only what a person reads is used to find the way: names of links, buttons and fields. `SURVEYOR_TEST_PICTURES=FOLDER`
keeps the screens, and how long it took is printed.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyor.flows.publish_rules import publish_first
from tests.flows.orders import at, event, record
from tests.journeys.conftest import Line, Open, Watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PICTURES = os.environ.get("SURVEYOR_TEST_PICTURES", "")
RETAIL = Path(__file__).resolve().parents[3] / "shared" / "data" / "onlineretail" / "order_events.csv.gz"
TWO = (
    'format = 1\n\n[[rule]]\nid = "std"\nname = "Après la 2e commande"\nbasis = "ordered_at"\n'
    "min_orders = 2\nwindow_months = 2\ncooldown_months = 2\nidle_months = 2\n"
)


def shop(line: Line) -> None:
    """A year of orders: some come every week, some every six weeks, some twice."""
    publish_first(line.here.sessions, TWO, now=at("2025-12-01T00:00"))
    for n in range(24):
        every = (7, 14, 42, 30)[n % 4]
        when = at("2025-12-05T16:00") + timedelta(days=n)
        for k in range((3, 6, 6, 2)[n % 4]):
            record(line.here.sessions, event(f"C{n:02}-{k}", f"client-{n:02}", when), now=when, keys=line.here.keyring)
            when += timedelta(days=every)


def picture(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def publish(seen: Watched, why: str) -> None:
    """With a reason, and the number of emails typed when it is asked for."""
    page = seen.page
    page.get_by_label("Pourquoi ce changement").fill(why)
    seen.press(page.get_by_role("button", name="Publier cette version"))
    if page.locator("#confirm_volume").count():
        asked = page.inner_text("[data-code=rules_volume_confirm] >> nth=0").split("invitations")[0]
        page.fill("#confirm_volume", "".join(filter(str.isdigit, asked)))
        seen.press(page.get_by_role("button", name="Publier cette version"))
    page.wait_for_url("**/rules?saved=1")
    page.wait_for_selector(f"text={why}")


def test_a_first_visit_from_the_rule_to_the_reason(line: Line, open_page: Open) -> None:
    shop(line)
    seen = open_page()
    page = seen.page
    seen.sign_in(line.staff("cx"))
    began = time.monotonic()

    page.get_by_text("Régler les sollicitations").click()
    seen.press(page.get_by_role("link", name="Règles"))
    seen.press(page.get_by_role("button", name="Modifier les règles"))
    seen.press(page.locator("ul.story").get_by_role("link").first)
    for label in ("Commandes demandées", "Dans une fenêtre de", "Au plus un e-mail tous les", "Arrêt sans commande"):
        page.get_by_label(label).first.fill("3")
    seen.press(page.get_by_role("button", name="Enregistrer"))
    page.wait_for_selector("text=3 commandes en 3 mois")
    picture(page, "visit-1-rule")

    seen.press(page.get_by_role("link", name="Simuler").first)
    seen.press(page.get_by_role("button", name="Voir ce que cela aurait fait").first)
    page.wait_for_selector("table.compare")
    seen.check("what it would have done")
    emails = page.inner_text("table.compare tr:has-text('E-mails') >> nth=0").split("\t")
    assert int(emails[1]) > int(emails[2]) > 0
    picture(page, "visit-2-what-if")

    only = page.get_by_role("heading", name="Sollicités par la version active seulement")
    seen.press(only.locator("+ p a").first)
    page.wait_for_selector("text=il en faut 3")
    seen.check("one customer under both texts")
    picture(page, "visit-3-customer")
    seen.press(page.get_by_role("link", name="Retour à la simulation"))

    if RETAIL.is_file():
        page.get_by_text("Une autre période, ou un fichier de commandes").click()
        page.get_by_label("Fichier CSV ou NDJSON").set_input_files(str(RETAIL))
        seen.press(page.get_by_role("button", name="Simuler ce fichier"))
        page.wait_for_selector("text=Chiffres d'un fichier")
        row = page.inner_text("table.compare tr:has-text('E-mails') >> nth=0").replace("\u202f", "")
        assert [cell.strip() for cell in row.split("\t")[1:3]] == ["4187", "2271"]
        seen.check("a file of orders")
        picture(page, "visit-4-file")
        seen.press(page.get_by_role("button", name="Revenir aux commandes enregistrées"))

    seen.press(page.get_by_role("link", name="Continuer vers la publication"))
    publish(seen, "Écrire moins souvent")
    picture(page, "visit-5-published")

    seen.press(page.get_by_role("link", name="Version 1", exact=True))
    seen.press(page.get_by_role("button", name="Revenir à cette version"))
    page.wait_for_url("**/rules/draft")
    seen.press(page.get_by_role("link", name="Simuler").first)
    seen.press(page.get_by_role("button", name="Voir ce que cela aurait fait").first)
    page.wait_for_selector("table.compare")
    seen.press(page.get_by_role("link", name="Continuer vers la publication"))
    publish(seen, "Retour en arrière")

    page.get_by_text("Suivre les envois").click()
    seen.press(page.get_by_role("link", name="Expliquer"))
    page.get_by_label("Client, adresse ou commande").fill("C02-0")
    seen.press(page.get_by_role("button", name="Expliquer"))
    page.wait_for_selector("text=Ce qui aurait changé la décision")
    assert "commande de plus du" in page.inner_text("main")
    seen.check("why one customer was not asked")
    picture(page, "visit-6-why")
    print(f"\nfrom the menu to the reason: {time.monotonic() - began:.0f} s")
    assert not seen.wrong
