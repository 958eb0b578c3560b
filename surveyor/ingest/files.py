"""Files of order events, read line by line in constant memory: CSV or NDJSON, `.gz` too, a verdict for every line."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from surveyor.errors import Complaint, Refused
from surveyor.ingest.complaints import complain
from surveyor.ingest.payload import FIELDS
from surveyor.ingest.unreadable import read_slowly

MAX_LINE = 64 * 1024
MAX_INFLATION = 200
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
        lines = _Lines(stream, encoding=encoding, name=path.name)
        if lines.peek().lstrip()[:1] in (b"{", b"["):
            yield from _ndjson(lines)
        else:
            yield from _csv(lines, columns)


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
    return gzip.open(path, "rb") if zipped else path.open("rb")


def _head(path: Path) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(4)
    except OSError:
        return None


class _Lines:
    """Physical lines with their numbers, at most 64 KiB each, gzip faults told as complaints."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, *, encoding: str, name: str) -> None:
        self.stream = stream
        self.encoding = encoding
        self.name = name
        self.number = 0
        self._ahead: list[bytes] = []
        self._read = 0
        self._limit = _inflated_limit(stream)
        first = self._readline()
        self._ahead = [first.removeprefix(b"\xef\xbb\xbf")] if first else []

    def peek(self) -> bytes:
        return self._ahead[0] if self._ahead else b""

    def push_back(self, lines: list[bytes]) -> None:
        """Lines to be read again; the number goes back with them."""
        self._ahead = lines + self._ahead
        self.number -= len(lines)

    def next(self) -> bytes | None:
        """The next line without its end, `None` at the end; a line that is too long comes cut at its limit + 1."""
        line = self._ahead.pop(0) if self._ahead else self._readline()
        if not line:
            return None
        self.number += 1
        return line.rstrip(b"\r\n")

    def _readline(self) -> bytes:
        try:
            line = self.stream.readline(MAX_LINE + 2)
            if len(line) > MAX_LINE and not line.endswith(b"\n"):
                while (rest := self.stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    self._count(len(rest))
        except (EOFError, gzip.BadGzipFile, zlib.error) as wrong:
            raise _damaged(self.name, wrong) from None
        if self._limit:
            self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._read += size
        if self._limit and self._read > self._limit:
            words = f"plus de {MAX_INFLATION} fois sa taille", f"more than {MAX_INFLATION} times its size"
            raise Refused([complain("gzip_invalid", self.name, what_fr=words[0], what_en=words[1])])

    def text(self, line: bytes, number: int) -> str | Complaint:
        """The line in letters, or the complaint that names its first unreadable byte."""
        if len(line) > MAX_LINE:
            return complain("csv_line_too_long", str(number))
        try:
            return line.decode(self.encoding)
        except UnicodeDecodeError as wrong:
            column = len(line[: wrong.start].decode(self.encoding, "replace")) + 1
            return complain("file_encoding", f"{number}:{column}", byte=line[wrong.start])


def _inflated_limit(stream: BinaryIO | gzip.GzipFile) -> int:
    if not isinstance(stream, gzip.GzipFile):
        return 0
    size = Path(str(stream.name)).stat().st_size
    return max(size * MAX_INFLATION, 1024 * 1024)


def _damaged(name: str, wrong: Exception) -> Refused:
    cut = isinstance(wrong, EOFError)
    fr, en = ("fin inattendue", "unexpected end") if cut else ("données abîmées", "damaged data")
    return Refused([complain("gzip_invalid", name, what_fr=fr, what_en=en)])


def _ndjson(lines: _Lines) -> Iterator[Row]:
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
        found = read_slowly(text, where=f"/{number - 1}")
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


def _csv(lines: _Lines, columns: tuple[str, ...]) -> Iterator[Row]:
    header = _header(lines, columns)
    delimiter, names = header
    empty = True
    width = len(names)
    while (record := _record(lines)) is not None:
        first, content = record
        if content == "":
            continue
        empty = False
        if isinstance(content, Complaint):
            yield Row(first, lines.number + 1, content)
            continue
        cells = content.split(delimiter) if _is_plain(content) else _cells(content, delimiter)
        if len(cells) != width:
            complaint = complain("csv_cell_count", str(first), n=len(cells), limit=width)
            yield Row(first, lines.number + 1, complaint)
            continue
        yield Row(first, lines.number + 1, {n: c for n, c in zip(names, cells) if c})  # noqa: B905 - as many, seen above
    if empty:
        raise Refused([complain("csv_empty", "FILE")])


def _header(lines: _Lines, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    line = lines.next()
    if line is None or not line.strip():
        raise Refused([complain("csv_empty", "FILE")])
    text = lines.text(line, 1)
    if isinstance(text, Complaint):
        raise Refused([text])
    delimiter = max(",;\t", key=text.count)
    names = [name.strip() for name in _cells(text, delimiter)]
    for position, name in enumerate(names):
        if name in names[:position]:
            column = len(delimiter.join(names[:position])) + 2
            raise Refused([complain("csv_header_duplicate", f"1:{column}", raw=name)])
    if missing := [name for name in columns if name not in names]:
        raise Refused([_missing_column(missing[0], names, columns)])
    return delimiter, names


def _missing_column(missing: str, names: list[str], columns: tuple[str, ...]) -> Complaint:
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
    return complain("csv_header_missing", "1", what_fr=fr, what_en=en)


def _record(lines: _Lines) -> tuple[int, str | Complaint] | None:
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
