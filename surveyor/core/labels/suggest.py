"""Words that separate promoters from detractors and that no rule knows: suggestions to a person, never labels.

Weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008; indicators.md, 11).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt

from surveyor.core.labels.lexicon import Lexicon, Stem, Vocabulary
from surveyor.core.labels.words import words_of

#: A word in fewer verbatims says too little.
FEWEST = 5
#: How much the words of everybody weigh, in words.
PRIOR = 500.0
#: |z| from which a word is worth looking at.
FROM = 1.96
_EMPTY = frozenset(
    "le la les un une des de du et ou est sont en au aux a ce cette ces que qui dans pour par sur avec plus pas tres "
    "trop vous votre vos nous notre nos je il elle on ils se sa son ses mon ma mes me y ai avez ont etre fait tout "
    "tous toute si mais comme bien aussi quand meme sans the and of to in it is was for with this that you we they "
    "are at as on be have has had my your our were an or so very all not but from".split()
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word, in how many verbatims it is, and on which side it is said more: z > 0 by promoters."""

    word: str
    verbatims: int
    z: float


def suggestions(
    lexicon: Lexicon, texts: Iterable[tuple[str, int]], language: str, *, limit: int = 30
) -> list[Suggestion]:
    """The words of verbatims (text, score) that no rule begins with, the surest first."""
    praised: Counter[str] = Counter()
    blamed: Counter[str] = Counter()
    for text, score in texts:
        words = {word for word in words_of(text, language).words if len(word) > 2 and word not in _EMPTY}
        if score >= 9:
            praised.update(words)
        elif score <= 6:
            blamed.update(words)
    known = _known(lexicon, language)
    every = praised + blamed
    found = [
        Suggestion(word, n, z)
        for word, n in every.items()
        if n >= FEWEST and not any(stem.fits(word) for stem in known.get(word[:3], ()))
        if abs(z := _z(word, praised, blamed, every)) >= FROM
    ]
    return sorted(found, key=lambda one: (-abs(one.z), one.word))[:limit]


def _z(word: str, praised: Counter[str], blamed: Counter[str], every: Counter[str]) -> float:
    total = sum(every.values())
    prior = PRIOR * every[word] / total
    mine, theirs = praised[word] + prior, blamed[word] + prior
    ours = sum(praised.values()) + PRIOR - mine
    others = sum(blamed.values()) + PRIOR - theirs
    if min(ours, others) <= 0:
        return 0.0
    return (log(mine / ours) - log(theirs / others)) / sqrt(1 / mine + 1 / theirs)


def _known(lexicon: Lexicon, language: str) -> dict[str, list[Stem]]:
    known: dict[str, list[Stem]] = {}
    tone = lexicon.tone.get(language)
    lists: list[Sequence[object]] = [tone.positive, tone.negative] if tone else []
    for label in lexicon.labels:
        words = label.words.get(language, Vocabulary())
        lists += [words.mention, words.positive, words.negative, words.hint, words.exclude]
    for patterns in lists:
        for pattern in patterns:
            for stem in pattern.parts:  # type: ignore[attr-defined]
                if stem is not None:
                    known.setdefault(stem.text[:3], []).append(stem)
    return known
