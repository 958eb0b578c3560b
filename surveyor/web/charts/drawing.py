"""A chart as one structure of marks, the same for a page, an email and a PDF: `svg` is the only way it becomes text.

A page gives every tone its colour by its style sheet, light or dark; on paper and in an email there is none, so that
`svg(drawing, inked=True)` writes the colours beside each mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from markupsafe import Markup

Kind = Literal["line", "path", "rect", "circle", "text"]
_PLACES: dict[Kind, tuple[str, ...]] = {
    "line": ("x1", "y1", "x2", "y2"),
    "path": (),
    "rect": ("x", "y", "width", "height"),
    "circle": ("cx", "cy", "r"),
    "text": ("x", "y"),
}
_TEXT = 'font-family="Helvetica, Arial, sans-serif" font-size="12"'
#: Tone -> how it looks without a style sheet; the classes of app.css say the same for a page.
INK: dict[str, str] = {
    "good": 'fill="#2f9e77"',
    "mid": 'fill="#d8a93a"',
    "bad": 'fill="#d4536a"',
    "line": 'fill="none" stroke="#3f46c9" stroke-width="2.25" stroke-linejoin="round" stroke-linecap="round"',
    "line thin": 'fill="none" stroke="#3f46c9" stroke-width="1.5" stroke-linejoin="round"',
    "line soft": 'fill="none" stroke="#6b7280" stroke-width="1.5" stroke-dasharray="3 4"',
    "band": 'fill="#3f46c9" opacity=".13"',
    "area": 'fill="#6b7280" opacity=".28"',
    "limit": 'fill="none" stroke="#6b7280" stroke-width="1.25" stroke-dasharray="6 4"',
    "limit far": 'fill="none" stroke="#6b7280" stroke-width="1.25"',
    "dot": 'fill="#3f46c9"',
    "dot low": 'fill="#ffffff" stroke="#6b7280" stroke-width="1.5"',
    "dot open": 'fill="#ffffff" stroke="#3f46c9" stroke-width="1.5" stroke-dasharray="2 2"',
    "dot good": 'fill="#2f9e77"',
    "dot bad": 'fill="#d4536a"',
    "dot flat": 'fill="#6b7280"',
    "grid": 'stroke="#e6e7ec" stroke-width="1"',
    "zero": 'stroke="#d3d5dd" stroke-width="1"',
    "mark": 'stroke="#5a6170" stroke-width="1.5" stroke-dasharray="4 4"',
    "goal": 'stroke="#0d6b4c" stroke-width="1.5" stroke-dasharray="8 3"',
    "bar": 'fill="#3f46c9"',
    "hatch": 'fill="#6b7280" opacity=".35"',
    "track": 'fill="#e6e7ec"',
    "text": f'fill="#5a6170" {_TEXT}',
    "text strong": f'fill="#171a22" font-weight="600" {_TEXT}',
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One mark. at: its place, in the order of its kind (line x1 y1 x2 y2, rect x y width height, circle cx cy r…).

    tone: one of INK. d: of a path. text: of a text. about: what it says when pointed at, in the reader's language.
    """

    kind: Kind
    tone: str
    at: tuple[float, ...] = ()
    d: str = ""
    text: str = ""
    anchor: Literal["", "middle", "end"] = ""
    about: str = ""
    round: float = 0.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: its sheet, what it shows in one sentence, its marks from back to front.

    stretch: a bar that is as wide as its place, whatever its proportions. small: letters of a narrower sheet.
    """

    width: float
    height: float
    about: str
    shapes: tuple[Shape, ...]
    stretch: bool = False
    small: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not self.shapes


def svg(drawing: Drawing, *, inked: bool = False) -> Markup:
    """The chart as SVG; every word in it is escaped. inked: with its colours, for paper and emails."""
    size = f'width="{drawing.width:g}" height="{drawing.height:g}" ' if inked else ""
    stretch = f' preserveAspectRatio="none" height="{drawing.height:g}"' if drawing.stretch and not inked else ""
    kind = "chart small" if drawing.small else "chart"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" {size}viewBox="0 0 {drawing.width:g} '
        f'{drawing.height:g}" role="img" aria-label="{escape(drawing.about)}"{stretch}>'
    )
    return Markup(head + "".join(_shape(shape, inked) for shape in drawing.shapes) + "</svg>")  # noqa: S704


def sheets(wide: Drawing, narrow: Drawing) -> Markup:
    """One chart on two sheets, of which a page shows the one that its width has room for."""
    return Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(svg(wide), svg(narrow))


def _shape(shape: Shape, inked: bool) -> str:
    places = zip(_PLACES[shape.kind], shape.at, strict=True)
    parts = [shape.kind, *(f'{name}="{value:g}"' for name, value in places)]
    parts.append(INK[shape.tone] if inked else f'class="c-{shape.tone}"')
    if shape.d:
        parts.append(f'd="{shape.d}"')
    if shape.anchor:
        parts.append(f'text-anchor="{shape.anchor}"')
    if shape.round:
        parts.append(f'rx="{shape.round:g}"')
    inner = escape(shape.text) + (f"<title>{escape(shape.about)}</title>" if shape.about else "")
    return f"<{' '.join(parts)}>{inner}</{shape.kind}>"


def path(places: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    """The d of a path through these places."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places) + ("Z" if closed else "")


def line(tone: str, start: tuple[float, float], end: tuple[float, float], about: str = "") -> Shape:
    """A straight line."""
    return Shape("line", tone, (*start, *end), about=about)


def words(text: str, x: float, y: float, anchor: Literal["", "middle", "end"] = "", *, strong: bool = False) -> Shape:
    """A text beside a chart."""
    return Shape("text", "text strong" if strong else "text", (x, y), text=text, anchor=anchor)
