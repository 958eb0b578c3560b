"""One value of a text of rules against its key: the right type, the right range, and nothing hidden in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time

from surveyor.core.quoting import BIDI, code_point, shown
from surveyor.core.rules.findings import Findings
from surveyor.core.rules.keys import UNITS, Key
from surveyor.core.rules.known import KnownNames
from surveyor.core.toml import Path

ID_PATTERN = re.compile(r"[a-z][a-z0-9_-]{0,31}")
TIME_PATTERN = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

_HIDDEN = BIDI | frozenset("\u200b\u2028\u2029\u2060\ufeff")
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
    "table": ("a table", "une table"),
    "tables": ("tables in double brackets", "une table entre doubles crochets"),
}


class Wrong:
    """What a reading function returns when it has complained: no value can be taken for it."""


WRONG = Wrong()


def read_value(found: Findings, key: Key, path: Path, value: object, known: KnownNames | None) -> object:
    """The value as a rule keeps it (lists as tuples, numbers as floats), or WRONG after saying why."""
    if key.type in ("names", "days"):
        return _read_list(found, key, path, value, known)
    if not _has_type(key, value):
        return _wrong_type(found, key, path, value)
    if isinstance(value, str):
        return _read_text(found, key, path, value, known)
    if key.type in ("integer", "number"):
        return _read_number(found, key, path, value)
    return value


def control_character(text: str) -> str | None:
    """The first character that a text of rules may not hold: control, lone surrogate, bidi, zero width."""
    return next(
        (c for c in text if c in _HIDDEN or "\ud800" <= c <= "\udfff" or c < " " or "\x7f" <= c <= "\x9f"), None
    )


def type_name(value: object) -> tuple[str, str]:
    """What was found instead, in English and French: `a string`, or the value itself for nan and inf."""
    if isinstance(value, bool):
        return "a boolean", "un booléen"
    if isinstance(value, int):
        return "an integer", "un entier"
    if isinstance(value, float):
        special = shown(value) if value != value or value in (float("inf"), float("-inf")) else ""
        return (special, special) if special else ("a decimal number", "un nombre décimal")
    if isinstance(value, str):
        return "a string", "un texte"
    if isinstance(value, datetime):
        return "a date and time", "une date avec heure"
    if isinstance(value, date | time):
        return (
            ("a date", "une date")
            if isinstance(value, date)
            else ("a time without quotes", "une heure sans guillemets")
        )
    if isinstance(value, dict):
        return "a table", "une table"
    return ("a list", "une liste") if isinstance(value, list | tuple) else ("something else", "autre chose")


def say_type(found: Findings, path: Path, value: object, *, expected: tuple[str, str]) -> None:
    """`: expected an integer (days), found a string.`"""
    en, fr = type_name(value)
    wanted, got = "e" * expected[1].startswith("une "), "e" * fr.startswith("une ")
    words = (f": expected {expected[0]}, found {en}.", f" : {expected[1]} attendu{wanted}, {fr} trouvé{got}.")
    found.say("error", "type", path, words)


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


def _wrong_type(found: Findings, key: Key, path: Path, value: object) -> Wrong:
    en, fr = _EXPECTED[key.type]
    if key.unit and key.type == "integer":
        fr, en = f"{fr} ({UNITS[key.unit][0]})", f"{en} ({UNITS[key.unit][1]})"
    say_type(found, path, value, expected=(en, fr))
    return WRONG


def _read_number(found: Findings, key: Key, path: Path, value: object) -> object:
    assert isinstance(value, int | float)
    # Written so that nan, for which every comparison is false, is refused.
    if not (key.low <= value <= key.high or (key.zero and value == 0)):
        en, fr = _EXPECTED[key.type]
        low, high = _number(key.low), _number(key.high)
        zero_en, zero_fr = ("0, or ", "0, ou ") if key.zero else ("", "")
        if key.low == key.high:
            span_en, span_fr = low, low
        else:
            span_en, span_fr = f"{zero_en}{en} from {low} to {high}", f"{zero_fr}{fr} de {low} à {high}"
        said = shown(value)
        found.say("error", "range", path, (f" = {said}: expected {span_en}.", f" = {said} : attendu {span_fr}."))
        return WRONG
    return float(value) if key.type == "number" else value


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _read_text(found: Findings, key: Key, path: Path, value: str, known: KnownNames | None) -> object:
    control = control_character(value)
    if control is not None:
        point = code_point(control)
        en = f" contains a control character ({point}). Remove it."
        fr = f" contient un caractère de contrôle ({point}). Retirez-le."
        return _refuse(found, "control_char", path, (en, fr))
    if key.type == "id":
        return value if ID_PATTERN.fullmatch(value) else _refuse_id(found, path, value)
    if key.type == "time":
        return value if TIME_PATTERN.fullmatch(value) else _refuse_time(found, path, value)
    if key.type == "choice":
        return _read_choice(found, key, path, value)
    if not key.low <= len(value) <= key.high:
        low, high = _number(key.low), _number(key.high)
        en = f": a text of {len(value)} characters, expected {low} to {high}."
        fr = f" : un texte de {len(value)} caractères, attendu de {low} à {high}."
        return _refuse(found, "range", path, (en, fr))
    return value if _exists(found, key, path, value, known) else WRONG


def _refuse(found: Findings, code: str, path: Path, words: tuple[str, str]) -> Wrong:
    found.say("error", code, path, words)
    return WRONG


def _refuse_id(found: Findings, path: Path, value: str) -> Wrong:
    said = shown(value)
    en = f' = "{said}": expected a short identifier, for example "drive": a to z, then a to z, 0 to 9, - or _.'
    fr = f' = "{said}" : attendu un identifiant court, par exemple "drive" : a à z, puis a à z, 0 à 9, - ou _.'
    return _refuse(found, "pattern", path, (en, fr))


def _refuse_time(found: Findings, path: Path, value: str) -> Wrong:
    said = shown(value)
    return _refuse(
        found,
        "pattern",
        path,
        (f' = {said}: expected a time of day "HH:MM".', f' = {said} : attendu une heure "HH:MM".'),
    )


def _read_choice(found: Findings, key: Key, path: Path, value: str) -> object:
    if value in key.words:
        return value
    said, words = shown(value), ", ".join(key.words)
    suggestion = found.suggester.closest(value, key.words)
    en, fr = f' = "{said}": expected one of {words}.', f' = "{said}" : attendu l\'un de {words}.'
    found.say("error", "choice", path, (en, fr), suggestion)
    return WRONG


def _read_list(found: Findings, key: Key, path: Path, value: object, known: KnownNames | None) -> object:
    if not isinstance(value, list | tuple):
        return _wrong_type(found, key, path, value)
    strangers = [entry for entry in value if not isinstance(entry, str)]
    if strangers:
        return _wrong_entry(found, path, strangers[0])
    if key.type == "days" and not value:
        en, fr = ": no day left to send on. Give at least one.", " : aucun jour d'envoi. Donnez-en au moins un."
        return _refuse(found, "empty", path, (en, fr))
    one = Key(key.name, "choice", words=key.words) if key.words else Key(key.name, "text", key.low, key.high, of=key.of)
    read = [_read_text(found, one, path, entry, known) for entry in value]
    repeated = _first_repeated(value)
    if repeated is not None:
        said = shown(repeated)
        return _refuse(
            found,
            "duplicate",
            path,
            (f": {said} is given twice. Keep one.", f" : {said} est donné deux fois. Gardez-en un."),
        )
    return WRONG if any(isinstance(r, Wrong) for r in read) else tuple(read)


def _wrong_entry(found: Findings, path: Path, stranger: object) -> Wrong:
    en, fr = type_name(stranger)
    words = (f": expected a list of texts, found {en} in it.", f" : une liste de textes attendue, {fr} trouvé dedans.")
    return _refuse(found, "type", path, words)


def _first_repeated(entries: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for entry in entries:
        if entry in seen:
            return entry
        seen.add(entry)
    return None


_KINDS: dict[str, tuple[str, str]] = {
    "stores": ("store", "le magasin"),
    "regions": ("region", "la région"),
    "segments": ("segment", "le segment"),
    "surveys": ("survey", "le questionnaire"),
    "emails": ("email", "l'e-mail"),
}


def _exists(found: Findings, key: Key, path: Path, value: str, known: KnownNames | None) -> bool:
    names = known.of(key.of) if known is not None and key.of else None
    if names is None or value in names:
        return True
    if found.full:
        found.left_out += 1
        return False
    en, fr = _KINDS[key.of]
    said = shown(value)
    listed = ", ".join(shown(n) for n in sorted(names)[:10]) + (", …" if len(names) > 10 else "")
    words = (f": {en} {said} does not exist. Known: {listed}.", f" : {fr} {said} n'existe pas. Connus : {listed}.")
    found.say("error", "unknown_ref", path, words, found.suggester.closest(value, names))
    return False
