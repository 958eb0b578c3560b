"""An email as a person sees it: readable at 320 px, in the dark, without its style sheet, and by a screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from surveyor.mail.published import load_folder
from surveyor.mail.samples import sample_messages
from tests.mail.conftest import DATE, EMAILS

pytestmark = [pytest.mark.browser]
AXE = Path(__file__).parents[1] / "web" / "vendor" / "axe.min.js"
# An email stands inside the page of a mailbox, which has the landmarks; ours is the `article` in it.
NOT_OF_EMAILS = "{region: {enabled: false}, 'landmark-one-main': {enabled: false}}"
PLACES = sorted(p for p in EMAILS.glob("[a-z]*/*") if p.is_dir())
BUTTONS = """[...document.querySelectorAll('a')].filter(a => /^\\d+$/.test(a.textContent))
    .map(a => a.getBoundingClientRect()).map(r => [r.left, r.top, r.width, r.height])"""


@pytest.fixture(scope="module")
def page(chromium_browser: Any) -> Iterator[Any]:
    made = chromium_browser.new_page()
    yield made
    made.close()


@cache
def bodies(place: Path) -> dict[str, str]:
    template = load_folder(EMAILS)[place.parent.name, place.name]
    return {case: message.html for case, message in sample_messages(template, place, date=DATE).items()}


@pytest.mark.parametrize("place", PLACES, ids=lambda p: "/".join(p.parts[-2:]))
def test_eleven_buttons_of_44_px_fit_every_width_with_and_without_the_style_sheet(page: Any, place: Path) -> None:
    plain = re.sub(r"<style.*?</style>", "", bodies(place)["sample"], flags=re.DOTALL)
    for html in (bodies(place)["sample"], bodies(place)["long"], plain):
        page.set_content(html)
        for width, first_row in ((320, 6), (375, 7), (640, 11)):
            page.set_viewport_size({"width": width, "height": 800})
            buttons = page.evaluate(BUTTONS)
            assert [(w, h) for _, _, w, h in buttons] == [(44, 44)] * 11
            assert sum(top == buttons[0][1] for _, top, _, _ in buttons) == first_row
            assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("place", PLACES, ids=lambda p: "/".join(p.parts[-2:]))
def test_axe_finds_nothing_by_day_and_by_night(page: Any, place: Path) -> None:
    page.set_content(bodies(place)["sample"])
    page.add_script_tag(path=str(AXE))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(f"axe.run({{rules: {NOT_OF_EMAILS}}})")["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:2]) for one in found] == []
    page.emulate_media(color_scheme="light")
