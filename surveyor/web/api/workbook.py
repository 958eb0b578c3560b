"""Lists as XLSX: rows go to disk as they come, text stays text, the number of rows stands under the last one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, Any

from surveyor.web.api.cells import Cells, harmless
from surveyor.web.api.kinds import Kind, kind_of, typed

#: What Excel takes: rows of a sheet, and characters of a cell.
ROWS, CHARACTERS = 1_048_576, 32_767
_SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(
    columns: Sequence[str],
    pages: Iterable[Sequence[Cells]],
    out: IO[bytes],
    *,
    zone: tzinfo,
    folder: Path,
    most: int = ROWS,
) -> int:
    """Write a workbook; how many rows it holds. One sheet, another when it is full; memory does not grow.

    zone: of the instants, which a spreadsheet keeps without theirs. folder: where rows wait for the end. most: lines
    of a sheet.
    """
    import xlsxwriter  # noqa: PLC0415 - half a megabyte, for those who ask for it

    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as waiting:
        options = {"constant_memory": True, "tmpdir": waiting, "in_memory": False, **_SAFE}
        book = xlsxwriter.Workbook(out, options)
        count = _Sheets(book, columns, zone, most).take(pages)
        book.close()
    return count


class _Sheets:
    """The sheets of one workbook, filled in turn."""

    def __init__(self, book: Any, columns: Sequence[str], zone: tzinfo, most: int) -> None:
        self._book, self._columns, self._zone, self._most = book, columns, zone, most
        self._kinds = [kind_of(name) for name in columns]
        self._bold = book.add_format({"bold": True})
        self._formats = {
            Kind.INSTANT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            Kind.DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        self._sheet: Any = None
        self._row = 0
        self._begin()

    def take(self, pages: Iterable[Sequence[Cells]]) -> int:
        """Every row, then how many there were."""
        count = 0
        for rows in pages:
            for row in rows:
                if self._row >= self._most - 1:
                    self._begin()
                self._write(row)
            count += len(rows)
        self._sheet.write_string(self._row, 0, f"# rows: {count}")
        return count

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for at, (name, kind) in enumerate(zip(self._columns, self._kinds, strict=True)):
            self._sheet.set_column(at, at, 40 if name in ("comment", "answers", "facts") else 20 if kind else 12)
            self._sheet.write_string(0, at, name, self._bold)
        self._row = 1

    def _write(self, row: Cells) -> None:
        sheet, here = self._sheet, self._row
        for at, (raw, kind) in enumerate(zip(row, self._kinds, strict=True)):
            if raw is None:
                continue
            value = typed(raw, kind)
            if kind is Kind.TEXT:
                sheet.write_string(here, at, _fitting(harmless(value)))
            elif kind is Kind.WHOLE:
                sheet.write_number(here, at, value)
            else:
                when = value.astimezone(self._zone).replace(tzinfo=None) if isinstance(value, datetime) else value
                sheet.write_datetime(here, at, when, self._formats[kind])
        self._row += 1


def _fitting(text: str) -> str:
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"
