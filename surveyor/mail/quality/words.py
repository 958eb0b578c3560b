"""Words that would push an answer: an email that asks for a score must not suggest one, nor pay for it."""

from __future__ import annotations

import re

_NUDGES = {
    "fr": [
        r"9 (?:ou|et) 10",
        r"10 ?/ ?10",
        r"dix sur dix",
        r"(?:bonne|excellente|meilleure|note) (?:note|maximale)",
        r"5 étoiles|cinq étoiles",
        r"bons? d[’']achat",
        r"codes? promo",
        r"r[ée]ductions?",
        r"remises?",
        r"cadeaux?",
        r"gagne[rz]",
        r"tirage au sort",
        r"offres?",
        r"satisfaits? à 100",
    ],
    "en": [
        r"9 (?:or|and) 10",
        r"10 ?/ ?10",
        r"ten out of ten",
        r"(?:top|best|good|highest|perfect) scores?",
        r"(?:5|five) stars?",
        r"vouchers?",
        r"promo(?:tion)? codes?",
        r"discounts?",
        r"gifts?",
        r"prizes?",
        r"win",
        r"offers?",
        r"rewards?",
    ],
}
_PICTURES = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


def nudges(text: str, language: str) -> list[str]:
    """The words of `text` that suggest or reward an answer, as they stand; smileys, stars and pictures too."""
    pattern = r"(?<!\w)(?:" + "|".join(_NUDGES.get(language, _NUDGES["en"])) + r")(?!\w)"
    return re.findall(pattern, text, re.IGNORECASE) + _PICTURES.findall(text)
