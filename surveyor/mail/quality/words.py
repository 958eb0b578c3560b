"""Words that would push an answer: an email that asks for a score must not suggest one, nor pay for it."""

from __future__ import annotations

import re

_NUDGES = {
    "fr": [
        r"9 (?:ou|et) 10",
        r"(?:mettez|donnez|attribuez|notez)(?:[- ]nous)?(?: un| la note(?: de)?)? (?:9|10|neuf|dix)"
        r"(?! ?%| ou | et | [a-z]{4})",
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
        r"(?:give|rate|score)(?: us)?(?: a)? (?:9|10|nine|ten)(?! ?%| or | and | [a-z]{4})",
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
#: What filters count as signs of unwanted mail, whoever writes it.
_TRAPS = {
    "fr": [
        r"gratuit(?:e?s?|ement)",
        r"urgent",
        r"cliquez ici",
        r"félicitations",
        r"(?:100 ?% )?garantie?s?",
        r"sans engagement",
        r"offre limitée",
        r"dernière chance",
        r"agissez",
        r"€€+",
    ],
    "en": [
        r"free",
        r"urgent",
        r"click here",
        r"congratulations",
        r"guaranteed?",
        r"risk[- ]free",
        r"limited time",
        r"last chance",
        r"act now",
        r"\$\$+",
    ],
}
_PICTURES = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


def traps(text: str, language: str) -> list[str]:
    """The words of `text` that spam filters hold against an email, as they stand."""
    pattern = r"(?<!\w)(?:" + "|".join(_TRAPS.get(language, _TRAPS["en"])) + r")(?!\w)"
    return re.findall(pattern, text, re.IGNORECASE)


def nudges(text: str, language: str) -> list[str]:
    """The words of `text` that suggest or reward an answer, as they stand; smileys, stars and pictures too."""
    pattern = r"(?<!\w)(?:" + "|".join(_NUDGES.get(language, _NUDGES["en"])) + r")(?!\w)"
    return re.findall(pattern, text, re.IGNORECASE) + _PICTURES.findall(text)
