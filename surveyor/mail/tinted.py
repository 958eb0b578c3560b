"""The colours of a brand in the frame of an email: exchanged in its published text, once per brand and version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from surveyor.core.brands import DEFAULT_COLOURS, Palette, palette_of
from surveyor.mail.published import PublishedEmail

#: The colours that the frame of `emails/_base` and the score buttons are written with, and what they stand for.
_ACCENT, _GROUND = DEFAULT_COLOURS["accent"], DEFAULT_COLOURS["ground"]
_INK, _FILL, _EDGE, _BRIGHT, _BRIGHT_SMALL = "#17403b", "#eef3f1", "#6d8783", "#9fd3cb", "#b9d8d3"


def tinted(template: PublishedEmail, colours: Mapping[str, str]) -> PublishedEmail:
    """The published text in a brand's colours; itself when the brand chose none.

    The same template and the same colours give the same object, so that what is made of a text once (its plan, its
    coded branches) is made once for a brand, and a brand whose colours change gets another.
    """
    if not colours:
        return template
    return _tinted(template, tuple(sorted(colours.items())))


@lru_cache(maxsize=256)
def _tinted(template: PublishedEmail, colours: tuple[tuple[str, str], ...]) -> PublishedEmail:
    palette = palette_of(dict(colours))
    return template if palette is None else replace(template, html=_exchanged(template.html, palette))


def _exchanged(html: str, palette: Palette) -> str:
    """All at once through marks, so that one brand's accent may be what another colour of ours was."""
    pairs = {
        _ACCENT: palette.accent,
        _GROUND: palette.ground,
        _INK: palette.ink,
        _FILL: palette.fill,
        _EDGE: palette.edge,
        _BRIGHT: palette.bright,
        _BRIGHT_SMALL: palette.bright,
    }
    for number, ours in enumerate(pairs):
        html = html.replace(ours, f"\x00{number}\x00")
    for number, theirs in enumerate(pairs.values()):
        html = html.replace(f"\x00{number}\x00", theirs)
    return html
