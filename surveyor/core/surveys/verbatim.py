"""What a customer wrote, cleaned for storing and marked for reading: between the survey page and the screens."""

from __future__ import annotations

import re
import unicodedata

from surveyor.core.quoting import BIDI, ZERO_WIDTH, code_point

_KEPT_CONTROLS = frozenset("\r\n\t")
_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,5}")
_DIGITS = re.compile(r"(?<![\w+])\+?\(?\d(?:[\s.()/-]{0,2}\d){8,18}(?!\w)")
_HIDDEN = "[…]"


def clean(raw: str) -> str:
    """The text as it is stored: NFC, line ends as LF, no blank around. Its letters and its invisible marks are kept."""
    return unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()


def forbidden(text: str) -> str | None:
    """The first control character (C0, C1, but for tab and line ends) or lone surrogate; None when there is none."""
    for character in text:
        if character not in _KEPT_CONTROLS and unicodedata.category(character) in ("Cc", "Cs"):
            return character
    return None


def invisible(text: str) -> tuple[str, ...]:
    """The bidi and zero-width characters of a text as `U+202E`, each once, in order (security.md, S23).

    A joiner between two characters that are not ASCII is writing (emoji, Persian, Hindi), not hiding: left out.
    """
    found = (code_point(c) for i, c in enumerate(text) if _is_hiding(text, i))
    return tuple(dict.fromkeys(found))


def marked(text: str) -> str:
    """The text with each of its invisible characters written out, `[U+202E]`: what staff read; escaped by the page."""
    return "".join(f"[{code_point(c)}]" if _is_hiding(text, i) else c for i, c in enumerate(text))


def has_personal_data(text: str) -> bool:
    """Whether the text holds what looks like an e-mail address, a telephone or a card number."""
    return masked(text) != text


def masked(text: str) -> str:
    """The text with what looks like an address, a telephone or a card number as `[…]`: for outside the case."""
    found = _ADDRESS.sub(_HIDDEN, text) if "@" in text else text
    return _DIGITS.sub(_HIDDEN, found)


def _is_hiding(text: str, index: int) -> bool:
    character = text[index]
    if character in BIDI:
        return True
    if character not in ZERO_WIDTH:
        return False
    if character not in "\u200c\u200d" or index == 0 or index + 1 == len(text):
        return True
    return text[index - 1].isascii() or text[index + 1].isascii()
