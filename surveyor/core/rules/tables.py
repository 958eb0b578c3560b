"""One table of a text of rules: its known keys read, its unknown ones named, conditions on an answer refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surveyor.core.rules.findings import Findings, Given, Wrong
from surveyor.core.rules.keys import ANSWER_WORDS, Key
from surveyor.core.rules.values import read_value
from surveyor.core.toml import Path

_MAX_LOOK = 12
_TABLES = ("table", "tables")
_GATING = (
    "a condition on the score for inviting, reminding, routing or publishing is forbidden. Remove it.",
    "une condition sur la note pour inviter, relancer, orienter ou publier est interdite. Retirez-la.",
)


@dataclass(slots=True)
class Table:
    """What was read of one table: the right `values`, and the keys that are `bad`. Sub-tables stay raw in `nested`."""

    path: Path
    values: dict[str, object] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    nested: dict[str, object] = field(default_factory=dict)

    def has(self, key: str) -> bool:
        """Whether the key is written there, right or wrong."""
        return key in self.values or key in self.bad


def read_table(found: Findings, path: Path, *, keys: Mapping[str, Key], raw: Mapping[Any, object]) -> Table:
    """Read a table against its keys; every problem is in `found`."""
    table = Table(path)
    for name, value in raw.items():
        if not isinstance(name, str) or name not in keys:
            _unknown(found, (*path, str(name)), value, keys=keys)
        elif keys[name].type in _TABLES:
            table.nested[name] = value
        else:
            read = read_value(found, Given(keys[name], (*path, name), value))
            if isinstance(read, Wrong):
                table.bad.add(name)
            else:
                table.values[name] = read
    return table


def missing(found: Findings, path: Path, *, en: str, fr: str) -> None:
    """`rule[1].id (1:1) is required: a short identifier.`"""
    found.say(path, "missing", en=f" is required: {en}.", fr=f" est obligatoire : {fr}.")


def _unknown(found: Findings, path: Path, value: object, *, keys: Mapping[str, Key]) -> None:
    if found.full:
        found.left_out += 1
        return
    speaking = _speaking(path, value, _MAX_LOOK)
    if speaking is not None:
        where = found.where(path, at=speaking)
        words = (f"{where}: {_GATING[0]}", f"{where} : {_GATING[1]}")
        found.add(path, "answer_condition", words=words, at=speaking)
        return
    suggestion = found.suggester.closest(str(path[-1]), keys.keys())
    end = ("", "") if suggestion else (" Remove it.", " Retirez-la.")
    en, fr = f": unknown key.{end[0]}", f" : clé inconnue.{end[1]}"
    found.say(path, "unknown_key", en=en, fr=fr, suggestion=suggestion)


def _speaking(path: Path, value: object, depth: int) -> Path | None:
    """The path of the first name or text, here or below, that speaks of what a customer answered."""
    if isinstance(path[-1], str) and _speaks(path[-1]):
        return path
    if isinstance(value, str) and _speaks(value):
        return path
    if depth == 0:
        return None
    inner: list[tuple[Path, object]] = []
    if isinstance(value, Mapping):
        inner = [((*path, str(k)), v) for k, v in value.items()]
    elif isinstance(value, list | tuple):
        inner = [((*path, i), v) for i, v in enumerate(value)]
    return next((p for sub, v in inner if (p := _speaking(sub, v, depth - 1)) is not None), None)


def _speaks(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in ANSWER_WORDS)
