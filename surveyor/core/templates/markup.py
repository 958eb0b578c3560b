"""The markup an author may write around the fields of an email: our own table, checked before compiling.

The compiler accepts an unknown tag or attribute in silence and cannot say where a `<` is wrong; this can.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import islice

from surveyor.core.templates.fields import IMAGE_FIELDS, LINK_FIELDS
from surveyor.core.templates.words import complaint
from surveyor.errors import Complaint

MAX_NESTING = 30
ENOUGH = 50  # faults told at once
_BOX = frozenset("padding padding-top padding-bottom padding-left padding-right background-color border-radius".split())
_FONT = frozenset("align color font-size font-weight font-style line-height".split())
#: MJML element -> its attributes. Values are plain, but `href`, `src` and `alt`.
MJML: dict[str, frozenset[str]] = {
    "mjml": frozenset({"lang", "dir"}),
    "mj-body": frozenset({"background-color", "width"}),
    "mj-wrapper": _BOX | {"border", "text-align"},
    "mj-section": _BOX | {"border", "text-align", "direction"},
    "mj-column": _BOX | {"border", "width", "vertical-align"},
    "mj-text": _BOX | _FONT,
    "mj-button": _BOX | _FONT | {"href", "inner-padding", "border", "width", "height", "text-align"},
    "mj-image": _BOX | {"src", "alt", "href", "width", "height", "align"},
    "mj-divider": _BOX | {"border-color", "border-style", "border-width", "width"},
    "mj-spacer": frozenset({"height"}),
    "sv-scores": frozenset(),
    "sv-block": frozenset({"name"}),
}
HTML: dict[str, frozenset[str]] = {
    "a": frozenset({"href"}),
    "span": frozenset({"lang"}),
    "p": frozenset({"lang"}),
    **{name: frozenset() for name in "b strong i em u br sup sub small ul ol li h1 h2 h3".split()},
}
_EMPTY = frozenset({"br"})
_IN_A_COLUMN = "mj-text mj-button mj-image mj-divider mj-spacer sv-scores".split()
#: Element -> where it may stand: elsewhere the compiler leaves it out, or outside of every layout table.
_PLACES: dict[str, frozenset[str]] = {
    "mj-body": frozenset({"mjml"}),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper"}),
    "mj-column": frozenset({"mj-section"}),
    **dict.fromkeys(_IN_A_COLUMN, frozenset({"mj-column"})),
    **dict.fromkeys(HTML, frozenset({"mj-text", "mj-button", *HTML})),
}
#: Between these the inliner moves whatever is no element: a condition there would lose what it holds.
_STRUCTURE = frozenset({"mjml", "mj-body", "mj-wrapper", "mj-section", "mj-column"})
_FAMILIAR = frozenset("script style img div table tr td iframe form input html body head meta link object svg".split())
_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "nbsp"})
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:\s+[^\s=<>\"'/]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'))?)*)\s*(/?)>")
_ATTRIBUTE = re.compile(r"([^\s=<>\"'/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_ENTITY = re.compile(r"&(#?[A-Za-z0-9]+);?")
_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_FIELD = re.compile(r"\{\{-?\s*([a-z_]+\.[a-z_]+)\s*-?\}\}")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9 #%.,+-]*")


def check_markup(source: str, part: str, blocks: Collection[str]) -> list[Complaint]:
    """What is wrong with the markup of a body: `.mjml` against the table, any other part against the two marks."""
    found: list[Complaint] = []
    rich = part.endswith(".mjml")
    stack: list[str] = []
    position = 0
    spans = expressions(source)
    blank = _blanked(source, spans)
    if rich:
        found += _in_expressions(source, part, spans) + _entities(blank, part)
    while (start := blank.find("<", position)) >= 0:
        where = (part, source.count("\n", 0, start) + 1)
        if rich and stack and stack[-1] in _STRUCTURE and blank[position:start].strip():
            found.append(complaint((part, _line_of(source, position, start)), "outside", what=stack[-1]))
        if len(found) >= ENOUGH:
            return found
        tag = _TAG.match(blank, start)
        if tag is None:
            found += _not_a_tag(blank, start, where, rich)
            position = start + 1
            continue
        position = tag.end()
        if rich or tag[2].lower().startswith("sv-"):
            found += _tag(tag, where, blocks, stack)
        elif tag[2].lower() in HTML or tag[2].lower().startswith("mj") or tag[2].lower() in _FAMILIAR:
            found.append(complaint(where, "markup", what=f"<{tag[2]}>"))
        if len(stack) > MAX_NESTING:
            return [*found, complaint(where, "deep", what=MAX_NESTING)]
    if rich and stack:
        found.append(complaint((part, source.count("\n") + 1), "unclosed", what=stack[-1]))
    return found


def _line_of(source: str, position: int, end: int) -> int:
    text = source[position:end]
    return source.count("\n", 0, position + len(text) - len(text.lstrip())) + 1


def _not_a_tag(source: str, start: int, where: tuple[str, int], rich: bool) -> list[Complaint]:
    if not rich:
        return []
    if source.startswith("<!", start) or source.startswith("<?", start):
        return [complaint(where, "markup", what=source[start : start + 9])]
    return [complaint(where, "bare_angle")]


def expressions(source: str) -> list[tuple[int, int]]:
    """Where each `{{ }}`, `{% %}` and `{# #}` begins and ends; in one pass, whatever is left open."""
    spans: list[tuple[int, int]] = []
    position, never = 0, set()
    while (opening := _OPENING.search(source, position)) is not None:
        start, closing = opening.start(), _CLOSING[opening[0]]
        end = -1 if closing in never else source.find(closing, start + 2)
        if end < 0:
            never.add(closing)
            position = start + 1
        else:
            spans.append((start, end + 2))
            position = end + 2
    return spans


def _blanked(source: str, spans: list[tuple[int, int]]) -> str:
    """The source with no `<`, `>` or `&` left inside an expression; every place and line stays where it was."""
    pieces, position = [], 0
    for start, end in spans:
        pieces += [source[position:start], re.sub(r"[<>&]", "\x1a", source[start:end])]
        position = end
    return "".join([*pieces, source[position:]])


def _in_expressions(source: str, part: str, spans: list[tuple[int, int]]) -> list[Complaint]:
    """`<`, `>` and `&` in an expression do not survive the inliner: refused before it destroys them."""
    return [
        complaint((part, source.count("\n", 0, start) + 1), "markup", what=source[start:end])
        for start, end in spans
        if source.startswith("{{", start) and re.search(r"[<>&]", source[start:end])
    ]


def _entities(source: str, part: str) -> list[Complaint]:
    """An entity may become a brace after compiling (`&#123;`, `&lbrace;`): only five are let through."""
    return [
        complaint((part, source.count("\n", 0, m.start()) + 1), "entity", what=m[0])
        for m in islice((m for m in _ENTITY.finditer(source) if _is_strange(m)), ENOUGH)
    ]


def _is_strange(entity: re.Match[str]) -> bool:
    return entity[1] not in _ENTITIES or not entity[0].endswith(";")


def _tag(tag: re.Match[str], where: tuple[str, int], blocks: Collection[str], stack: list[str]) -> list[Complaint]:
    closing, name, attributes, empty = tag[1], tag[2], tag[3], tag[4]
    lower = name.lower()
    ours = lower.startswith(("mj", "sv-"))
    table = MJML if ours else HTML
    if lower not in table or (ours and name != lower):
        stack_name = [] if closing or empty or lower in _EMPTY else [name]
        stack.extend(stack_name)
        if closing and stack and stack[-1].lower() == lower:
            stack.pop()
            return []
        word, what = ("element", name) if ours else ("markup", f"<{name}>")
        handlers = [] if ours else _handlers(attributes, where)
        return handlers or [complaint(where, word, what=what)]
    if closing:
        if not stack or stack[-1].lower() != lower:
            return [complaint(where, "unclosed", what=name)]
        stack.pop()
        return []
    misplaced = _misplaced(lower, stack[-1].lower() if stack else "", where)
    if not empty and lower not in _EMPTY:
        stack.append(name)
    return misplaced or _attributes(lower, attributes, where, blocks)


def _misplaced(name: str, parent: str, where: tuple[str, int]) -> list[Complaint]:
    """An element where it cannot stand; nothing is said of what stands in an element that is refused itself."""
    if (parent in MJML or parent in HTML) and parent not in _PLACES.get(name, frozenset({parent})):
        return [complaint(where, "place", what=f"<{name}>", known=f"<{parent}>")]
    return []


def _handlers(attributes: str, where: tuple[str, int]) -> list[Complaint]:
    return [
        complaint(where, "markup", what=m[1]) for m in _ATTRIBUTE.finditer(attributes) if m[1].lower().startswith("on")
    ]


def _attributes(name: str, attributes: str, where: tuple[str, int], blocks: Collection[str]) -> list[Complaint]:
    found: list[Complaint] = []
    allowed = (MJML if name in MJML else HTML)[name]
    seen: set[str] = set()
    for match in _ATTRIBUTE.finditer(attributes):
        key, value = match[1], match[2] if match[2] is not None else match[3]
        lower = key.lower()
        if lower.startswith("on"):
            found.append(complaint(where, "markup", what=key))
        elif name == "sv-block" and key == "name":
            if value not in blocks:
                found.append(complaint(where, "element", what=f"sv-block {value}"))
        elif lower in ("href", "src") and lower not in seen:
            found += _address(name, lower, value or "", where)
        elif key not in allowed or key in seen or value is None or not _value_fits(key, value):
            found.append(complaint(where, "attribute", what=key, known=name))
        seen.update((key, lower))
    if name == "sv-block" and "name" not in seen:
        found.append(complaint(where, "element", what="sv-block"))
    return found


def _value_fits(key: str, value: str) -> bool:
    if key == "alt":
        return not re.search(r"[\"'<>]", value)
    return _PLAIN_VALUE.fullmatch(value) is not None


def _address(name: str, key: str, value: str, where: tuple[str, int]) -> list[Complaint]:
    """`href` is exactly one field that holds an address, `src` the stored logo: no host but ours, ever."""
    if key not in (MJML if name in MJML else HTML).get(name, frozenset()):
        return [complaint(where, "attribute", what=key, known=name)]
    exact = _FIELD.fullmatch(value)
    if exact is not None and exact[1] in (LINK_FIELDS if key == "href" else IMAGE_FIELDS):
        return []
    scheme = re.match(r"\s*(javascript|data|vbscript|file|mailto|tel)\s*:", value, re.IGNORECASE)
    if scheme is not None:
        return [complaint(where, "markup", what=f"{key} {scheme[1].lower()}:")]
    return [complaint(where, "link" if key == "href" else "image")]
