"""A `rules.toml` as bytes to a RuleSet, or to every problem with its exact line: what `surveyor rules check` prints."""

from __future__ import annotations

import math

from surveyor.core.quoting import french
from surveyor.core.rules.findings import Findings
from surveyor.core.rules.known import KnownNames
from surveyor.core.rules.parse import MAX_RULES, parse_rules, too_many_rules
from surveyor.core.rules.problems import Problem
from surveyor.core.rules.rule import RuleSet
from surveyor.core.toml import Fault, TomlMap, read_toml

MAX_BYTES = 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_UNCHANGED = (" The active version is unchanged.", " La version active ne change pas.")


def check_rules(raw: bytes, *, known: KnownNames | None = None) -> tuple[RuleSet | None, list[Problem]]:
    """The rules of a text and what is wrong with it; the rules are None when a problem is an error. Never raises.

    `raw` is UTF-8, at most 1 MiB; a byte order mark is dropped. `known`: the names that exist, None to look none up.
    """
    if len(raw) > MAX_BYTES:
        return None, [_too_big(len(raw))]
    body = raw.removeprefix(_BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(body, error.start)]
    values, places, faults = read_toml(text)
    rules = _count_rules(places)
    if rules > MAX_RULES:
        found = Findings(places)
        too_many_rules(found, rules)
        return None, found.in_order()
    if values is None:
        return None, [_of_fault(fault) for fault in faults]
    return parse_rules(values, known=known, places=places)


def _count_rules(places: TomlMap) -> int:
    count = 0
    while ("rule", count) in places.places:
        count += 1
    return count


def _too_big(size: int) -> Problem:
    exact = size / MAX_BYTES
    mebibytes = f"{round(exact)}" if exact >= 2 else f"{math.ceil(exact * 10) / 10:g}"
    en, fr = f"{mebibytes} MiB: at most 1 MiB.", f"{mebibytes.replace('.', ',')} Mio : 1 Mio au plus."
    return Problem("error", "too_big", "", None, None, None, en, french(fr))


def _not_utf8(body: bytes, at: int) -> Problem:
    line = body.count(b"\n", 0, at) + 1
    column = at - (body.rfind(b"\n", 0, at) + 1) + 1
    en = f"not UTF-8 at byte {at}: save the file as UTF-8."
    fr = f"pas de l'UTF-8 à l'octet {at} : enregistrez le fichier en UTF-8."
    return Problem("error", "encoding", f"{line}:{column}", line, None, None, en, french(fr))


def _of_fault(fault: Fault) -> Problem:
    en, fr = fault.message_en, fault.message_fr
    if fault.code == "syntax":
        en, fr = en + _UNCHANGED[0], fr + _UNCHANGED[1]
    line, column = fault.place
    # Nesting belongs to the text as a whole: no line can be repaired alone.
    said_line = None if fault.code == "too_deep" else line
    return Problem("error", fault.code, f"{line}:{column}", said_line, None, fault.key, en, french(fr))
