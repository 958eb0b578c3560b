"""The list of problems while a text of rules is being read: where each thing stands, and what was said of it."""

from __future__ import annotations

from typing import NamedTuple

from surveyor.core.quoting import french, shown
from surveyor.core.rules.keys import Key
from surveyor.core.rules.known import KnownNames, Suggester
from surveyor.core.rules.problems import Problem
from surveyor.core.toml import Path, TomlMap

#: More than this and nobody reads on; the last one says how many were left out.
MAX_PROBLEMS = 1000


class Given(NamedTuple):
    """A value as written: the key it was written for, its path in the text, and itself."""

    key: Key
    path: Path
    value: object


class Wrong:
    """What a reading function returns when it has complained: no value can be taken for it."""


WRONG = Wrong()


class Findings:
    """Problems found so far. `labels` names a rule by its position: its id once that is known to be right."""

    def __init__(self, places: TomlMap | None = None, known: KnownNames | None = None) -> None:
        self.known = known
        self.problems: list[Problem] = []
        self.left_out = 0
        self.places = places
        self.labels: dict[int, str] = {}
        self.suggester = Suggester()

    def where(self, path: Path, *, at: Path | None = None) -> str:
        """`drive.delay_days (12:1)`: the name of `path`, and the place of `at` (default: of `path` itself)."""
        name = self.name(path)
        if self.places is None:
            return name
        line, column = self.places.find(path if at is None else at)
        return f"{name} ({line}:{column})"

    def name(self, path: Path) -> str:
        """`drive.experiment.arm[2].name`: rules by id, entries of lists from 1, raw names escaped and short."""
        pieces: list[str] = []
        for part in path:
            if isinstance(part, int):
                pieces[-1] += f"[{part + 1}]"
            else:
                pieces.append(shown(part))
        if len(path) > 1 and path[0] == "rule" and isinstance(path[1], int) and path[1] in self.labels:
            pieces[0] = self.labels[path[1]]
        return ".".join(pieces)

    def say(
        self, path: Path, code: str, *, en: str, fr: str, suggestion: str | None = None, level: str = "error"
    ) -> None:
        """A problem about the value at `path`; what follows its place, with its punctuation, in both languages."""
        where = "" if self.full else self.where(path)
        self.add(path, code, words=(where + en, where + fr), suggestion=suggestion, level=level)

    def refuse(self, path: Path, code: str, *, en: str, fr: str, suggestion: str | None = None) -> Wrong:
        """`say` an error and return WRONG."""
        self.say(path, code, en=en, fr=fr, suggestion=suggestion)
        return WRONG

    def add(
        self,
        path: Path,
        code: str,
        *,
        words: tuple[str, str],
        at: Path | None = None,
        suggestion: str | None = None,
        level: str = "error",
    ) -> None:
        """A problem with its whole sentences (English, French); `at`: the path whose line is given."""
        if self.full:
            self.left_out += 1
            return
        en, fr = words
        if suggestion is not None:
            en, fr = f"{en} Did you mean {suggestion}?", f"{fr} Vouliez-vous {suggestion} ?"
        line = None if self.places is None else self.places.find(path if at is None else at)[0]
        key = next((shown(p) for p in reversed(path) if isinstance(p, str)), None)
        where = self.where(path, at=at)
        self.problems.append(Problem(level, code, where, line, self._rule(path), key, en, french(fr), suggestion))

    def in_order(self) -> list[Problem]:
        """The problems by line, errors before warnings on one line; one more when some were left out."""
        ordered = sorted(self.problems, key=lambda p: (p.line or 0, p.level, p.where))
        if not self.left_out:
            return ordered
        en, fr = (
            f"{self.left_out} more problems are not shown.",
            f"{self.left_out} autres problèmes ne sont pas montrés.",
        )
        return [*ordered, Problem("error", "too_many_problems", "", None, None, None, en, fr)]

    @property
    def full(self) -> bool:
        """Whether what comes now is only counted."""
        return len(self.problems) >= MAX_PROBLEMS

    @property
    def errors(self) -> int:
        """How many things found so far keep the text from being published; what was left out counts as such."""
        return self.left_out + sum(p.level == "error" for p in self.problems)

    def _rule(self, path: Path) -> str | None:
        if len(path) < 2 or path[0] != "rule" or not isinstance(path[1], int):
            return None
        return self.labels.get(path[1], f"rule[{path[1] + 1}]")
