"""The language an email is written in: what an author may say, checked before any customer is written to.

`check` is given the parser, so that this package stays free of Jinja; it never renders anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from surveyor.core.templates.fields import FIELDS, fields, required
from surveyor.core.templates.language import MAX_DEPTH, MAX_NODES, Walk
from surveyor.core.templates.markup import check_markup, expressions
from surveyor.core.templates.words import complaint, link_missing, subject, too_large
from surveyor.errors import Complaint

__all__ = ["FIELDS", "MAX_BYTES", "MAX_SUBJECT", "check", "expressions", "fields", "forbidden_character", "required"]

MAX_BYTES = 64 * 1024
MAX_SUBJECT = 150
_IN_A_BODY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BLOCK = re.compile(r"<sv-block\s+name\s*=\s*[\"']([a-z_-]+)[\"']\s*/?>")
_SCORES = re.compile(r"<sv-scores\s*/?>")
Parse = Callable[[str], Any]


def forbidden_character(text: str, *, lines: bool = True) -> tuple[int, str] | None:
    """The line and the name (`U+0000`) of the first character that no text of an email may hold, or None.

    `lines`: whether a line feed and a tab are welcome, as in a body; a subject, a name or an address has neither.
    """
    found = (_IN_A_BODY if lines else _IN_A_LINE).search(text)
    return None if found is None else (text.count("\n", 0, found.start()) + 1, f"U+{ord(found[0]):04X}")


def check(
    source: str,
    *,
    parse: Parse,
    kind: str,
    part: str = "body.mjml",
    alone: bool = False,
    blocks: Mapping[str, str] | None = None,
) -> list[Complaint]:
    """Everything wrong with one part of an email; an empty list is a promise that it may be rendered.

    part: `subject.txt`, `body.txt`, `body.mjml` or `body.html` (the compiled form). alone: a fragment, so required
    links are left aside. blocks: name -> source of the shared blocks that `<sv-block>` may name in this part.
    """
    known_blocks = {"header": "", "footer": ""} if blocks is None else blocks
    early = _before_parsing(source, part)
    if early:
        return early
    walk = Walk(part, fields(kind))
    found = _parse_and_walk(source, parse, walk)
    if any(one.code == "template_syntax" for one in found):
        return found
    if part.endswith((".mjml", ".txt")) and part != "subject.txt":
        found += check_markup(source, part, known_blocks)
    if part == "subject.txt":
        return found + _subject(source)
    if alone or found:
        return found
    present = _present(walk, parse, kind, known_blocks)
    return [link_missing(part, names) for names in required(kind) if not present.intersection(names)]


def _before_parsing(source: str, part: str) -> list[Complaint]:
    size = len(source.encode("utf-8", "surrogatepass"))
    limit = MAX_BYTES if part != "body.html" else 80 * 1024
    if size > limit:
        return [too_large(part, -(-size // 1024))]
    control = forbidden_character(source)
    if control is not None:
        return [complaint((part, control[0]), "control", what=control[1])]
    return []


def _parse_and_walk(source: str, parse: Parse, walk: Walk) -> list[Complaint]:
    try:
        walk.read(parse(source))
    except (RecursionError, MemoryError):
        return [complaint((walk.part, 1), "deep", what=MAX_DEPTH)]
    except Exception as fault:  # the parser is somebody else's: whatever it raises is a refusal, never a crash
        return [_unreadable(fault, walk.part)]
    if walk.nodes > MAX_NODES:
        return [too_large(walk.part, -(-len(source) // 1024))]
    return walk.complaints


def _unreadable(fault: Exception, part: str) -> Complaint:
    where = (part, int(getattr(fault, "lineno", 0) or 1))
    said = str(getattr(fault, "message", None) or fault)
    if "digits" in said:
        return complaint(where, "constant", what="…")
    if "'endif'" in said and "looking for" in said:
        return complaint(where, "endif")
    if "unexpected '}'" in said or "end of print statement" in said or "end of statement block" in said:
        return complaint(where, "brace")
    return complaint(where, "syntax", what=said.split("\n")[0])


def _present(walk: Walk, parse: Parse, kind: str, blocks: Mapping[str, str]) -> set[str]:
    """What stands outside of any condition, in the source and in the blocks it names there."""
    text = "".join(walk.literal)
    present = set(walk.always) | ({"sv-scores"} if _SCORES.search(text) else set())
    for name in _BLOCK.findall(text):
        inner = Walk(walk.part, fields(kind))
        inner.read(parse(blocks.get(name, "")))
        present |= inner.always
    return present


def _subject(source: str) -> list[Complaint]:
    text = source.removesuffix("\n")
    if not text.strip():
        return [subject(1, "vide", "empty")]
    if "\n" in text:
        return [subject(2, "deux lignes", "two lines")]
    if len(text) > MAX_SUBJECT:
        return [subject(1, f"{len(text)} caractères", f"{len(text)} characters")]
    return []
