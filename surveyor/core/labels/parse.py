"""The text of a lexicon (TOML) to a Lexicon, or to everything that is wrong with it, line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from surveyor.core.cases import DAYS, Policy
from surveyor.core.labels.lexicon import (
    LANGUAGES,
    Label,
    Lexicon,
    Pattern,
    Polarity,
    Theme,
    Tone,
    Vocabulary,
    pattern,
)
from surveyor.core.labels.match import sort_verbatim
from surveyor.core.toml import TomlMap, read_toml
from surveyor.errors import Complaint

FORMAT = 1
MOST_LABELS, MOST_PATTERNS, LONGEST = 60, 400, 200_000
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WORDS = ("mention", "positive", "negative", "hint", "exclude")
_SAMPLES = ("examples", "counterexamples")
Path = tuple[Any, ...]


def read_lexicon(text: str) -> tuple[Lexicon | None, list[Complaint]]:
    """The lexicon of a text, or None and every complaint; `where` is `line:column`. Never raises.

    An example that does not carry its label, or a counterexample that does, is a complaint as well.
    """
    if len(text) > LONGEST:
        return None, [Complaint("1:1", "lexicon_too_big", f"Plus de {LONGEST} caractères.", f"Over {LONGEST} letters.")]
    values, places, faults = read_toml(text)
    if values is None:
        return None, [
            Complaint(f"{one.place[0]}:{one.place[1]}", "lexicon_syntax", one.message_fr, one.message_en)
            for one in faults
        ]
    reader = _Reader(values, places)
    lexicon = reader.lexicon()
    if reader.complaints:
        return None, sorted(reader.complaints, key=lambda one: [int(n) for n in one.where.split(":")])
    wrong = _samples(lexicon, places)
    return (None, wrong) if wrong else (lexicon, [])


@dataclass
class _Reader:
    """Reads tables, and notes what is wrong on the way."""

    values: Mapping[str, Any]
    places: TomlMap
    complaints: list[Complaint] = field(default_factory=list)

    def lexicon(self) -> Lexicon:
        """What could be read."""
        self._known((), self.values, {"format", "cases", "tone", "severity", "label"})
        if self.values.get("format") != FORMAT:
            self._say(("format",), f"écrivez format = {FORMAT}", f"write format = {FORMAT}")
        tables = self._tables("label", MOST_LABELS)
        labels = tuple(self._label(("label", n), one) for n, one in enumerate(tables))
        themes = tuple(self._theme(("severity", n), one) for n, one in enumerate(self._tables("severity", MOST_LABELS)))
        if not labels:
            self._say(("label",), "au moins un [[label]]", "at least one [[label]]")
        self._unique(labels, "label")
        self._unique(themes, "severity")
        tone = self._table(("tone",), self.values.get("tone", {}))
        said = {language: self._tone(("tone", language), tone.get(language, {})) for language in LANGUAGES}
        self._known(("tone",), tone, set(LANGUAGES))
        return Lexicon(labels, themes, said, self._policy(("cases",), self.values.get("cases", {})))

    def _label(self, path: Path, raw: Mapping[str, Any]) -> Label:
        self._known(path, raw, {"id", "name", "usually", "opens_case", *LANGUAGES})
        names = self._names((*path, "name"), raw.get("name"))
        words = {language: self._words((*path, language), raw.get(language, {})) for language in LANGUAGES}
        if not any(vocabulary != Vocabulary() for vocabulary in words.values()):
            self._say(path, "un libellé a des mots dans une langue", "a label has words in one language")
        usually = self._one_of((*path, "usually"), raw.get("usually", "neutral"), [str(one) for one in Polarity])
        opens = self._kind((*path, "opens_case"), raw.get("opens_case", False), bool, False)
        return Label(self._id(path, raw), *names, words, Polarity(usually), opens)

    def _words(self, path: Path, raw: Any) -> Vocabulary:
        table = self._table(path, raw)
        self._known(path, table, {*_WORDS, *_SAMPLES})
        lists = {name: self._patterns((*path, name), table.get(name, [])) for name in _WORDS}
        samples = {name: tuple(self._texts((*path, name), table.get(name, []))) for name in _SAMPLES}
        words: dict[str, Any] = {**lists, **samples}
        return Vocabulary(**words)

    def _theme(self, path: Path, raw: Mapping[str, Any]) -> Theme:
        self._known(path, raw, {"id", "name", *LANGUAGES})
        names = self._names((*path, "name"), raw.get("name"))
        words = {language: self._patterns((*path, language), raw.get(language, [])) for language in LANGUAGES}
        return Theme(self._id(path, raw), *names, words)

    def _tone(self, path: Path, raw: Any) -> Tone:
        table = self._table(path, raw)
        self._known(path, table, {"positive", "negative"})
        sides = [self._patterns((*path, side), table.get(side, [])) for side in ("positive", "negative")]
        return Tone(*sides)

    def _policy(self, path: Path, raw: Any) -> Policy:
        table, base = self._table(path, raw), Policy()
        self._known(path, table, set(Policy.__dataclass_fields__))
        whole: Callable[[str, int, int], int] = lambda name, low, high: self._between(  # noqa: E731
            (*path, name), table.get(name, getattr(base, name)), low, high
        )
        answer, network = whole("answer_hours", 1, 500), whole("network_hours", 1, 1000)
        if network < answer:
            self._say((*path, "network_hours"), f"au moins answer_hours ({answer})", f"answer_hours ({answer}) or more")
        opens, closes = (self._time((*path, one), table.get(one, getattr(base, one))) for one in ("opens", "closes"))
        if opens >= closes:
            self._say((*path, "closes"), "une heure après opens", "a time after opens")
        days = tuple(self._texts((*path, "days"), table.get("days", list(base.days))))
        if not days or set(days) - set(DAYS):
            self._say((*path, "days"), f"des jours parmi {', '.join(DAYS)}", f"days among {', '.join(DAYS)}")
        only = self._kind((*path, "commented_only"), table.get("commented_only", False), bool, False)
        return Policy(whole("score_at_most", -1, 10), only, answer, network, opens, closes, days)

    def _tables(self, name: str, most: int) -> list[Mapping[str, Any]]:
        raw = self.values.get(name, [])
        if not isinstance(raw, list) or any(not isinstance(one, dict) for one in raw):
            self._say((name,), f"écrivez [[{name}]]", f"write [[{name}]]")
            return []
        if len(raw) > most:
            self._say((name,), f"{most} au plus", f"{most} at most")
        return raw[:most]

    def _table(self, path: Path, raw: Any) -> Mapping[str, Any]:
        return self._kind(path, raw, dict, {})  # type: ignore[no-any-return]

    def _id(self, path: Path, raw: Mapping[str, Any]) -> str:
        found = raw.get("id")
        if isinstance(found, str) and ID.fullmatch(found):
            return found
        self._say((*path, "id"), "minuscules, chiffres et _ (40 au plus)", "small letters, digits and _ (40 at most)")
        return "?"

    def _names(self, path: Path, raw: Any) -> tuple[str, str]:
        table = raw if isinstance(raw, dict) else {}
        self._known(path, table, set(LANGUAGES))
        names = [table.get(language) for language in LANGUAGES]
        if all(isinstance(one, str) and 0 < len(one.strip()) <= 60 for one in names):
            return str(names[0]).strip(), str(names[1]).strip()
        self._say(
            path, 'un nom par langue : { fr = "…", en = "…" }', 'a name for each language: { fr = "…", en = "…" }'
        )
        return "?", "?"

    def _patterns(self, path: Path, raw: Any) -> tuple[Pattern, ...]:
        found = []
        for n, source in enumerate(self._texts(path, raw)):
            try:
                found.append(pattern(source))
            except ValueError as wrong:
                self._say((*path, n), f"« {source} » ne se lit pas : {wrong}", f'"{source}" cannot be read: {wrong}')
        return tuple(found)

    def _texts(self, path: Path, raw: Any) -> list[str]:
        if not isinstance(raw, list) or any(not isinstance(one, str) or len(one) > 300 for one in raw):
            self._say(path, "une liste de textes courts", "a list of short texts")
            return []
        if len(raw) > MOST_PATTERNS:
            self._say(path, f"{MOST_PATTERNS} au plus", f"{MOST_PATTERNS} at most")
        return raw[:MOST_PATTERNS]

    def _between(self, path: Path, raw: Any, low: int, high: int) -> int:
        if isinstance(raw, int) and not isinstance(raw, bool) and low <= raw <= high:
            return raw
        self._say(path, f"un entier de {low} à {high}", f"a whole number from {low} to {high}")
        return low

    def _time(self, path: Path, raw: Any) -> time:
        try:
            return raw if isinstance(raw, time) else time.fromisoformat(raw)
        except (TypeError, ValueError):
            self._say(path, 'une heure comme "09:00"', 'a time such as "09:00"')
            return time(0)

    def _one_of(self, path: Path, raw: Any, allowed: list[str]) -> str:
        if raw in allowed:
            return str(raw)
        self._say(path, f"l'un de {', '.join(allowed)}", f"one of {', '.join(allowed)}")
        return allowed[0]

    def _kind(self, path: Path, raw: Any, kind: type, default: Any) -> Any:
        if isinstance(raw, kind):
            return raw
        said = {"bool": ("true ou false", "true or false"), "dict": ("une table", "a table")}[kind.__name__]
        self._say(path, *said)
        return default

    def _known(self, path: Path, table: Mapping[str, Any], names: set[str]) -> None:
        for name in table:
            if name not in names:
                allowed = ", ".join(sorted(names))
                self._say((*path, name), f"clé inconnue ; attendu : {allowed}", f"unknown key; expected {allowed}")

    def _unique(self, rows: Sequence[Label | Theme], name: str) -> None:
        seen: set[str] = set()
        for n, one in enumerate(rows):
            if one.id in seen and one.id != "?":
                self._say((name, n, "id"), f"« {one.id} » existe déjà", f'"{one.id}" exists already')
            seen.add(one.id)

    def _say(self, path: Path, fr: str, en: str) -> None:
        line, column = self.places.find(path)
        name = ".".join(str(one + 1) if isinstance(one, int) else str(one) for one in path)
        self.complaints.append(Complaint(f"{line}:{column}", "lexicon_invalid", f"{name} : {fr}.", f"{name}: {en}."))


def _samples(lexicon: Lexicon, places: TomlMap) -> list[Complaint]:
    wrong = []
    for n, label in enumerate(lexicon.labels):
        for language, vocabulary in label.words.items():
            for kind, wanted in (("examples", True), ("counterexamples", False)):
                for at, text in enumerate(getattr(vocabulary, kind)):
                    given = {one.label for one in sort_verbatim(lexicon, text, language).mentions}
                    if (label.id in given) is not wanted:
                        line, column = places.find(("label", n, language, kind, at))
                        fr = "n'est pas" if wanted else "est"
                        en = "is not" if wanted else "is"
                        wrong.append(
                            Complaint(
                                f"{line}:{column}",
                                "lexicon_example",
                                f"« {text} » {fr} classé sous « {label.fr} ».",
                                f'"{text}" {en} sorted under "{label.en}".',
                            )
                        )
    return wrong
