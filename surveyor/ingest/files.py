"""Files of order events, read line by line in constant memory: CSV or NDJSON, `.gz` too, a verdict for every line."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from surveyor.errors import Complaint, Refused
from surveyor.ingest import separated
from surveyor.ingest.complaints import complain
from surveyor.ingest.lines import MAX_LINE, Lines, with_line_feeds
from surveyor.ingest.payload import FIELDS
from surveyor.ingest.unreadable import read_slowly

REQUIRED = ("event_id", "type", "ordered_at")

_KINDS = {
    b"PK\x03\x04": ("fichier Excel. Exportez en CSV UTF-8.", "Excel file. Export as CSV UTF-8."),
    b"\xd0\xcf\x11\xe0": ("fichier Excel. Exportez en CSV UTF-8.", "Excel file. Export as CSV UTF-8."),
    b"%PDF": ("fichier PDF. Donnez un CSV ou un NDJSON.", "PDF file. Give a CSV or an NDJSON file."),
    b"\x1f\x8b": ("fichier gzip. Renommez-le en .csv.gz.", "gzip file. Rename it to .csv.gz."),
}
_UTF16 = (
    "texte UTF-16 (« Texte Unicode » d'Excel). Enregistrez en CSV UTF-8.",
    'UTF-16 text (Excel\'s "Unicode text"). Save as CSV UTF-8.',
)


class Row(NamedTuple):
    """One record of a file: the line it starts on, and what it holds or what is wrong with it.

    next_line: the first line that was not read yet; what an import remembers to go on from.
    """

    line: int
    next_line: int
    content: dict[str, Any] | Complaint


def rows_of(path: Path, *, encoding: str = "utf-8", columns: tuple[str, ...] = REQUIRED) -> Iterator[Row]:
    """The records of a file, lazily. Raises Refused when the file as a whole is of no use.

    encoding: what the text is written in. columns: those a CSV must have.
    """
    with open_file(path) as stream:
        lines = Lines(stream, encoding=encoding, name=path.name)
        if lines.peek().lstrip()[:1] in (b"{", b"["):
            yield from _ndjson(lines)
        else:
            yield from _csv(lines, columns)


class Block(NamedTuple):
    """Records that stand one a line, from the line `first` on, as the columns of the names that were asked for.

    `spaced`: a cell may begin or end with a space.
    """

    first: int
    columns: list[Sequence[str]]
    spaced: bool


def parts_of(path: Path, names: tuple[str, ...]) -> Iterator[Block | tuple[int, Sequence[Any] | Complaint]]:
    """The records of a file as `rows_of` gives them, but only the values of `names`, in that order.

    Plain lines come a block at once, any other record alone with its line. What a CSV lacks is "", what an object lacks
    is None. Raises Refused when the file as a whole is of no use.
    """
    with open_file(path) as stream:
        lines = Lines(stream, encoding="utf-8", name=path.name)
        if lines.peek().lstrip()[:1] in (b"{", b"["):
            for row in _ndjson(lines):
                content = row.content
                yield row.line, content if isinstance(content, Complaint) else [content.get(name) for name in names]
            return
        delimiter, header = header_of(lines, REQUIRED)
        width = len(header)
        # A column that is not there is read at the end of the cells, where an empty one is put.
        places = [header.index(name) if name in header else width for name in names]
        pick = itemgetter(*places)
        for part in _parts(lines):
            if isinstance(part[1], list):
                rows = [text.split(delimiter) for text in part[1]]
                if set(map(len, rows)) == {width}:
                    columns: list[Sequence[str]] = [*zip(*rows, strict=True), [""] * len(rows)]
                    yield Block(part[0], [columns[place] for place in places], lines.spaced)
                    continue
            for line, _, cells in _cut(part, delimiter, width):
                if isinstance(cells, Complaint):
                    yield line, cells
                else:
                    cells.append("")
                    yield line, pick(cells)


def first_rows(path: Path, *, encoding: str, most: int = 200) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns of a file and its first rows, to see what it is. Raises Refused."""
    rows = islice(rows_of(path, encoding=encoding, columns=()), most)
    found = [row.content for row in rows if isinstance(row.content, dict)]
    return list(dict.fromkeys(name for row in found for name in row)), found


def open_file(path: Path) -> BinaryIO | gzip.GzipFile:
    """The bytes of a file, gunzipped when it is named .gz; refuses what is no text, and bombs."""
    head = _head(path)
    if head is None:
        raise Refused([complain("file_missing", str(path))])
    zipped = path.suffix == ".gz"
    for start, (fr, en) in _KINDS.items():
        if head.startswith(start) and not (zipped and start == b"\x1f\x8b"):
            raise Refused([complain("file_type", path.name, what_fr=fr, what_en=en)])
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused([complain("file_type", "FILE", what_fr=_UTF16[0], what_en=_UTF16[1])])
    return with_line_feeds(gzip.open(path, "rb") if zipped else path.open("rb"))


def _head(path: Path) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(4)
    except OSError:
        return None


def _ndjson(lines: Lines) -> Iterator[Row]:
    while (line := lines.next()) is not None:
        number = lines.number
        if not line.strip():
            continue
        text = lines.text(line, number)
        if isinstance(text, Complaint):
            yield Row(number, number + 1, text)
            continue
        yield Row(number, number + 1, _object(text, number))


