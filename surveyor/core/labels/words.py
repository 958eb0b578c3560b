"""From what a customer wrote to plain words in clauses, with the words that are negated: what label rules look at."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: A negation reaches this many words further.
WINDOW = 3
#: Elided articles and pronouns say nothing: « l'attente » is « attente ».
ELIDED = frozenset("l d j m t s c qu jusqu lorsqu puisqu".split())
NEGATORS = {
    "fr": frozenset("pas jamais aucun aucune sans ni guere nullement".split()),
    "en": frozenset("not never no without none neither nor cannot hardly".split()),
}
#: Words that a negation does not reach over: « pas mal » and « pas que » are no negation of what follows.
LIFTED = {"fr": frozenset("que seulement uniquement".split()), "en": frozenset("only just".split())}
TURNS = {
    "fr": frozenset("mais cependant toutefois sauf hormis excepte malgre neanmoins sinon".split()),
    "en": frozenset("but however except although though despite otherwise".split()),
}
_PAIRS = {("par", "contre"), ("en", "revanche"), ("a", "part"), ("apart", "from")}
_SHORT_NOT = re.compile(r"n['’`´]t\b")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "`": "'", "´": "'"})
_PIECE = re.compile(r"[a-z0-9]+|[.!?;:,()\n]+")
_ENDS = frozenset(".!?;:,()\n")
_SENTENCE = frozenset(".!?;\n")


@dataclass(frozen=True, slots=True)
class Words:
    """A text as words: lower case, no accent. clause, sentence: the number of the one each word stands in.

    negated: whether a negation reaches it.
    """

    words: tuple[str, ...]
    clause: tuple[int, ...]
    sentence: tuple[int, ...]
    negated: tuple[bool, ...]


def plain(text: str) -> str:
    """Lower case, without accents, ligatures spelt out, one kind of apostrophe."""
    low = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(c for c in low if not unicodedata.combining(c))


def words_of(text: str, language: str) -> Words:
    """The words of a text; language "fr" or "en" says what negates."""
    language = language if language in NEGATORS else "fr"
    low = plain(text)
    if language == "en":
        low = _SHORT_NOT.sub(" not", low.replace("can't", "cannot").replace("won't", "will not"))
    return _Reader(language).read(_PIECE.findall(low))


class _Reader:
    """Goes through the pieces once."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words: list[str] = []
        self.clause: list[int] = []
        self.sentence: list[int] = []
        self.negated: list[bool] = []
        self.here = self.whole = 0
        self.left = 0  # words that the last negation still reaches
        self.ne = 0  # words since which a French « ne » makes « plus » a negation

    def read(self, pieces: list[str]) -> Words:
        for piece in pieces:
            if piece[0] in _ENDS:
                self._turn(sentence=bool(_SENTENCE & set(piece)))
            else:
                self._word(piece)
        return Words(tuple(self.words), tuple(self.clause), tuple(self.sentence), tuple(self.negated))

    def _turn(self, *, sentence: bool) -> None:
        self.here += 1
        self.whole += int(sentence)
        self.left = self.ne = 0

    def _word(self, word: str) -> None:
        language = self.language
        if language == "fr" and word in ("n", "ne"):
            self.ne = 4
            return
        if word in ELIDED:
            return
        pair = bool(self.words) and (self.words[-1], word) in _PAIRS
        if word in TURNS[language] or pair:
            self._turn(sentence=True)
        self.words.append(word)
        self.clause.append(self.here)
        self.sentence.append(self.whole)
        self.negated.append(self.left > 0 and word not in NEGATORS[language])
        self._reach(word)

    def _reach(self, word: str) -> None:
        if word == "peu" and self.language == "fr" and self.words[-2:-1] not in (["un"], ["petit"]):
            self.left = 1  # « peu aimable »; « un peu cher » says what it says
            return
        if word in NEGATORS[self.language] or (word == "plus" and self.ne):
            self.left, self.ne = WINDOW, 0
            return
        self.left = 0 if word in LIFTED[self.language] else max(0, self.left - 1)
        self.ne = max(0, self.ne - 1)
