"""Two colours that a brand chooses and all those that follow from them, every one readable on what it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from surveyor.core.colours import colour, contrast, mix, towards
from surveyor.errors import Complaint

#: What a brand that chose nothing looks like in its emails.
DEFAULT_COLOURS = {"accent": "#1f5a54", "ground": "#f3f4f1"}
#: WCAG 2.2, 1.4.3 (text) and 1.4.11 (borders of controls).
TEXT, EDGE = 4.5, 3.0
CARD, CARD_DARK, GROUND_DARK = "#ffffff", "#161922", "#0d0f14"
#: The small texts that stand on the ground: of emails, of survey pages.
SMALL = ("#56615f", "#5a6170")
_BLACK, _WHITE = "#000000", "#ffffff"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as `#rrggbb`. accent: links, and the button of a page with white on it. ground: around the card.

    ink, fill, edge: text, inside and border of the score buttons. wash: behind notes. bright, wash_dark: accent and
    wash in the dark.
    """

    accent: str
    ground: str
    ink: str
    fill: str
    edge: str
    wash: str
    bright: str
    wash_dark: str


@lru_cache(maxsize=512)
def make_palette(accent: str, ground: str) -> Palette:
    """The palette of two accepted colours (`check_colours`), both `#rrggbb`."""
    fill = mix(CARD, accent, 0.08)
    wash_dark = mix(CARD_DARK, accent, 0.25)
    return Palette(
        accent,
        ground,
        ink=towards(accent, _BLACK, against=(fill,), ratio=7),
        fill=fill,
        edge=towards(mix(accent, _WHITE, 0.4), _BLACK, against=(CARD, fill), ratio=EDGE),
        wash=mix(CARD, accent, 0.09),
        bright=towards(accent, _WHITE, against=(CARD_DARK, GROUND_DARK, "#1e2627", wash_dark), ratio=6),
        wash_dark=wash_dark,
    )


def palette_of(colours: Mapping[str, str]) -> Palette | None:
    """The palette of a brand; None when it chose no colour, or one that would not be read: it then has our own."""
    if not colours or check_colours(colours):
        return None
    chosen = {name: colour(str(colours.get(name) or "")) or value for name, value in DEFAULT_COLOURS.items()}
    return make_palette(chosen["accent"], chosen["ground"])


def check_colours(colours: Mapping[str, str]) -> list[Complaint]:
    """What keeps these colours from being read, each with the nearest one that would do.

    colours: `accent`, `ground`; "" or absent: our own.
    """
    wrong = [_no_colour(name, value) for name, value in colours.items() if value and colour(value) is None]
    if wrong:
        return wrong
    said = {name: colour(value) for name, value in colours.items() if value}
    ground = said.get("ground") or DEFAULT_COLOURS["ground"]
    accent = said.get("accent") or DEFAULT_COLOURS["accent"]
    dimmest = min(SMALL, key=lambda text: contrast(text, ground))
    if contrast(dimmest, ground) < TEXT:
        better = _lighter(ground)
        return [_unreadable("ground", ground, better, _ratio(contrast(dimmest, ground)))]
    worst = min(contrast(accent, CARD), contrast(accent, ground))
    if worst < TEXT:
        better = towards(accent, _BLACK, against=(CARD, ground), ratio=TEXT)
        return [_unreadable("accent", accent, better, _ratio(worst))]
    return []


def _lighter(ground: str) -> str:
    steps = (mix(ground, _WHITE, step / 100) for step in range(101))
    return next(one for one in steps if all(contrast(text, one) >= TEXT for text in SMALL))


def _ratio(value: float) -> tuple[str, str]:
    english = f"{int(value * 10) / 10:.1f}"  # cut, not rounded: 4.48 is not 4.5
    return english.replace(".", ","), english


def _no_colour(name: str, value: str) -> Complaint:
    said = value[:40]
    return Complaint(
        name,
        "colour_invalid",
        f"« {said} » n'est pas une couleur. Attendu : # et six chiffres ou lettres de a à f, par exemple #1f5a54.",
        f'"{said}" is not a colour. Expected # and six digits or letters from a to f, such as #1f5a54.',
    )


def _unreadable(name: str, given: str, better: str, ratio: tuple[str, str]) -> Complaint:
    about = {
        "accent": (
            "les liens et les boutons se liraient mal sur le fond",
            "links and buttons would be hard to read on their background",
        ),
        "ground": ("les petits textes s'y liraient mal", "small texts would be hard to read on it"),
    }[name]
    return Complaint(
        name,
        "colour_contrast",
        f"{given} : {about[0]} (contraste {ratio[0]}, au moins 4,5). Le plus proche qui convient : {better}.",
        f"{given}: {about[1]} (contrast {ratio[1]}, at least 4.5). The nearest that will do: {better}.",
    )
