"""How a message repeats what somebody wrote (40 escaped characters) and spaces its French, from order to indicator."""

from __future__ import annotations

import re

#: Directional overrides, isolates and marks: they make a text read otherwise than it is written.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Characters nobody sees: zero width, soft line and paragraph separators, byte order mark.
ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2028\u2029\u2060\ufeff")

_BEFORE_SIGN = re.compile(r" (?=[:;!?»%€](?:[\s).,;…»]|$))")
_AFTER_QUOTE = re.compile(r"(?<=«) ")


def code_point(character: str) -> str:
    """`U+0000` for a character."""
    return f"U+{ord(character):04X}"


def shown(raw: object, limit: int = 40) -> str:
    """Raw input as a message may repeat it: controls, bidi and zero-width escaped; `…` after `limit` characters."""
    pieces: list[str] = []
    length = 0
    for character in _text(raw, limit):
        piece = character if _visible(character) else _escaped(character)
        if length + len(piece) > limit:
            return "".join(pieces) + "…"
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces)


def french(text: str) -> str:
    """A French sentence with a no-break space before `: ; ! ? % €` and inside guillemets.

    Most have none of them: each pair is looked for before an expression is asked to.
    """
    if " :" in text or " ;" in text or " !" in text or " ?" in text or " »" in text or " %" in text or " €" in text:
        text = _BEFORE_SIGN.sub("\u00a0", text)
    return _AFTER_QUOTE.sub("\u00a0", text) if "« " in text else text


def grouped(number: int, language: str) -> str:
    """A whole number with its thousands apart: `10 000` with a no-break space in French, `10,000` in English."""
    text = f"{number:,}"
    return text.replace(",", "\u00a0") if language == "fr" else text


def _text(raw: object, limit: int) -> str:
    if isinstance(raw, str):
        return raw[: limit + 1]
    if isinstance(raw, int) and not isinstance(raw, bool) and raw.bit_length() > 256:
        return "-…" if raw < 0 else "…"  # str() of an integer of thousands of digits is refused by Python
    return str(raw)[: limit + 1]


def _visible(character: str) -> bool:
    return character.isprintable() and character not in BIDI and character not in ZERO_WIDTH


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