def _object(text: str, number: int) -> dict[str, Any] | Complaint:
    try:
        found = read_slowly(text, line=number)
    except Refused as refused:
        return refused.complaints[0]
    if isinstance(found, dict):
        return found
    return complain(
        "field_type",
        str(number),
        expected_fr="un objet",
        expected_en="an object",
        got_fr="autre chose",
        got_en="another value",
    )


def _csv(lines: Lines, columns: tuple[str, ...]) -> Iterator[Row]:
    delimiter, names = header_of(lines, columns)
    for first, following, cells in _records(lines, delimiter, len(names)):
        if isinstance(cells, Complaint):
            yield Row(first, following, cells)
        else:
            yield Row(first, following, {n: c for n, c in zip(names, cells) if c})  # noqa: B905 - as many, seen there


#: Lines that need no care, or one record that does; after it the first line that follows.
_Part = tuple[int, list[str], int] | tuple[int, str | Complaint, int]


def _records(lines: Lines, delimiter: str, width: int) -> Iterator[tuple[int, int, list[str] | Complaint]]:
    """The first line of each record, the first line after it, its `width` cells or what is wrong with it."""
    for part in _parts(lines):
        yield from _cut(part, delimiter, width)


def _parts(lines: Lines) -> Iterator[_Part]:
    """What is left of a CSV, with the number of the first line of each part. Raises Refused when all of it is blank."""
    empty = True
    while True:
        before = lines.number
        if texts := lines.plain():
            empty = empty and not any(texts)
            yield before + 1, texts, lines.number + 1
        record = _record(lines)
        if record is None:
            break
        first, content = record
        if content != "":
            empty = False
            yield first, content, lines.number + 1
    if empty:
        raise Refused([complain("csv_empty", "FILE")])


def _cut(part: _Part, delimiter: str, width: int) -> Iterator[tuple[int, int, list[str] | Complaint]]:
    first, content, following = part
    if isinstance(content, Complaint):
        yield first, following, content
    elif isinstance(content, str):
        cells = content.split(delimiter) if _is_plain(content) else _cells(content, delimiter)
        yield first, following, cells if len(cells) == width else _miscounted(first, cells, width)
    else:
        for number, text in enumerate(content, first):
            if text:
                cells = text.split(delimiter)
                yield number, number + 1, cells if len(cells) == width else _miscounted(number, cells, width)


def _miscounted(line: int, cells: list[str], width: int) -> Complaint:
    return complain("csv_cell_count", str(line), n=len(cells), limit=width)


def header_of(lines: Lines, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    """The delimiter and the names of a CSV, from its first line with a text; Refused when it lacks one of `columns`."""
    text = _first(lines)
    delimiter = separated.said(text)
    text = _first(lines) if delimiter else text
    delimiter = delimiter or separated.shown(text)
    names = [name.strip() for name in _cells(text, delimiter)]
    for position, name in enumerate(names):
        if name in names[:position]:
            column = len(delimiter.join(names[:position])) + 2
            raise Refused([complain("csv_header_duplicate", f"{lines.number}:{column}", raw=name)])
    if missing := [name for name in columns if name not in names]:
        raise Refused([_missing_column(missing[0], names, columns, lines.number)])
    return delimiter, names


def _first(lines: Lines) -> str:
    line = lines.next()
    while line is not None and not line.strip():
        line = lines.next()
    if line is None:
        raise Refused([complain("csv_empty", "FILE")])
    text = lines.text(line, lines.number)
    if isinstance(text, Complaint):
        raise Refused([text])
    return text


def _missing_column(missing: str, names: list[str], columns: tuple[str, ...], line: int) -> Complaint:
    fr, en = f"Colonne {missing} absente. ", f"Column {missing} is missing. "
    if not set(names) & set(FIELDS):
        fr += "La première ligne doit porter les noms de colonnes."
        en += "The first line must hold the column names."
    elif close := get_close_matches(missing, [name for name in names if name not in FIELDS], n=1, cutoff=0.6):
        fr += f"La colonne {close[0]} lui ressemble."
        en += f"Column {close[0]} looks like it."
    else:
        fr += f"Obligatoires : {', '.join(columns)}."
        en += f"Required: {', '.join(columns)}."
    return complain("csv_header_missing", str(line), what_fr=fr, what_en=en)


def _record(lines: Lines) -> tuple[int, str | Complaint] | None:
    """One CSV record with the number of its first line; a quote may hold line ends, up to 64 KiB of them."""
    line = lines.next()
    if line is None:
        return None
    first = lines.number
    if b'"' not in line:
        return first, lines.text(line, first)
    taken: list[bytes] = []
    whole = line
    while whole.count(b'"') % 2 and len(whole) <= MAX_LINE:
        following = lines.next()
        if following is None:
            break
        taken.append(following)
        whole += b"\n" + following
    if whole.count(b'"') % 2 and len(line) <= MAX_LINE:
        # Never closed: the line that opens it is refused alone, the lines it swallowed are read again by themselves.
        lines.push_back([one + b"\n" for one in taken])
        return first, complain("csv_quote_unclosed", str(first))
    return first, lines.text(whole, first)


def _is_plain(text: str) -> bool:
    """Nothing quoted, no end of line inside: the cells are what stands between the delimiters."""
    return '"' not in text and "\r" not in text and "\n" not in text


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
