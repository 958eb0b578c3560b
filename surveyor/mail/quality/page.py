"""An email's HTML as a mailbox reads it: elements with their inherited colours, texts, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from surveyor.core import colours

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_HEAD_ONLY = frozenset({"style", "script", "title"})
_IMPORTANT = re.compile(r"!\s*important", re.IGNORECASE)
_THROUGH = frozenset({"", "transparent", "none", "inherit", "initial", "unset"})
_SIZE = re.compile(r"(\d*\.?\d+)(px|pt|em|rem|%|vw|)")
#: By unit, the font size under which a text is there for machines alone.
_SMALLEST = {"em": 0.5, "rem": 0.5, "%": 50.0, "vw": 1.0}


@dataclass(slots=True)
class Element:
    """One element: what it is, and how it is painted by inline styles alone."""

    tag: str
    attributes: dict[str, str]
    style: dict[str, str]
    colour: str
    background: str
    hidden: bool
    font_size: str = ""
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, children's included once they are closed."""
        return " ".join("".join(self.texts).split())


@dataclass(frozen=True, slots=True)
class Words:
    """A run of text and how it is painted."""

    text: str
    colour: str
    background: str
    hidden: bool


class Page(HTMLParser):
    """Reads one document; `elements` in document order, `words` for every visible or hidden run of text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.words: list[Words] = []
        self.styles: list[str] = []
        self.comments: list[str] = []
        self._stack: list[Element] = []
        self.feed(html)
        self.close()

    @property
    def links(self) -> list[Element]:
        """Every element with an `href`."""
        return [element for element in self.elements if "href" in element.attributes]

    def all(self, tag: str) -> list[Element]:
        """Every element of that name."""
        return [element for element in self.elements if element.tag == tag]

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Elements and names of attributes, without their values: what a hostile value must not change."""
        return [(element.tag, tuple(sorted(element.attributes))) for element in self.elements]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element under the one that is open."""
        attributes = {name: value or "" for name, value in attrs}
        style = declarations(attributes.get("style", ""))
        painted = {name: _IMPORTANT.sub("", value).strip().lower() for name, value in style.items()}
        above = self._stack[-1] if self._stack else None
        ground = painted.get("background-color") or painted.get("background") or attributes.get("bgcolor", "")
        element = Element(
            tag,
            attributes,
            style,
            painted.get("color") or (above.colour if above else "#000000"),
            _ground(ground) or (above.background if above else "#ffffff"),
            _hides(painted, attributes) or bool(above and above.hidden),
            painted.get("font-size") or (above.font_size if above else ""),
        )
        self.elements.append(element)
        if tag not in _VOID:
            self._stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<br/>` and its like."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._stack.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close up to the element of that name."""
        for depth in range(len(self._stack) - 1, -1, -1):
            if self._stack[depth].tag == tag:
                for element in self._stack[depth:]:
                    if depth and element is self._stack[depth]:
                        self._stack[depth - 1].texts.append(element.text)
                del self._stack[depth:]
                return

    def handle_comment(self, data: str) -> None:
        """A comment: what it holds is read by Outlook alone."""
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        """A run of text, or the content of a style sheet."""
        above = self._stack[-1] if self._stack else None
        if above is None:
            return
        above.texts.append(data)
        if above.tag == "style":
            self.styles.append(data)
        if data.strip() and above.tag not in _HEAD_ONLY:
            hidden = above.hidden or _tiny(above.font_size)
            self.words.append(Words(data.strip(), above.colour, above.background, hidden))


def declarations(style: str) -> dict[str, str]:
    """An inline style as a dictionary; the last of two same properties wins."""
    found = {}
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found


def _ground(value: str) -> str:
    """A colour, "" for what lets the one behind through; a word that is no `#rrggbb` stays, and has no contrast."""
    first = value.split()[0] if value else ""
    return "" if first in _THROUGH or first.startswith("url(") else first


def _tiny(size: str) -> bool:
    """Whether a font size is one that nobody reads."""
    found = _SIZE.fullmatch(size)
    return found is not None and float(found[1]) < _SMALLEST.get(found[2], 6.0)


def _hides(style: dict[str, str], attributes: dict[str, str]) -> bool:
    return (
        style.get("display") == "none"
        or any(
            value.startswith("-") or " -" in value
            for name, value in style.items()
            if name.startswith(("margin", "text-indent"))
        )
        or style.get("visibility") == "hidden"
        or "hidden" in attributes
        or "mso-hide" in style
        or style.get("opacity", "1").startswith("0")
        or style.get("max-height") in ("0", "0px")
    )


def contrast(colour: str, background: str) -> float:
    """WCAG 2.2 contrast ratio of two `#rrggbb` (or `#rgb`) colours, 1 to 21; 0 when one is not such a colour."""
    return colours.contrast(*(value.split()[0] if value else "" for value in (colour, background)))


def pixels(value: str) -> float:
    """`44px` as 44.0; 0 for anything else."""
    found = re.match(r"(\d+(?:\.\d+)?)(?:px)?(?:\s|$)", value)
    return float(found[1]) if found else 0.0
