"""Which labels a verbatim carries and how each is meant: pure, and the same on every machine (indicators.md, 11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from surveyor.core.labels.lexicon import GAP, Label, Lexicon, Pattern, Polarity, Tone, Vocabulary
from surveyor.core.labels.words import NEGATORS, Words, words_of

#: Confidence of a label put by a rule, and by a word that only hints at it (ADO-04 counts from 0.8 on).
SURE, WEAK = 0.9, 0.5
#: Where a pattern is filed under: the first letters of its first word.
KEY = 3
NEGATING = frozenset().union(*NEGATORS.values())


@dataclass(frozen=True, slots=True)
class Mention:
    """A label on a verbatim, once. sure: it counts without a person. words: what gave it, as the customer wrote it."""

    label: str
    polarity: Polarity
    sure: bool = True
    words: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """Between 0 and 1."""
        return SURE if self.sure else WEAK


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a verbatim comes to. themes: what is grave in it."""

    mentions: tuple[Mention, ...] = ()
    themes: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[Mention, ...]:
        """Those that count without a person."""
        return tuple(one for one in self.mentions if one.sure)


@dataclass(frozen=True, slots=True)
class _Filed:
    owner: int  # number of the label; -1: tone, -2: grave
    kind: str
    pattern: Pattern
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Hit:
    filed: _Filed
    start: int
    end: int


def sort_verbatim(lexicon: Lexicon, text: str, language: str) -> Sorted:
    """The labels of a verbatim in the order of the lexicon; language "fr" or "en", another one is read as French."""
    language = language if language in lexicon.tone else "fr"
    read = words_of(text, language)
    if not read.words:
        return Sorted()
    hits = list(_hits(_file(lexicon, language), read))
    tone = [hit for hit in hits if hit.filed.owner == -1]
    of: dict[int, list[_Hit]] = defaultdict(list)
    for hit in hits:
        of[hit.filed.owner].append(hit)
    mentions = (_mention(lexicon.labels[owner], found, tone, read) for owner, found in sorted(of.items()) if owner >= 0)
    grave = {hit.filed.name for hit in of[-2] if not read.negated[hit.start]}
    return Sorted(tuple(one for one in mentions if one), tuple(one.id for one in lexicon.themes if one.id in grave))


def _mention(label: Label, found: Sequence[_Hit], tone: Sequence[_Hit], read: Words) -> Mention | None:
    barred = [hit for hit in found if hit.filed.kind == "exclude"]
    kept = [hit for hit in found if hit not in barred and not any(_overlap(hit, one) for one in barred)]
    kept = _longest(kept)
    if not kept:
        return None
    strong = [hit for hit in kept if hit.filed.kind != "hint"]
    told = {_meant(hit, tone, read) for hit in strong or kept}
    told.discard(None)
    words = tuple(dict.fromkeys(" ".join(read.words[hit.start : hit.end]) for hit in strong or kept))
    return Mention(label.id, _both(told) or label.usually, bool(strong), words)


def _meant(hit: _Hit, tone: Sequence[_Hit], read: Words) -> Polarity | None:
    """What the rule itself says, turned round by a negation in front; else what is said in its clause or sentence."""
    if hit.filed.kind in ("positive", "negative"):
        return _tone(hit, read)
    for where in (read.clause, read.sentence):
        near = [one for one in tone if where[one.start] == where[hit.start] and not _overlap(one, hit)]
        if near:
            return _both({_tone(one, read) for one in near})
    return Polarity.NEGATIVE if read.negated[hit.start] else None


def _tone(hit: _Hit, read: Words) -> Polarity:
    said = Polarity(hit.filed.kind)
    return said.opposite if _negated(hit, read) else said


def _negated(hit: _Hit, read: Words) -> bool:
    """By a negation in front of it, or by one that stands in its gap: « prix pas toujours attractifs »."""
    if read.negated[hit.start]:
        return True
    parts = hit.filed.pattern.parts
    return None in parts and read.negated[hit.end - 1] and not any(one and one.text in NEGATING for one in parts)


def _longest(hits: Sequence[_Hit]) -> list[_Hit]:
    """Of hits that overlap the longest one: « pas assez de caisses » says more than « caisses »."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda one: (one.start - one.end, one.start)):
        if not any(_overlap(hit, one) for one in kept):
            kept.append(hit)
    return sorted(kept, key=lambda one: one.start)


def _both(told: Iterable[Polarity | None]) -> Polarity | None:
    """One when all agree; neutral when they do not; None when nothing was said."""
    said = {one for one in told if one is not None and one is not Polarity.NEUTRAL}
    if len(said) > 1:
        return Polarity.NEUTRAL
    return next(iter(said), None)


def _overlap(one: _Hit, other: _Hit) -> bool:
    return one.start < other.end and other.start < one.end


def _hits(filed: dict[str, list[_Filed]], read: Words) -> Iterator[_Hit]:
    for at, word in enumerate(read.words):
        for one in (*filed.get(word, ()), *filed.get(word[:KEY] + "*", ())):
            end = _end(one.pattern.parts, 0, read, at)
            if end:
                yield _Hit(one, at, end)


def _end(parts: Sequence[object], part: int, read: Words, at: int) -> int:
    """Where a pattern ends that begins at a word; 0 when it does not fit. It never leaves its sentence."""
    if part == len(parts):
        return at
    stem = parts[part]
    if stem is None:
        for skipped in range(GAP + 1):
            end = _end(parts, part + 1, read, at + skipped)
            if end:
                return end
        return 0
    here = at < len(read.words) and (part == 0 or read.sentence[at] == read.sentence[at - 1])
    return _end(parts, part + 1, read, at + 1) if here and stem.fits(read.words[at]) else 0  # type: ignore[attr-defined]


@lru_cache(maxsize=16)
def _file_of(key: _Key) -> dict[str, list[_Filed]]:
    lexicon, language = key.lexicon, key.language
    rows: list[_Filed] = []
    for number, label in enumerate(lexicon.labels):
        vocabulary = label.words.get(language, Vocabulary())
        for kind in ("mention", "positive", "negative", "hint", "exclude"):
            rows += [_Filed(number, kind, one) for one in getattr(vocabulary, kind)]
    tone = lexicon.tone.get(language, Tone())
    rows += [_Filed(-1, "positive", one) for one in tone.positive]
    rows += [_Filed(-1, "negative", one) for one in tone.negative]
    rows += [_Filed(-2, "theme", one, theme.id) for theme in lexicon.themes for one in theme.words.get(language, ())]
    filed: dict[str, list[_Filed]] = defaultdict(list)
    for row in rows:
        first = row.pattern.parts[0]
        assert first is not None
        for key_of in _keys(first.text, first.open):
            filed[key_of].append(row)
    return dict(filed)


def _keys(text: str, is_open: bool) -> set[str]:
    return {text[:KEY] + "*"} if is_open else {text, text + "s", text + "x"}


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    """A lexicon is filed once: by which object it is, not by what it holds."""

    lexicon: Lexicon
    language: str

    def __hash__(self) -> int:
        return hash((id(self.lexicon), self.language))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.lexicon is self.lexicon and other.language == self.language


def _file(lexicon: Lexicon, language: str) -> dict[str, list[_Filed]]:
    return _file_of(_Key(lexicon, language))
