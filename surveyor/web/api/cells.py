"""Lists as CSV, streamed: cells that a spreadsheet would run made harmless, the number of rows at the end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

_FORMULA = re.compile(r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\0＝＋－＠]")
#: How a text that may be a formula begins: nearly every cell is let through on this one look.
_DOUBTFUL = frozenset("=+-@\0＝＋－＠\"'\u200b\u200c\u200d\u200e\u200f\u2060\ufeff") | {
    chr(point) for point in range(0x3001) if chr(point).isspace()
}
Cells = Sequence[Any]


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
CSV_PRESETS = ("rfc4180", "excel-fr")
#: Every form of a file: two of CSV, a workbook, columns.
PRESETS = (*CSV_PRESETS, "xlsx", "parquet")


def preset(name: str, zone: tzinfo) -> Preset:
    """`rfc4180`, or `excel-fr`: BOM, semicolons, decimal commas, instants as a French Excel reads them."""
    return Preset("excel-fr", ";", "\ufeff", True, ("VRAI", "FAUX"), zone) if name == "excel-fr" else RFC_4180


def harmless(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula (security.md, 4.9)."""
    return f"'{text}" if text[:1] in _DOUBTFUL and _FORMULA.match(text) else text


def csv_lines(columns: tuple[str, ...], pages: Iterable[Sequence[Cells]], told: Preset = RFC_4180) -> Iterator[str]:
    """The header, a piece a page of rows, and a last comment line with how many there were.

    Values are as the database's driver gives them, or as our types read them; those of a column are of one kind. A
    stream that breaks off has no last line: who reads it can tell.
    """
    count = 0
    yield told.mark + _lines([columns], told)
    for rows in pages:
        if rows:
            by_column = [
                _column(name, values, told) for name, values in zip(columns, zip(*rows, strict=True), strict=True)
            ]
            yield _lines(zip(*by_column, strict=True), told)
        count += len(rows)
    yield f"# rows: {count}\r\n"


def _lines(rows: Iterable[Iterable[Any]], told: Preset) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=told.separator, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows(rows)
    return out.getvalue()


def _column(name: str, values: Cells, told: Preset) -> Cells:
    """One column of a page: what it holds is looked at once."""
    kind = next((type(value) for value in values if value is not None), int)
    if kind is str:
        # Few texts of a page are different ones: each is looked at once.
        written = {value: _text(name, value, told) for value in set(values)}
        changed = any(one is not other for one, other in written.items())
        return [written[value] for value in values] if changed else values
    if kind is int:
        return ["" if value is None else value for value in values]
    if kind is bytes:
        return ["" if value is None else value.hex() for value in values]
    if kind is UUID:
        return ["" if value is None else value.hex for value in values]
    return ["" if value is None else _cell(value, told) for value in values]


def _text(name: str, value: str | None, told: Preset) -> str:
    if value is None:
        return ""
    if not name.endswith("_at"):
        return harmless(value)
    if told.zone is None:
        return value.replace(".000000", "")
    return _instant(datetime.fromisoformat(value), told.zone)


def _cell(value: Any, told: Preset) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, bool):
        return told.yes_no[0] if value else told.yes_no[1]
    if isinstance(value, datetime):
        return _instant(value, told.zone)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return str(value).replace(".", ",") if told.comma else value
    return value if isinstance(value, int) else harmless(msgspec.json.encode(value).decode())


def _instant(value: datetime, zone: tzinfo | None) -> str:
    if zone is None:
        return value.isoformat()
    return value.replace(tzinfo=value.tzinfo or UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
