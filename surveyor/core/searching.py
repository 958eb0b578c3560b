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
