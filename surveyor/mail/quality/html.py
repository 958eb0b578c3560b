"""The HTML part of an email: its eleven links, its structure, what it must never hold, and whether it can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from surveyor.mail.quality.page import Element, Page, contrast, pixels

MAX_HTML = 80 * 1024
_FORBIDDEN = frozenset("script form input button select textarea iframe object embed link video audio svg base".split())
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


def _content(page: Page) -> Iterator[str]:
    for element in page.elements:
        if element.tag in _FORBIDDEN:
            yield f"<{element.tag}>"
        if element.style.get("position"):
            yield "position"
        for name in element.attributes:
            if name.startswith("on"):
                yield f"the attribute {name}"
