"""Words searched for in what customers wrote: folded alike on both sides, whatever the accents and the capitals."""

from __future__ import annotations

import unicodedata

from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused

MOST_WORDS, LONGEST = 6, 100
#: What PostgreSQL folds besides its own capitals: character -> plain letter. SQLite calls `fold` itself.
PLAIN = dict(
    zip(
        "àâäáãåçèéêëìíîïñòóôöõùúûüýÿÀÂÄÁÃÅÇÈÉÊËÌÍÎÏÑÒÓÔÖÕÙÚÛÜÝŸ\u2019",
        "aaaaaaceeeeiiiinooooouuuuyyaaaaaaceeeeiiiinooooouuuuyy'",
        strict=True,
    )
)
LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"}
_TABLE = str.maketrans({**PLAIN, **LIGATURES})
_MOST_DIGITS = 3


def fold(text: str) -> str:
    """Small letters without accents: "Œufs frais, à L'HEURE" -> "oeufs frais, a l'heure"."""
    plain = unicodedata.normalize("NFC", text).translate(_TABLE).lower()
    if plain.isascii():
        return plain
    return "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))


def pattern(word: str) -> str:
    """A regular expression that finds a folded word in a text as it was written: `word in fold(text)`.

    For PostgreSQL, which takes ten times as long to fold a comment. Letters out of `PLAIN` are looked for in
    both cases.
    """
    parts: list[str] = []
    place = 0
    while place < len(word):
        pair = word[place : place + 2]
        joined = "".join(one for one, two in LIGATURES.items() if two == pair)
        if joined:
            parts.append(f"(?:{_class(pair[0])}{_class(pair[1])}|[{joined}])")
            place += 2
            continue
        cut = "".join(
            one
            for one, two in LIGATURES.items()
            if (place == len(word) - 1 and two[0] == word[place]) or (place == 0 and two[1] == word[place])
        )
        parts.append(_class(word[place], cut))
        place += 1
    return "".join(parts)


def _class(letter: str, more: str = "") -> str:
    upper = letter.upper()
    every = [letter, upper if len(upper) == 1 else letter, *(one for one, two in PLAIN.items() if two == letter), *more]
    if len(set(every)) == 1:
        return letter if letter.isalnum() else f"\\{letter}"
    return f"[{''.join(dict.fromkeys(every))}]"


def search_words(text: str, *, where: str = "?q") -> tuple[str, ...]:
    """The folded words that must all be in a comment, at most six.

    Raises:
        Refused: `search_personal` for an address or a long number: they are masked on the screen, and an address of a
            page stays in places that are not ours.
    """
    words = tuple(fold(word) for word in text[:LONGEST].split())[:MOST_WORDS]
    if any("@" in word or sum(c.isdigit() for c in word) > _MOST_DIGITS for word in words):
        fr = f"{where} : ni adresse ni numéro dans une recherche. Cherchez un client dans « Expliquer »."
        en = f"{where}: no address and no number in a search. Look a customer up under Explain."
        raise Refused([Complaint(where, "search_personal", french(fr), en)])
    return words
