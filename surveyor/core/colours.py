"""Colours of what customers read, from the email to the survey page: mixed, and held against WCAG 2.2."""

from __future__ import annotations

import re
from functools import lru_cache

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
Rgb = tuple[int, int, int]


def colour(text: str) -> str | None:
    """`#rrggbb` in small letters; None when the text is no `#rgb` or `#rrggbb`."""
    if not _HEX.fullmatch(text):
        return None
    digits = text[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


@lru_cache(maxsize=1024)
def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, 1.4.3); 0 when one of them is no colour."""
    known = [colour(one), colour(other)]
    lights = sorted(_light(_rgb(value)) for value in known if value is not None)
    return (lights[1] + 0.05) / (lights[0] + 0.05) if len(lights) == 2 else 0.0


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` in it, channel by channel; both are `#rrggbb`."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def towards(start: str, end: str, *, against: tuple[str, ...], ratio: float) -> str:
    """The first step from `start` to `end`, a hundredth at a time, that contrasts by `ratio` with all of `against`.

    `end` itself when no step does.
    """
    for step in range(101):
        found = mix(start, end, step / 100)
        if all(contrast(found, ground) >= ratio for ground in against):
            return found
    return end


def _rgb(value: str) -> Rgb:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def _light(channels: Rgb) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, its definition)."""
    red, green, blue = (_linear(channel / 255) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
