"""Somebody dresses a brand in a browser; its customers see it in the email and on the page, those of another do not."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from surveyor.flows.publish_rules import publish_first
from surveyor.jobs.run_due import run_due
from tests.flows.orders import at, event, record
from tests.journeys.conftest import Line, Open, Watched
from tests.journeys.test_order_to_nps import received
from tests.web.test_brands import picture

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
#: A folder for pictures of the screens, to be looked at; none are kept without it.
PICTURES = os.environ.get("SURVEYOR_TEST_PICTURES", "")


def keep(page: Any, name: str) -> None:
    """A picture of the whole page, when a folder was named."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def orders(line: Line) -> None:
    """One qualifying order in a store of each of two brands."""
    day = at("2026-11-18T10:00")
    for customer, store, brand in (("c1", "lille", "Courses Claires"), ("c2", "nice", "Claire Sport")):
        for number, moment in ((1, at("2026-11-02T10:00")), (2, day)):
            one = event(
                f"{customer}-{number}", customer, moment, store_id=store, store_name=f"Drive {store}", brand=brand
            )
            record(line.here.sessions, one, now=day, keys=line.here.keyring)


def dress(seen: Watched, logo: Path) -> None:
    """Colours, legal line and logo, through the screen; a colour nobody could read is refused first."""
    page = seen.page
    page.goto(f"{seen.url}/brands")
    seen.check("the brands")
    keep(page, f"brands-{page.viewport_size['width']}")
    seen.press("a:has-text('Claire Sport')")
    page.select_option("#colours", "own")
    page.fill("#accent", "#ffcc00")
    page.fill("#legal_fr", "Claire Sport SAS, RCS Nice 512 345 678")
    seen.press("button:has-text('Enregistrer')")
    page.wait_for_selector("[data-code=colour_contrast]")
    seen.check("a colour that was refused")
    keep(page, f"brand-refused-{page.viewport_size['width']}")
    page.fill("#accent", "#8a1c4a")
    page.fill("#ground", "#faf1f4")
    seen.press("button:has-text('Enregistrer')")
    page.wait_for_selector("text=Enregistré. Le prochain e-mail")
    page.set_input_files("#logo", str(logo))
    seen.press("button:has-text('Envoyer ce logo')")
    page.wait_for_selector(".plate img")
    page.wait_for_load_state("networkidle")
    seen.check("a brand with its previews")
    keep(page, f"brand-{page.viewport_size['width']}")


def test_a_brand_is_dressed_and_its_customers_see_it(line: Line, open_page: Open, tmp_path: Path) -> None:
    publish_first(line.here.sessions, (ROOT / "rules.toml").read_text("utf-8"), now=line.here.now())
    orders(line)
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture(colour="#8a1c4a"))
    seen = open_page()
    seen.sign_in(line.staff("cx"))
    dress(seen, logo)

    line.clock.set(datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    run_due(line.here)
    mails = {("Claire Sport" in text): (text, html) for _, text, html in received(line)}
    assert set(mails) == {True, False}
    for theirs, (text, html) in mails.items():
        assert ("#8a1c4a" in html) is theirs
        assert ("/logo/" in html) is theirs
        assert ("RCS Nice" in text) is theirs
        page = open_page()
        link = re.findall(rf"{re.escape(line.url)}/s/\w{{22}}", text)[0]
        page.goto(link)
        assert page.page.locator("img.logo").count() == theirs
        button = page.page.evaluate("getComputedStyle(document.querySelector('button')).backgroundColor")
        assert (button == "rgb(138, 28, 74)") is theirs
        page.check("the survey page")
        keep(page.page, f"survey-{'sport' if theirs else 'claires'}-1280")
        page.page.check("input[value='9']", force=True)
        line.clock.forward(seconds=10)
        page.press("button[type=submit]")
        page.page.wait_for_selector("text=Merci")
        assert page.page.locator("img.logo").count() == theirs
        page.check("the thanks")
        page.goto(re.findall(rf"{re.escape(line.url)}/u/\w{{22}}", text)[0])
        assert page.page.locator("img.logo").count() == theirs
        page.check("the choices")
        keep(page.page, f"unsubscribe-{'sport' if theirs else 'claires'}-1280")


def test_the_brand_is_readable_in_the_dark_and_in_english(line: Line, open_page: Open, tmp_path: Path) -> None:
    publish_first(line.here.sessions, (ROOT / "rules.toml").read_text("utf-8"), now=line.here.now())
    orders(line)
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture(colour="#8a1c4a"))
    seen = open_page()
    seen.sign_in(line.staff("cx"))
    dress(seen, logo)
    line.clock.set(datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    run_due(line.here)
    (text,) = [text for _, text, _ in received(line) if "Claire Sport" in text]
    dark = open_page(width=360, scheme="dark")
    dark.goto(re.findall(rf"{re.escape(line.url)}/s/\w{{22}}", text)[0] + "/9?lang=en")
    dark.check("the survey page in the dark")
    keep(dark.page, "survey-dark")
    english = open_page(scheme="dark")
    english.sign_in(line.staff("admin", language="en"))
    english.goto("/brands/Claire Sport")
    english.page.wait_for_load_state("networkidle")
    english.check("a brand in English in the dark")
    keep(english.page, "brand-english-dark")
