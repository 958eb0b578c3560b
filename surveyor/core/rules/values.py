"""One value of a text of rules against its key: the right type and the right range; texts go on to `texts`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from surveyor.core.quoting import shown
from surveyor.core.rules.findings import WRONG, Findings, Given, Wrong
from surveyor.core.rules.keys import UNITS, Key
from surveyor.core.rules.texts import read_text
from surveyor.core.toml import Path

_EXPECTED: dict[str, tuple[str, str]] = {
    "integer": ("an integer", "un entier"),
    "number": ("a number", "un nombre"),
    "boolean": ("true or false", "true ou false"),
    "text": ("a text in quotes", "un texte entre guillemets"),
    "choice": ("a text in quotes", "un texte entre guillemets"),
    "id": ("a text in quotes", "un texte entre guillemets"),
    "time": ('a time of day in quotes, "HH:MM"', 'une heure entre guillemets, "HH:MM"'),
    "names": ('a list of texts, ["a", "b"]', 'une liste de textes, ["a", "b"]'),
    "days": ('a list of days, ["mon", "tue"]', 'une liste de jours, ["mon", "tue"]'),
    "date": ("a date, 2026-09-01", "une date, 2026-09-01"),
}


def read_value(found: Findings, given: Given) -> object:
    """The value as a rule keeps it (lists as tuples, numbers as floats), or WRONG after saying why."""
    key, value = given.key, given.value
    if key.type in ("names", "days"):
        return _read_list(found, given)
    if not _has_type(key, value):
        return _wrong_type(found, given)
    if isinstance(value, str):
        return read_text(found, given)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _read_number(found, given, value)
    return value


def say_type(found: Findings, path: Path, *, value: object, expected: tuple[str, str]) -> None:
    """`: expected an integer (days), found a string.`; `expected` in English and French."""
    en, fr = _type_name(value)
    wanted, got = "e" * expected[1].startswith("une "), "e" * fr.startswith("une ")
    said_fr = f" : {expected[1]} attendu{wanted}, {fr} trouvé{got}."
    found.say(path, "type", en=f": expected {expected[0]}, found {en}.", fr=said_fr)


def _type_name(value: object) -> tuple[str, str]:
    """What was found instead, in English and French: `a string`, or the value itself for nan and inf."""
    if isinstance(value, float):
        special = shown(value) if value != value or value in (float("inf"), float("-inf")) else ""
        return (special, special) if special else ("a decimal number", "un nombre décimal")
    # In this order: a boolean is an integer, and a date and time is a date.
    for kind, names in _TYPE_NAMES:
        if isinstance(value, kind):
            return names
    return "something else", "autre chose"


_TYPE_NAMES: tuple[tuple[type, tuple[str, str]], ...] = (
    (bool, ("a boolean", "un booléen")),
    (int, ("an integer", "un entier")),
    (str, ("a string", "un texte")),
    (datetime, ("a date and time", "une date avec heure")),
    (date, ("a date", "une date")),
    (time, ("a time without quotes", "une heure sans guillemets")),
    (dict, ("a table", "une table")),
    (list, ("a list", "une liste")),
    (tuple, ("a list", "une liste")),
)


def _has_type(key: Key, value: object) -> bool:
    if key.type == "boolean":
        return isinstance(value, bool)
    if key.type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if key.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if key.type == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, str)


def _wrong_type(found: Findings, given: Given) -> Wrong:
    en, fr = _EXPECTED[given.key.type]
    if given.key.unit and given.key.type == "integer":
        unit_fr, unit_en = UNITS[given.key.unit]
        en, fr = f"{en} ({unit_en})", f"{fr} ({unit_fr})"
    say_type(found, given.path, value=given.value, expected=(en, fr))
    return WRONG


def _read_number(found: Findings, given: Given, value: float) -> object:
    key = given.key
    # Written so that nan, for which every comparison is false, is refused.
    if key.low <= value <= key.high or (key.zero and value == 0):
        return float(value) if key.type == "number" else value
    said, low, high = shown(value), f"{key.low:g}", f"{key.high:g}"
    en, fr = _EXPECTED[key.type]
    en, fr = f"{en} from {low} to {high}", f"{fr} de {low} à {high}"
    if key.low == key.high:
        en, fr = low, low
    elif key.zero:
        en, fr = f"0, or {en}", f"0, ou {fr}"
    found.say(given.path, "range", en=f" = {said}: expected {en}.", fr=f" = {said} : attendu {fr}.")
    return WRONG


def _read_list(found: Findings, given: Given) -> object:
    key, path, entries = given
    if not isinstance(entries, list | tuple):
        return _wrong_type(found, given)
    strangers = [entry for entry in entries if not isinstance(entry, str)]
    if strangers:
        return _wrong_entry(found, path, strangers[0])
    if key.type == "days" and not entries:
        en, fr = ": no day left to send on. Give at least one.", " : aucun jour d'envoi. Donnez-en au moins un."
        return found.refuse(path, "empty", en=en, fr=fr)
    one = Key(key.name, "choice", words=key.words) if key.words else Key(key.name, "text", key.low, key.high, of=key.of)
    read = [read_text(found, Given(one, path, entry)) for entry in entries]
    repeated = _first_repeated(entries)
    if repeated is not None:
        en, fr = f": {repeated} is given twice. Keep one.", f" : {repeated} est donné deux fois. Gardez-en un."
        return found.refuse(path, "duplicate", en=en, fr=fr)
    return WRONG if any(isinstance(r, Wrong) for r in read) else tuple(read)


def _wrong_entry(found: Findings, path: Path, stranger: object) -> Wrong:
    en, fr = _type_name(stranger)
    en, fr = f": expected a list of texts, found {en} in it.", f" : une liste de textes attendue, {fr} trouvé dedans."
    return found.refuse(path, "type", en=en, fr=fr)


def _first_repeated(entries: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for entry in entries:
        if entry in seen:
            return shown(entry)
        seen.add(entry)
    return None
