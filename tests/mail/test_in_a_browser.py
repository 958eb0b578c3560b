"""An email as a person sees it: readable at 320 px, in the dark, without its style sheet, and by a screen reader."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from surveyor.mail.published import load_folder
from surveyor.mail.quality.page import contrast
from surveyor.mail.samples import sample_messages
from tests.mail.conftest import DATE, EMAILS

pytestmark = [pytest.mark.browser]
AXE = Path(__file__).parents[1] / "web" / "vendor" / "axe.min.js"
# An email stands inside the page of a mailbox, which has the landmarks; ours is the `article` in it.
NOT_OF_EMAILS = "{region: {enabled: false}, 'landmark-one-main': {enabled: false}}"
PLACES = sorted(p for p in EMAILS.glob("[a-z]*/*") if p.is_dir())
SURVEYS = [place for place in PLACES if place.parent.name.partition("-")[0] in ("invitation", "reminder")]
ACCOUNTS = [place for place in PLACES if place.parent.name.startswith("account-")]
BUTTONS = """[...document.querySelectorAll('a')].filter(a => /^\\d+$/.test(a.textContent))
    .map(a => a.getBoundingClientRect()).map(r => [r.left, r.top, r.width, r.height])"""


#: Every run of text and every image without its picture, with the colour it is painted in and the one behind it.
PAINTED = """() => {
    const solid = colour => !/rgba\\(.*, 0\\)$/.test(colour);
    const hex = colour => '#' + colour.match(/\\d+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('');
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if (solid(colour)) return hex(colour);
        }
        return '#ffffff';
    };
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const text = node.nodeName === 'IMG' ? node.alt : node.nodeType === 3 ? node.data.trim() : '';
        const element = node.nodeType === 3 ? node.parentElement : node;
        if (text) found.push({text, tag: node.nodeName, colour: hex(getComputedStyle(element).color),
                              behind: behind(element)});
    }
    return found;
}"""


def without_style(html: str) -> str:
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


@pytest.fixture(scope="module")
def page(chromium_browser: Any) -> Iterator[Any]:
    made = chromium_browser.new_page()
    yield made
    made.close()


@pytest.fixture(scope="module")
def offline_page(chromium_browser: Any) -> Iterator[Any]:
    """One for all: a context and its processes cost more than what a test looks at."""
    context = chromium_browser.new_context(offline=True)
    yield context.new_page()
    context.close()


@cache
def bodies(place: Path) -> dict[str, str]:
    template = load_folder(EMAILS)[place.parent.name, place.name]
    return {case: message.html for case, message in sample_messages(template, place, date=DATE).items()}


@pytest.mark.parametrize("place", SURVEYS, ids=lambda p: "/".join(p.parts[-2:]))
def test_eleven_buttons_of_44_px_fit_every_width_with_and_without_the_style_sheet(page: Any, place: Path) -> None:
    plain = without_style(bodies(place)["sample"])
    for html in (bodies(place)["sample"], bodies(place)["long"], bodies(place)["logo"], plain):
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES, ids=lambda p: "/".join(p.parts[-2:]))
def test_every_word_can_be_read_with_images_off(offline_page: Any, place: Path, scheme: str) -> None:
    """The `alt` of the logo is painted as text: no tool checks its contrast, so the painted colours are read."""
    page = offline_page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 800})
    for case, html in bodies(place).items():
        for source in (html, without_style(html)):
            page.set_content(source)
            painted = page.evaluate(PAINTED)
            assert len(painted) > (20 if place in SURVEYS else 8)
            assert [one for one in painted if contrast(one["colour"], one["behind"]) < 4.5] == [], case
            for width in (640, 375, 320):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") == width, case
        if case == "logo":
            assert "Maison X" in [one["text"] for one in painted if one["tag"] == "IMG"]


@pytest.mark.parametrize("place", PLACES, ids=lambda p: "/".join(p.parts[-2:]))
def test_a_screen_of_320_375_and_640_px_is_drawn_by_day_and_by_night(page: Any, place: Path) -> None:
    """The picture itself: its ground is light by day and dark by night, whatever the width."""
    page.set_content(bodies(place)["sample"])
    for scheme, ground in (("dark", (20, 25, 26)), ("light", (243, 244, 241))):
        page.emulate_media(color_scheme=scheme)
        for width in (320, 375, 640):
            page.set_viewport_size({"width": width, "height": 800})
            drawn = page.screenshot()
            assert int.from_bytes(drawn[16:20], "big") == width
            assert corner(page, drawn) == ground


@pytest.mark.parametrize("place", ACCOUNTS, ids=lambda p: "/".join(p.parts[-2:]))
def test_an_email_about_an_account_leads_to_one_link_that_a_thumb_can_press(page: Any, place: Path) -> None:
    for html in (bodies(place)["sample"], without_style(bodies(place)["long"])):
        page.set_content(html)
        page.set_viewport_size({"width": 320, "height": 800})
        (link,) = page.locator("h1 a[href^='https://avis.maison-x.fr/']").all()
        box = link.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("place", SURVEYS, ids=lambda p: "/".join(p.parts[-2:]))
def test_the_eleven_links_and_the_plain_one_lead_where_they_say(page: Any, place: Path) -> None:
    opened: list[str] = []

    def answer(route: Any) -> None:
        opened.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body="<p>survey</p>")

    page.route("https://avis.maison-x.fr/**", answer)
    names = [str(score) for score in range(11)]
    for name in names:
        page.set_content(bodies(place)["sample"])
        page.locator("a", has_text=re.compile(f"^{name}$")).click()
        page.wait_for_function("document.body.innerText === 'survey'")
    assert opened == [f"https://avis.maison-x.fr/s/1JrDEmbvdIfYsfy2KLZWRQ/{name}" for name in names]
    page.set_content(bodies(place)["sample"])
    page.locator("a", has_text=re.compile("désabonner|unsubscribe")).click()
    page.wait_for_function("document.body.innerText === 'survey'")
    assert opened[-1] == "https://avis.maison-x.fr/u/1gZl4Qgm0c4nReuIc7ExU3"
    page.unroute("https://avis.maison-x.fr/**")


def corner(page: Any, picture: bytes) -> tuple[int, ...]:
    """The colour of the pixel at the top left, as the browser decodes it."""
    script = """async text => {
        const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
        const canvas = new OffscreenCanvas(1, 1).getContext('2d');
        canvas.drawImage(image, 0, 0);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    }"""
    return tuple(page.evaluate(script, base64.b64encode(picture).decode()))
