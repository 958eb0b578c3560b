"""The slow, exact reading of JSON that the fast one refused: where it breaks and why, before it becomes an order."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, NamedTuple

from surveyor.errors import Complaint, Refused
from surveyor.ingest.complaints import complain

MAX_DEPTH = 20
_LONE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WHOLE = re.compile(r"-?[0-9]{1,20}", re.ASCII)


class Doubled(dict[str, Any]):
    """An object in which a key came twice; `key` is the first of them."""

    key: str = ""


class Numeral:
    """A number as it was written: no size of it can hurt."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def plain(self) -> int | float | None:
        """The number; None when it is no whole number within 64 bits and no finite one either."""
        if _WHOLE.fullmatch(self.text):
            return int(self.text) if within_64_bits(int(self.text)) else None
        found = float(self.text)
        return found if isfinite(found) and not self.text.lstrip("-").isdigit() else None


class _Start(NamedTuple):
    """Where a text begins: its event in a body, or its line in a file."""

    where: str
    line: int

    def broken(self, text: str, position: int, what_fr: str, what_en: str) -> Refused:
        """The refusal that names the place."""
        if self.where:
            line = int(self.where.rpartition("/")[2]) + 1
            what_fr, what_en = f"ligne {line}, {what_fr}", f"line {line}, {what_en}"
        at = self.where or place(text, position, self.line)
        return Refused([complain("json_invalid", at, what_fr=what_fr, what_en=what_en)], status=400)


class _Constant(ValueError):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def read_slowly(text: str, *, where: str = "", line: int = 1) -> Any:
    """The value of a JSON text, its doubled keys and its numbers kept as written.

    line: of a file, on which the text begins. where: of an event in a body, named in place of line and column.
    Raises Refused (400) with the place (`line:column`, or `where`) and the reason.
    """
    if too_deep(text):
        raise Refused([complain("json_too_deep")], status=400)
    start = _Start(where, line)
    if lone := _LONE.search(text):
        raise start.broken(text, lone.start(), f"caractère incomplet {lone[0]}", f"incomplete character {lone[0]}")
    try:
        return json.loads(
            text, object_pairs_hook=_pairs, parse_int=Numeral, parse_float=Numeral, parse_constant=_constant
        )
    except _Constant as constant:
        at = _outside_strings(text, constant.name)
        words = f"valeur interdite {constant.name}", f"forbidden value {constant.name}"
        raise start.broken(text, at, *words) from None
    except json.JSONDecodeError as wrong:
        raise start.broken(text, wrong.pos, *_reason(text, wrong)) from None
    except RecursionError:
        raise Refused([complain("json_too_deep")], status=400) from None


def within_64_bits(number: int) -> bool:
    """Whether any reader of JSON can hold it, signed or not."""
    return -(2**63) <= number < 2**64


def too_deep(text: str) -> bool:
    """Whether brackets outside strings nest more than 20 levels."""
    depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif character in "]}":
            depth -= 1
    return False


def place(text: str, position: int, line: int = 1) -> str:
    """`line:column`, both from 1; `line` is that of the first letter."""
    before = text[:position]
    return f"{before.count(chr(10)) + line}:{position - (before.rfind(chr(10)) + 1) + 1}"


def not_utf8(raw: bytes, wrong: UnicodeDecodeError) -> Complaint:
    """The complaint for a byte that is not UTF-8, with its line and column."""
    before = raw[: wrong.start].decode("utf-8", "replace")
    return complain("text_encoding", place(before, len(before)), byte=raw[wrong.start])


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = Doubled(found)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            doubled.key = key
            break
        seen.add(key)
    return doubled


def _constant(name: str) -> Any:
    raise _Constant(name)


def _outside_strings(text: str, word: str) -> int:
    hidden = _STRING.sub(lambda found: " " * len(found[0]), text)
    return max(hidden.find(word), 0)


def _reason(text: str, wrong: json.JSONDecodeError) -> tuple[str, str]:
    rest = text[wrong.pos :].strip()
    if not rest or wrong.msg.startswith("Unterminated"):
        return "fin inattendue", "unexpected end"
    if wrong.msg == "Extra data":
        return (
            "texte après la fin (plusieurs événements : tableau ou NDJSON)",
            "text after the end (several events: an array or NDJSON)",
        )
    if text[: wrong.pos].rstrip().endswith(",") and rest[0] in "]}":
        return "virgule en trop", "stray comma"
    if "double quotes" in wrong.msg:
        return "guillemets doubles attendus", "double quotes expected"
    if "control character" in wrong.msg:
        return "caractère de contrôle dans un texte", "control character in a text"
    if "escape" in wrong.msg:
        return "échappement inconnu", "unknown escape"
    if "delimiter" in wrong.msg:
        return "séparateur attendu", "separator expected"
    return "valeur attendue", "value expected"
