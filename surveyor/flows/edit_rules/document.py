"""A text of rules changed key by key, its comments and order kept: between the form and the draft.

The text is the only truth. A value that is no value of its key is written as the text that was typed: the check then
says what is wrong with it, at its line, as it does for a text written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from surveyor.core.rules import GlobalRules, Rule
from surveyor.core.rules.keys import ARM_TABLE_KEYS, GLOBAL_KEYS, RULE_TABLE_KEYS, Key

Typed = str | Sequence[str]
_INTEGER = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,9}([.,][0-9]{1,9})?", re.ASCII)
#: What a key that is absent from the text is worth.
DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(Rule) if one.name in RULE_TABLE_KEYS}
GLOBAL_DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(GlobalRules)}
#: Of two keys that say one thing, the other one.
PAIRS = {
    "window_months": "window_days",
    "window_days": "window_months",
    "cooldown_months": "cooldown_days",
    "cooldown_days": "cooldown_months",
}


class Unreadable(Exception):
    """The text is no TOML: it can only be edited as text until that is mended."""


def read(text: str) -> tomlkit.TOMLDocument:
    """The document of a text. Raises Unreadable."""
    try:
        return tomlkit.parse(text)
    except (TOMLKitError, ValueError) as wrong:
        raise Unreadable(str(wrong)) from None


def rules_of(text: str) -> list[dict[str, Any]]:
    """The tables of a text as they are written, whatever their values. Raises Unreadable."""
    return [dict(one.unwrap()) for one in _tables(read(text))]


def _tables(document: tomlkit.TOMLDocument) -> list[Table]:
    found = document.get("rule")
    if found is None:
        return []
    if not isinstance(found, AoT):
        raise Unreadable("rule")
    return list(found.body)


def change_rule(text: str, place: int, typed: Mapping[str, Typed]) -> str:
    """The text with the keys of its `place`-th rule set to what was typed; empty takes a key away.

    A key that is absent and keeps its default stays absent. Raises Unreadable, IndexError for another place.
    """
    document = read(text)
    table = _tables(document)[place]
    said = _of_pairs(table, typed)
    for name in sorted(said, key=lambda one: not said[one]):  # of a pair, what is given before what is taken away
        _put(table, RULE_TABLE_KEYS[name], said[name], beside=bool(said.get(PAIRS.get(name, ""))))
    return tomlkit.dumps(document)


def _of_pairs(table: Any, typed: Mapping[str, Typed]) -> dict[str, Typed]:
    """Of a pair of which both are given, the one that is as before makes room; two new ones stay, for the check."""
    said = dict(typed)
    for name, paired in PAIRS.items():
        if said.get(name) and said.get(paired) and not _is_new(table, name, said) and _is_new(table, paired, said):
            said[name] = ""
    return said


def _is_new(table: Any, name: str, said: Mapping[str, Typed]) -> bool:
    before = table.get(name, None if PAIRS[name] in table else DEFAULTS[name])
    return bool(_value(RULE_TABLE_KEYS[name], said[name]) != before)


def change_global(text: str, typed: Mapping[str, Typed]) -> str:
    """The text with the keys of `[global]` set to what was typed. Raises Unreadable."""
    document = read(text)
    if "global" not in document:
        head, mark, rest = text.partition("[[rule]]")
        document = read(f"{head.rstrip()}\n\n[global]\n\n{mark}{rest}")
    for name, said in typed.items():
        _put(document["global"], GLOBAL_KEYS[name], said, GLOBAL_DEFAULTS)
    return tomlkit.dumps(document)


def add_rule(text: str, rule_id: str) -> str:
    """The text with one more rule after the others: inactive, of default values."""
    table = f'\n[[rule]]\nid = "{rule_id}"\nactive = false\n'
    return text.rstrip("\n") + "\n" + table


def remove_rule(text: str, place: int) -> str:
    """The text without its `place`-th rule. Raises Unreadable, IndexError."""
    document = read(text)
    found: Any = document["rule"]
    del found[place]
    return tomlkit.dumps(document)


def set_experiment(text: str, place: int, head: Mapping[str, Any], arms: Sequence[Mapping[str, Any]]) -> str:
    """The text with a `[rule.experiment]` in its `place`-th rule, in the place of one there was.

    head: `name`, `starts`, `ends`; arms: `name`, `weight` and keys, in the order in which they are written. Values that
    are no values of their key are said by the check. Raises Unreadable, IndexError.
    """
    document = read(text)
    table = _tables(document)[place]
    made = tomlkit.table()
    for name, value in head.items():
        made.add(name, value)
    listed = tomlkit.aot()
    for arm in arms:
        one = tomlkit.table()
        for name, value in arm.items():
            said = _value(ARM_TABLE_KEYS[name], value) if isinstance(value, str) else value
            if said is not None:
                one.add(name, said)
        listed.append(one)
    listed[-1].add(tomlkit.nl())
    made.add("arm", listed)
    if "experiment" in table:
        del table["experiment"]
    table.add("experiment", made)
    return tomlkit.dumps(document)


def free_id(text: str) -> str:
    """An id that no rule of the text has."""
    taken = {str(one.get("id")) for one in rules_of(text)}
    return next(name for n in range(1, len(taken) + 2) if (name := f"regle-{n}") not in taken)


def _put(table: Any, key: Key, said: Typed, defaults: Mapping[str, Any] = DEFAULTS, *, beside: bool = False) -> None:
    """Set one key. beside: the other of its pair is given as well, and stays."""
    name = key.name
    value = _value(key, said)
    if value is None:
        if name in table:
            del table[name]
        return
    if name in table:
        if table[name] != value:
            table[name] = value
        return
    paired = PAIRS.get(name)
    if paired is not None and paired in table and not beside:
        table.value._replace(paired, name, tomlkit.item(value))  # there is no public way to keep its place
        return
    default = defaults.get(name)
    as_default = list(default) if isinstance(default, tuple) else default
    if value != as_default:
        table[name] = value


def _value(key: Key, said: Typed) -> Any:
    """What was typed as a value of the key; the text itself when it is none, None when it is empty."""
    if not isinstance(said, str):
        entries = [one.strip() for one in said if one.strip()]
        return _array(entries) if entries or key.type == "days" else None
    text = said.strip()
    if key.type == "names":
        entries = [one.strip() for one in re.split(r"[,;\n]", text) if one.strip()]
        return _array(entries) if entries else None
    if not text:
        return None
    if key.type == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if key.type == "number" and _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    if key.type == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _array(entries: Sequence[str]) -> Any:
    made = tomlkit.array()
    made.extend(entries)
    return made
