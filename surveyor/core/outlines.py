"""The outline of an event that somebody must look at: its shape and its dates, without the person it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from surveyor.core.quoting import shown

HIDDEN = "•••"
_DEEPEST, _MOST_LINES, _LONGEST = 3, 60, 60
#: Names whose values say nothing of a person: identifiers of orders, states, instants, money.
_SAFE = re.compile(
    r"(event_id|type|order_id|store_id|location_id|id|number|test|kind|topic|status|.*_status|state|currency|"
    r"amount|total|total_price|ordered_at|fulfilled_at|.*_at|date_.*|channel|source_name|created_via|language|customer_locale)"
)


def outline(body: str) -> list[str]:
    """One line a field, `name: value`, indented by depth; values of all but known harmless names are hidden.

    A body that is not JSON gives its length alone: nothing says what it holds. At most 60 lines.
    """
    try:
        content = json.loads(body, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return [f"({len(body)} characters that are not JSON)"]
    lines: list[str] = []
    for line in _lines(content, 0):
        if len(lines) == _MOST_LINES:
            return [*lines, "…"]
        lines.append(line)
    return lines


def _lines(value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _field(shown(name), inner, depth)
    elif isinstance(value, list):
        for inner in value[:3]:
            yield from _lines(inner, depth)
        if len(value) > 3:
            yield f"{indent}… ({len(value)})"
    else:
        yield indent + HIDDEN


def _field(name: str, value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, Mapping | list):
        yield f"{indent}{name}: {'{…}' if isinstance(value, Mapping) else '[…]'}"
        if value and depth < _DEEPEST:
            yield from _lines(value, depth + 1)
        return
    yield f"{indent}{name}: {_told(name, value)}"


def _told(name: str, value: Any) -> str:
    if value is None or value == "":
        return "-"
    said = str(value)
    harmless = _SAFE.fullmatch(name) and "@" not in said and len(said) <= _LONGEST
    return shown(said, _LONGEST) if harmless or isinstance(value, bool) else HIDDEN
