"""Somebody of the CX team changes a rule, sees what it would have done, publishes it and goes back, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveyor.flows.publish_rules import publish_first
from tests.flows.orders import at, event, record
from tests.journeys.conftest import Line, Open

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]


def test_a_rule_is_changed_simulated_published_and_brought_back(line: Line, open_page: Open) -> None:
    publish_first(line.here.sessions, (ROOT / "rules.toml").read_text("utf-8"), now=line.here.now())
    for n in range(40):
        for k, day in enumerate(("2026-08-05T17:00", "2026-08-19T17:00", "2026-10-20T17:00")):
            record(line.here.sessions, event(f"o{n}-{k}", f"c{n}", at(day)), now=at(day), keys=line.here.keyring)
    seen = open_page()
    page = seen.page
    seen.sign_in(line.staff("cx"))
    page.goto(f"{line.url}/rules")
    seen.press("button:has-text('Modifier les règles')")
    page.wait_for_url("**/rules/draft")
    seen.check("the draft in words")
    seen.press("ul.story a.button")
    page.wait_for_url("**/rules/draft/rule/0")
    page.fill("#f-min_orders", "trois")
    seen.press("button:has-text('Enregistrer')")
    page.wait_for_selector("[data-code=type]")
    seen.check("a rule with a mistake")
    for key in ("min_orders", "window_months", "cooldown_months", "idle_months"):
        page.fill(f"#f-{key}", "3")
    seen.press("button:has-text('Enregistrer')")
    page.wait_for_selector("text=3 commandes en 3 mois")
    page.goto(f"{line.url}/rules/draft/text")
    assert "min_orders = 3" in page.input_value("#text")
    seen.check("the draft as text")
    page.goto(f"{line.url}/rules/draft/publish")
    assert page.locator("#reason").count() == 0, "nothing is published before it was simulated"
    seen.press("button:has-text('Voir ce que cela aurait fait')")
    page.wait_for_selector("table.compare")
    seen.check("what it would have done")
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    assert page.locator("main .scroll table").count() >= 6
    assert (
        page.eval_on_selector_all(
            "main .scroll:has(table)", "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
        )
        == 0
    ), "a table beside another scrolls on a telephone"
    page.set_viewport_size({"width": 1280, "height": 900})
    row = page.inner_text("table.compare tr:has-text('E-mails') >> nth=0").split("\t")
    assert [cell.strip() for cell in row[1:3]] == ["40", "40"]
    page.goto(f"{line.url}/rules/draft/publish")
    seen.press("button:has-text('Publier cette version')")
    page.wait_for_selector("[data-code=rules_reason_required]")
    page.fill("#reason", "Moins de sollicitations")
    seen.press("button:has-text('Publier cette version')")
    page.wait_for_selector("[data-code=rules_volume_confirm]")
    seen.check("an unusual volume")
    page.fill("#confirm_volume", "40")
    seen.press("button:has-text('Publier cette version')")
    page.wait_for_url("**/rules?saved=1")
    assert "Moins de sollicitations" in page.inner_text("main")
    page.goto(f"{line.url}/rules/compare/1/2")
    assert "commandes demandées 2 → 3" in page.inner_text("main")
    seen.check("two versions compared")
    page.goto(f"{line.url}/rules/1")
    seen.press("button:has-text('Revenir à cette version')")
    page.wait_for_url("**/rules/draft")
    assert "commandes demandées 3 → 2" in page.inner_text("main")
