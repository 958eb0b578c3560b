"""A lexicon: the labels of a network, the words that give them, and when a case opens; what `labels.toml` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from surveyor.core.cases import Policy
from surveyor.core.labels.words import ELIDED, plain

LANGUAGES = ("fr", "en")
#: Words between the two sides of "..", at most.
GAP = 3


class Polarity(StrEnum):
    """How a mention goes."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"

    @property
    def opposite(self) -> Polarity:
        """The other end; neutral stays."""
        return _OPPOSITE[self]


_OPPOSITE = {
    Polarity.POSITIVE: Polarity.NEGATIVE,
    Polarity.NEGATIVE: Polarity.POSITIVE,
    Polarity.NEUTRAL: Polarity.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class Stem:
    """A word, its plural included; open: any word that begins so (`attent*`)."""

    text: str
    open: bool = False

    def fits(self, word: str) -> bool:
        """Whether a word of a text is it."""
        if self.open:
            return word.startswith(self.text)
        return word == self.text or (len(word) > 3 and word[-1:] in "sx" and word[:-1] == self.text)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Stems one after the other; a None among them lets up to three words stand between. source: as it is written."""

    parts: tuple[Stem | None, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a label in one language. hint: too weak to count until a person says so."""

    mention: tuple[Pattern, ...] = ()
    positive: tuple[Pattern, ...] = ()
    negative: tuple[Pattern, ...] = ()
    hint: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What verbatims are sorted under. usually: its polarity when nothing around the mention says."""

    id: str
    fr: str
    en: str
    words: Mapping[str, Vocabulary]
    usually: Polarity = Polarity.NEUTRAL
    opens_case: bool = False

    def name(self, language: str) -> str:
        """Its name on a screen."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Theme:
    """Something grave: a person reads every hit, at once. It says what in words that follow « signale »."""

    id: str
    fr: str
    en: str
    words: Mapping[str, tuple[Pattern, ...]]


@dataclass(frozen=True, slots=True)
class Tone:
    """Words that say well or badly of whatever stands near."""

    positive: tuple[Pattern, ...] = ()
    negative: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that sorts verbatims, in one version."""

    labels: tuple[Label, ...]
    themes: tuple[Theme, ...]
    tone: Mapping[str, Tone]
    cases: Policy = field(default_factory=Policy)

    @property
    def opening(self) -> tuple[str, ...]:
        """Labels that open a case whatever the score is, when they are meant badly."""
        return tuple(one.id for one in self.labels if one.opens_case)

    def label(self, id_: str) -> Label | None:
        """One of its labels."""
        return next((one for one in self.labels if one.id == id_), None)


def pattern(source: str) -> Pattern:
    """`trop cher*`, `caisse* .. ferme*`: words, `*` for any ending, `..` for up to three words between.

    ValueError, with an English sentence, when it can match nothing or everything.
    """
    parts: list[Stem | None] = []
    for piece in plain(source).replace("'", " ").split():
        if piece in ELIDED or piece in ("n", "ne"):
            continue  # texts are read without them
        if piece == "..":
            if not parts or parts[-1] is None:
                raise ValueError("'..' stands between two words")
            parts.append(None)
            continue
        stem = piece.removesuffix("*")
        if not stem.isalnum():
            raise ValueError(f"{piece!r} is not a word: letters and digits, and a * at its end")
        if piece.endswith("*") and len(stem) < 3:
            raise ValueError(f"{piece!r} is too short: a stem has three letters or more")
        parts.append(Stem(stem, piece.endswith("*")))
    if not parts or parts[-1] is None:
        raise ValueError("write at least one word, and one after '..'")
    return Pattern(tuple(parts), source)


def patterns(sources: Sequence[str]) -> tuple[Pattern, ...]:
    """Several of them."""
    return tuple(pattern(one) for one in sources)
