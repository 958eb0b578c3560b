"""Lists as CSV, streamed: cells that a spreadsheet would run made harmless, the number of rows at the end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

_FORMULA = re.compile(r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\0＝＋－＠]")


def harmless(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula (security.md, 4.9)."""
    return f"'{text}" if text and _FORMULA.match(text) else text


def csv_lines(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """RFC 4180 lines: the header, the rows, and a last comment line with how many there were."""
    yield _line(columns)
    count = 0
    for row in rows:
        yield _line([_cell(row.get(name)) for name in columns])
        count += 1
    yield f"# rows: {count}\r\n"


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    return harmless(value if isinstance(value, str) else msgspec.json.encode(value).decode())
