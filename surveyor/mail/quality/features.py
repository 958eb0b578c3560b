"""What an email asks of a mailbox: its markup and its CSS under the names of the caniemail table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from surveyor.mail.quality.page import Element, Page, declarations

#: Properties without a row that every client has had for twenty years, and those that only one engine reads.
PLAIN = frozenset("color font-family font-style list-style".split())
_OF_ONE_ENGINE = ("mso-", "-ms-", "-webkit-text-size-adjust")
_ELEMENTS = {
    **{f"h{level}": "html-h1-h6" for level in range(1, 7)},
    **dict.fromkeys(("ul", "ol", "li", "dl"), "html-lists"),
    **dict.fromkeys("article aside footer header main nav section figure".split(), "html-semantics"),
}
_DISPLAYS = {"none": "css-display-none", "flex": "css-display-flex", "grid": "css-display-grid"}
_FUNCTIONS = {
    "calc": "css-unit-calc",
    "var": "css-variables",
    "rgb": "css-rgb",
    "rgba": "css-rgba",
    "linear-gradient": "css-linear-gradient",
    "radial-gradient": "css-radial-gradient",
    "min": "css-function-min",
    "max": "css-function-max",
    "clamp": "css-function-clamp",
}
_AT_RULES = {
    "@font-face": "css-at-font-face",
    "@import": "css-at-import",
    "@keyframes": "css-at-keyframes",
    "@media": "css-at-media",
    "@supports": "css-at-supports",
    "prefers-color-scheme": "css-at-media-prefers-color-scheme",
    "prefers-reduced-motion": "css-at-media-prefers-reduced-motion",
}
_SELECTORS = {
    r"\.[a-z]": "css-selector-class",
    r"#[a-z]": "css-selector-id",
    r"\[": "css-selector-attribute",
    r">": "css-selector-child",
    r"~": "css-selector-general-sibling",
    r"\+": "css-selector-adjacent-sibling",
    r"\*": "css-selector-universal",
    r",": "css-selector-grouping",
    r"[\w\])]\s+[\w.\[#]": "css-selector-descendant",
    r"(?:^|[\s,>])[a-z][a-z0-9]*": "css-selector-type",
}


def features(page: Page, known: Collection[str]) -> Iterator[tuple[str, bool]]:
    """(name, whether it has a row) of everything used, some more than once; a name without a row is a property."""
    seen: set[tuple[str, str]] = set()
    for element in page.elements:
        yield from ((name, True) for name in _markup(element) if name in known)
        for declared in element.style.items():
            if declared not in seen:  # a few dozen declarations, written on thousands of elements
                seen.add(declared)
                yield from _declaration(*declared, known)
    for sheet in page.styles:
        yield from _sheet(re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL), known)


def _markup(element: Element) -> Iterator[str]:
    yield _ELEMENTS.get(element.tag, f"html-{element.tag}")
    for name in element.attributes:
        yield f"html-{name}"
    if element.attributes.get("name") == "color-scheme":
        yield "html-meta-color-scheme"


def _declaration(name: str, value: str, known: Collection[str]) -> Iterator[tuple[str, bool]]:
    if name.startswith(_OF_ONE_ENGINE):
        return
    if name == "display":
        yield _DISPLAYS.get(value.split()[0] if value else "", "css-display"), True
    elif name not in PLAIN:
        row = _row(name, known)
        yield (row, True) if row else (name, False)
    yield from ((found, True) for found in _values(value) if found in known)


def _row(name: str, known: Collection[str]) -> str:
    """The row of a property: its own, else the one of its shorthand (`padding-top` is in `padding`)."""
    side = re.fullmatch(r"(margin|padding)-(?:inline|block)(-start|-end)?", name)
    if side:
        return f"css-{side[1]}-inline-{'start-end' if side[2] else 'block'}"
    while name:
        if f"css-{name}" in known:
            return f"css-{name}"
        name = name.rpartition("-")[0]
    return ""


def _values(value: str) -> Iterator[str]:
    for function in re.findall(r"([a-z-]+)\(", value):
        yield _FUNCTIONS.get(function, f"css-function-{function}")
    for unit in re.findall(r"(?<![\w#])-?[\d.]+([a-z]+)\b", value):
        yield f"css-unit-{unit}"
    if re.search(r"\d%", value):
        yield "css-unit-percent"
    if "!important" in value.replace(" ", ""):
        yield "css-important"
    if "system-ui" in value:
        yield "css-sytem-ui"  # so spelt in the table


def _sheet(css: str, known: Collection[str]) -> Iterator[tuple[str, bool]]:
    yield from ((row, True) for word, row in _AT_RULES.items() if word in css)
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        words = selector.strip().lower()
        if not words.startswith("@"):
            yield from ((row, True) for pattern, row in _SELECTORS.items() if re.search(pattern, words))
            for colons, pseudo in re.findall(r"(::?)([a-z-]+)", words):
                yield f"css-pseudo-{'element' if colons == '::' else 'class'}-{pseudo}", True
        for name, value in declarations(body).items():
            yield from _declaration(name, value, known)
