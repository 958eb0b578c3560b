"""Why a TOML text cannot be read, said as a person would: the place, and what to write instead."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass

from surveyor.core.quoting import grouped, shown
from surveyor.core.toml.hints import HINTS
from surveyor.core.toml.places import Place, Statement, TomlMap
from surveyor.core.toml.scan import MAX_ITEMS, scan

_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_TOKEN = re.compile(r"[^\s,\]}#]+")
_TO_LINE_END = re.compile(r"[^\n#]*")
_LONG_INTEGER = re.compile(r"(?<![\w.\"'-])[+-]?\d[\d_]{4299,}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why the text is no TOML. code: `syntax`, `duplicate_key` (with `key`), `too_deep` or `too_big`."""

    code: str
    place: Place
    message_en: str
    message_fr: str
    key: str | None = None


def read_toml(text: str) -> tuple[dict[str, object] | None, TomlMap, list[Fault]]:
    """The values, the map and the faults of a text; values are None when there is a fault. Never raises."""
    cr = _lone_cr(text)
    if cr is not None:
        return (
            None,
            TomlMap(text),
            [_syntax(cr, "CR line ends; save with LF or CRLF", "fins de ligne CR ; enregistrez avec LF ou CRLF")],
        )
    text = text.replace("\r\n", "\n")
    found = scan(text)
    if found.too_deep is not None:
        return None, found, [_too_deep(found.too_deep)]
    if found.too_many is not None:
        return None, found, [_too_many(found.too_many)]
    try:
        return tomllib.loads(text), found, []
    except RecursionError:
        return None, found, [_too_deep((1, 1))]
    except (ValueError, OverflowError) as error:
        return None, found, _faults(found, str(error))


def _lone_cr(text: str) -> Place | None:
    match = re.search(r"\r(?!\n)", text)
    if match is None:
        return None
    before = text[: match.start()]
    return before.count("\n") + 1, match.start() - (before.rfind("\n") + 1) + 1


def _faults(found: TomlMap, error: str) -> list[Fault]:
    place = _error_place(found, error)
    faults = [_repeat(r.name, r.place, r.first, r.is_table) for r in found.repeats]
    if faults and place is not None and _same_statement(found, place, faults):
        return faults
    long = _LONG_INTEGER.search(found.text)
    if place is None and long is not None and "integer string conversion" in error:
        where = found.place_of(long.start())
        return [*faults, _syntax(where, "an integer too long to read", "entier trop long pour être lu")]
    explained = _explain(found, place or found.place_of(len(found.text)), error)
    return [f for f in faults if f.place < explained.place] + [explained]


def _error_place(found: TomlMap, error: str) -> Place | None:
    """Where tomllib stopped; None at the end of the text, or when it does not say."""
    match = _AT.search(error)
    return (int(match.group(1)), int(match.group(2))) if match else None


def _same_statement(found: TomlMap, place: Place, faults: list[Fault]) -> bool:
    # tomllib stops after the value of a key given twice: the statement tells whose fault it is.
    statement = _statement(found, found.offset_of(place) - 1)
    return statement is not None and found.place_of(statement.start) in {f.place for f in faults}


def _statement(found: TomlMap, offset: int) -> Statement | None:
    starts = [s.start for s in found.statements]
    at = bisect_right(starts, max(offset, 0))
    return found.statements[at - 1] if at else None


def _repeat(name: str, place: Place, first: Place, is_table: bool) -> Fault:
    said = shown(name)
    if is_table:
        en, fr = f"[{said}] is already opened on line {first[0]}", f"[{said}] est déjà ouvert ligne {first[0]}"
        return _syntax(place, en, fr)
    at = f"{place[0]}:{place[1]}"
    en, fr = f"{at}: {said} is already given on line {first[0]}.", f"{at} : {said} est déjà donné ligne {first[0]}."
    return Fault("duplicate_key", place, en, fr, key=said)


def _explain(found: TomlMap, place: Place, error: str) -> Fault:
    if found.unclosed_quote is not None and found.unclosed_quote <= place:
        return _syntax(found.unclosed_quote, "unclosed quote", "guillemet non fermé")
    offset = found.offset_of(place)
    statement = _statement(found, offset)
    if statement is not None and not statement.is_header and statement.value is None:
        return _no_equals(found, found.place_of(statement.name_end))
    if statement is not None and statement.value is not None:
        hint = _value_hint(found, statement.value, offset)
        if hint is not None:
            return hint
    if found.unclosed_bracket is not None and found.unclosed_bracket <= place:
        return _syntax(found.unclosed_bracket, "unclosed bracket", "crochet ou accolade non fermé")
    detail = shown(_AT.sub("", error).strip(), 80)
    return _syntax(place, f"this is not TOML ({detail})", "cette écriture n'est pas du TOML")


def _no_equals(found: TomlMap, place: Place) -> Fault:
    if found.text.startswith(":", found.offset_of(place)):
        fr = "« = » attendu (ce fichier ressemble à du YAML)"
        return _syntax(place, 'expected "=" (this file looks like YAML)', fr)
    return _syntax(place, 'expected "=" after the name of the key', "« = » attendu après le nom de la clé")


def _value_hint(found: TomlMap, value: int, error: int) -> Fault | None:
    nested = found.text[value : value + 1] in ("[", "{")
    at = error if nested else value
    match = (_TOKEN if nested else _TO_LINE_END).match(found.text, at)
    token = match.group().strip() if match else ""
    if not token:
        fr = "il manque une valeur après « = »"
        return None if nested else _syntax(found.place_of(at), 'a value is missing after "="', fr)
    for hint in HINTS:
        said = hint(token)
        if said is not None:
            return _syntax(found.place_of(at), f"{shown(token)}: {said[0]}", f"{shown(token)} : {said[1]}")
    return None


def _syntax(place: Place, en: str, fr: str) -> Fault:
    return Fault("syntax", place, f"Line {place[0]}:{place[1]}: {en}.", f"Ligne {place[0]}:{place[1]} : {fr}.")


def _too_deep(place: Place) -> Fault:
    en = "Arrays or tables nested more than 10 levels deep."
    return Fault("too_deep", place, en, "Tableaux ou tables imbriqués sur plus de 10 niveaux.")


def _too_many(place: Place) -> Fault:
    most_en, most_fr = grouped(MAX_ITEMS, "en"), grouped(MAX_ITEMS, "fr")
    fr = f"Plus de {most_fr} clés et entrées de listes : {most_fr} au plus."
    return Fault("too_big", place, f"More than {most_en} keys and list entries: at most {most_en}.", fr)
