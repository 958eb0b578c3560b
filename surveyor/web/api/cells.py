"""Lists as CSV, streamed: cells that a spreadsheet would run made harmless, the number of rows at the end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

_FORMULA = re.compile(r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\0＝＋－＠]")
#: How a text that may be a formula begins: nearly every cell is let through on this one look.
_DOUBTFUL = frozenset(
    "=+-@\t\r\n\0＝＋－＠\"' \u00a0\u2028\u2029\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\x0b\x0c\x1c\x1d\x1e\x1f\x85"
)


@dataclass(frozen=True, slots=True)
class Preset:
    """How a file of cells is written: for programs, or for a spreadsheet of one country.

    mark: stands before the first byte. zone: of the instants; None writes them in ISO 8601 with their offset.
    """

    name: str
    separator: str = ","
    mark: str = ""
    comma: bool = False
    yes_no: tuple[str, str] = ("true", "false")
    zone: tzinfo | None = None


RFC_4180 = Preset("rfc4180")
PRESETS = ("rfc4180", "excel-fr")


def preset(name: str, zone: tzinfo) -> Preset:
    """`rfc4180`, or `excel-fr`: BOM, semicolons, decimal commas, instants as a French Excel reads them."""
    return Preset("excel-fr", ";", "\ufeff", True, ("VRAI", "FAUX"), zone) if name == "excel-fr" else RFC_4180


def harmless(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula (security.md, 4.9)."""
    return f"'{text}" if text and (text[0] in _DOUBTFUL or text[0].isspace()) and _FORMULA.match(text) else text


def csv_lines(
    columns: tuple[str, ...], pages: Iterable[Sequence[dict[str, Any]]], told: Preset = RFC_4180
) -> Iterator[str]:
    """The header, a piece a page of rows, and a last comment line with how many there were.

    A stream that breaks off has no such line: who reads it can tell.
    """
    count, cell = 0, _writer_of_cells(told)
    yield told.mark + _lines([columns], told)
    for rows in pages:
        yield _lines(([cell(row.get(name)) for name in columns] for row in rows), told)
        count += len(rows)
    yield f"# rows: {count}\r\n"


def _lines(rows: Iterable[Iterable[Any]], told: Preset) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=told.separator, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows(rows)
    return out.getvalue()


def _writer_of_cells(told: Preset) -> Callable[[Any], Any]:
    """What writes one value; the kinds that fill a list come first."""
    yes, no = told.yes_no

    def cell(value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return harmless(value)
        if kind is int or value is None:
            return "" if value is None else value
        if kind is bool:
            return yes if value else no
        if isinstance(value, UUID):
            return value.hex
        if isinstance(value, datetime):
            return _instant(value, told.zone)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, float | Decimal):
            return str(value).replace(".", ",") if told.comma else value
        return harmless(msgspec.json.encode(value).decode())

    return cell


def _instant(value: datetime, zone: tzinfo | None) -> str:
    if zone is None:
        return value.isoformat()
    return value.replace(tzinfo=value.tzinfo or UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
