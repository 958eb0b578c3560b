"""Lists as CSV, streamed: cells that a spreadsheet would run made harmless, the number of rows at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

import msgspec

_FORMULA = re.compile(r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\0＝＋－＠]")
#: How a text that may be a formula begins: nearly every cell is let through on this one look.
_DOUBTFUL = frozenset("=+-@\0＝＋－＠\"'\u200b\u200c\u200d\u200e\u200f\u2060\ufeff") | {
    chr(point) for point in range(0x3001) if chr(point).isspace()
}
Cells = Sequence[Any]
_INT = {int}
_TEXT, _BYTES, _UUID = {str, NoneType}, {bytes, NoneType}, {UUID, NoneType}


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

    Values are as the database's driver gives them, or as our types read them; those of a column are of one kind, or
    None, which is written as an empty text. A stream that breaks off has no last line: who reads it can tell.
    """
    count = 0
    yield told.mark + told.separator.join(map(_alone, columns)) + "\r\n"
    for rows in pages:
        if rows:
            yield _lines(columns, rows, told)
        count += len(rows)
    yield f"# rows: {count}\r\n"


def _lines(names: tuple[str, ...], rows: Sequence[Cells], told: Preset) -> str:
    """The rows of a page as `csv.writer` writes them with QUOTE_NONNUMERIC, in a third of its time.

    Each column is looked at once; one value in all rows is written once, into the form that every row fills.
    """
    parts: list[str] = []
    varying: list[Cells] = []
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        first = values[0]
        if first == values[-1] and values.count(first) == len(values):
            form, (cell,) = _column(name, [first], told)
            parts.append((form % (cell,)).replace("%", "%%"))
        else:
            form, cells = _column(name, values, told)
            parts.append(form)
            varying.append(cells)
    line = told.separator.join(parts) + "\r\n"
    filled: Iterable[tuple[Any, ...]] = zip(*varying, strict=True) if varying else [()] * len(rows)
    return "".join(map(line.__mod__, filled))


def _column(name: str, values: Cells, told: Preset) -> tuple[str, Cells]:
    """How each cell of a column is written, and what is to be put there."""
    kinds = set(map(type, values))
    if kinds == _INT:
        return "%s", values
    if kinds <= _TEXT:
        if name.endswith("_at"):
            values = _times(values, told.zone)
        elif not _DOUBTFUL.isdisjoint([value[:1] for value in values if value]):
            values = [harmless(value) if value and value[:1] in _DOUBTFUL else value for value in values]
    elif kinds <= _BYTES:
        values = [None if value is None else value.hex() for value in values]
    elif kinds <= _UUID:
        values = [None if value is None else value.hex for value in values]
    else:
        return "%s", [_alone(None if value is None else _cell(value, told)) for value in values]
    if NoneType in kinds:
        values = [value or "" for value in values]
    if '"' in "".join(values):
        values = [value.replace('"', '""') for value in values]
    return '"%s"', values


def _alone(value: Any) -> str:
    if value is None or isinstance(value, str):
        return '"' + (value or "").replace('"', '""') + '"'
    return repr(value) if isinstance(value, float) else str(value)


def _times(values: Cells, zone: tzinfo | None) -> Cells:
    """Instants that the driver gives as texts; those of a page are often the same."""
    written = {value: value and _time(value, zone) for value in set(values)}
    return [written[value] for value in values]


def _time(value: str, zone: tzinfo | None) -> str:
    return value.replace(".000000", "") if zone is None else _instant(datetime.fromisoformat(value), zone)


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
