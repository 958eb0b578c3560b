"""The HTML part of an email: its eleven links, its structure, what it must never hold, and whether it can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from surveyor.mail.quality.page import Element, Page, contrast, pixels

MAX_HTML = 80 * 1024
#: What an email is made of; nothing else: what runs, loads, asks or is old enough to paint by itself stays out.
_ELEMENTS = frozenset(
    "html head title meta style body article section main header footer nav aside div center table caption colgroup "
    "col tbody thead tfoot tr th td p span a img br wbr hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre address "
    "figure figcaption b strong i em u s del ins small sub sup mark abbr time code q cite".split()
)
#: Attributes that fetch, send or lead somewhere, besides `href`, `src` and `background`, whose addresses are looked at.
_LEADS = frozenset("action formaction ping srcset data poster cite longdesc usemap lowsrc dynsrc manifest".split())
#: What a `<meta http-equiv>` may say; a refresh leads away.
_EQUIV = frozenset({"", "content-type", "x-ua-compatible", "content-language"})
#: An image of so few pixels is there to count who looks.
_PIXEL = 9
_TOUCH = 44


def check_links(page: Page, text: str, *, survey: str, unsubscribe: str, scores: bool = True) -> list[tuple[int, str]]:
    """Eleven score links in order, the plain link and the unsubscribe link, once each, in both parts (check 2)."""
    found: list[tuple[int, str]] = []
    hrefs = [element.attributes["href"] for element in page.links]
    for part, addresses in (("HTML", hrefs), ("text", re.findall(r"https?://\S+", text))):
        if survey:
            found_scores = [a.removeprefix(survey + "/") for a in addresses if a.startswith(survey + "/")]
            if found_scores != [str(score) for score in range(11 if scores else 0)]:
                found.append((2, f"{part}: the eleven score links are not once each and in order"))
            if any(a.startswith(survey) and a != survey and not a.startswith(survey + "/") for a in addresses):
                found.append((2, f"{part}: a survey link of another form"))
            if addresses.count(survey) != 1:
                found.append((2, f"{part}: the plain link is not there once"))
        if unsubscribe and addresses.count(unsubscribe) != 1:
            found.append((2, f"{part}: the unsubscribe link is not there once"))
    if survey:
        buttons = [e for e in page.links if e.attributes["href"].startswith(survey + "/")]
        found += _buttons(buttons)
    return found


def _buttons(buttons: list[Element]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    if len({tuple(sorted(button.style.items())) for button in buttons}) > 1:
        found.append((10, "the score buttons do not all look the same"))
    for score, button in enumerate(buttons):
        if button.text != str(score):
            found.append((4, f"the text of button {score} is not its digit"))
        edges = 2 * (pixels(button.style.get("border", "")) + pixels(button.style.get("padding", "")))
        size = [pixels(button.style.get(side, "")) + edges for side in ("width", "height")]
        if min(size) < _TOUCH:
            found.append((8, f"button {score} is under {_TOUCH} px"))
    return found


def check_html(page: Page, html: str) -> list[tuple[int, str]]:
    """Structure (check 4), forbidden content (5), size and contrast (8)."""
    found = [(4, what) for what in _structure(page, html)]
    found += [(5, what) for what in _content(page)]
    if len(html.encode()) > MAX_HTML:
        found.append((8, f"{len(html.encode())} bytes of HTML"))
    for words in page.words:
        ratio = contrast(words.colour, words.background)
        if ratio < 4.5:
            found.append((8, f"contrast {ratio:.1f} of {words.colour} on {words.background}"))
        if words.hidden:
            found.append((5, "hidden text"))
    return found


def _structure(page: Page, html: str) -> Iterator[str]:
    language = [e for e in page.elements if e.attributes.get("lang")]
    if not any(e.tag == "html" for e in language) or not any(e.tag == "div" for e in language):
        yield "lang is not on html and on the outer div"
    if len({e.attributes["lang"] for e in language if e.tag in ("html", "div")}) > 1:
        yield "lang differs"
    if not any(e.text for e in page.all("title")):
        yield "no title"
    tables = re.findall(r"<table\b[^>]*", html)  # those that Outlook alone reads as well
    if any('role="presentation"' not in table for table in tables):
        yield "a layout table without role=presentation"
    for image in page.all("img"):
        if not {"alt", "width", "height"} <= set(image.attributes):
            yield "an image without alt, width and height"
    if not any(
        e.attributes.get("name") == "color-scheme" and "dark" in e.attributes.get("content", "")
        for e in page.all("meta")
    ):
        yield "no color-scheme"
    if any("color" not in e.style or not _has_ground(e) for e in page.all("td")):
        yield "a cell without its own ground and colour of text"


def _has_ground(cell: Element) -> bool:
    return any(name in cell.style for name in ("background-color", "background")) or "bgcolor" in cell.attributes


def _content(page: Page) -> Iterator[str]:
    for element in page.elements:
        if element.tag not in _ELEMENTS:
            yield f"<{element.tag}>"
        if element.tag == "meta" and element.attributes.get("http-equiv", "").lower() not in _EQUIV:
            yield "a meta that leads away"
        if element.style.get("position"):
            yield "position"
        for name in element.attributes:
            if name.startswith("on") or name in _LEADS:
                yield f"the attribute {name}"
    images = page.all("img")
    if len(images) > 1:
        yield "more images than the logo"
    if any(0 < pixels(image.attributes.get(side, "")) <= _PIXEL for image in images for side in ("width", "height")):
        yield "an image of a few pixels"
