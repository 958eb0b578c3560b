"""Words of a comment that somebody must read today, between verbatim and recommendation R1 (indicators.md, 19)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import filterfalse

_ALLERGY = ("une allergie", "an allergy")
_INJURY = ("une blessure", "an injury")
_POISONING = ("une intoxication", "a poisoning")
_HARASSMENT = ("un harcèlement", "harassment")
_ASSAULT = ("une agression", "an assault")
_HOSPITAL = ("une hospitalisation", "a stay in hospital")

#: Stem (without accents, in lower case) -> what it is called, in French and English; by the language of the comment.
STEMS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "fr": {
        "allerg": _ALLERGY,
        "bless": _INJURY,
        "intoxi": _POISONING,
        "harcel": _HARASSMENT,
        "agression": _ASSAULT,
        "agresse": _ASSAULT,
        "hospitalis": _HOSPITAL,
    },
    "en": {
        "allerg": _ALLERGY,
        "injur": _INJURY,
        "poison": _POISONING,
        "harass": _HARASSMENT,
        "assault": _ASSAULT,
        "attacked": _ASSAULT,
        "hospitali": _HOSPITAL,
    },
}
_WORD = re.compile(r"[a-z]+")


def severe_theme(comment: str, *, spoken: str = "fr", language: str = "fr") -> str | None:
    """What the first severe word of a comment is called in `language`; None without any. spoken: the comment's own."""
    stems = STEMS["fr" if spoken == "fr" else "en"]
    text = plain(comment)
    if not any(stem in text for stem in stems):
        return None
    for word in _WORD.findall(text):
        for stem, names in stems.items():
            if word.startswith(stem):
                return names[0 if language == "fr" else 1]
    return None


def plain(text: str) -> str:
    """Lower case, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filterfalse(unicodedata.combining, parts))
