"""The lines of a file of events, numbered: one by one with the care a stranger's file asks for, or a block at once."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import deque
from pathlib import Path
from typing import Any, BinaryIO

from surveyor.errors import Complaint, Refused
from surveyor.ingest.complaints import complain

MAX_LINE = 64 * 1024
MAX_INFLATION = 200
#: What `str.strip` takes away among the letters of ASCII, but for the ends of lines.
_SPACES = " \t\v\f\x1c\x1d\x1e\x1f"
#: In these a byte 10 is an end of line wherever it stands, and a line is read the same alone as among others.
_BY_THE_LINE = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1", "iso-8859-15", "cp1252"})


class Lines:
    """Physical lines with their numbers, at most 64 KiB each, gzip faults told as complaints."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, *, encoding: str, name: str) -> None:
        self.stream = stream
        self.encoding = encoding
        self.name = name
        self.number = 0
        #: Whether the last block of plain lines has a letter that `str.strip` may take away, its line ends left out.
        self.spaced = True
        self._read = 0
        self._limit = inflated_limit(stream)
        first = self._readline().removeprefix(b"\xef\xbb\xbf")
        self._ahead = deque([first] if first else [])

    def peek(self) -> bytes:
        """The next line, not taken."""
        return self._ahead[0] if self._ahead else b""

    def push_back(self, lines: list[bytes]) -> None:
        """Lines to be read again; the number goes back with them."""
        self._ahead.extendleft(reversed(lines))
        self.number -= len(lines)

    def next(self) -> bytes | None:
        """The next line without its end, `None` at the end; a line that is too long comes cut at its limit + 1."""
        line = self._ahead.popleft() if self._ahead else self._readline()
        if not line:
            return None
        self.number += 1
        return line.rstrip(b"\r\n")

    def plain(self) -> list[str]:
        """The next lines in letters, without their ends, as many as a block has; none when the next one needs care.

        Care: a quote, a bare carriage return, a line too long, a byte that is no letter, a gzip file.
        """
        if self._ahead or self._limit or self.encoding not in _BY_THE_LINE:
            return []
        block = self.stream.read(MAX_LINE)
        if block and not block.endswith(b"\n"):
            block += self._readline()
        found = self._plain(block)
        if found is None:
            self._ahead.extend(line + b"\n" for line in block.removesuffix(b"\n").split(b"\n"))
            return []
        self.number += len(found)
        return found

    def _plain(self, block: bytes) -> list[str] | None:
        if b'"' in block or len(block) - block.rfind(b"\n", 0, -1) > MAX_LINE:
            return None
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        try:
            text = block.decode(self.encoding)
        except UnicodeDecodeError:
            return None
        if "\r" in text:
            return None
        self.spaced = not text.isascii() or any(space in text for space in _SPACES)
        found = text.split("\n")
        if not found[-1]:
            found.pop()
        return found

    def _readline(self) -> bytes:
        try:
            line = self.stream.readline(MAX_LINE + 2)
            if len(line) > MAX_LINE and not line.endswith(b"\n"):
                while (rest := self.stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    self._count(len(rest))
        except DAMAGE as wrong:
            raise damaged(self.name, wrong) from None
        if self._limit:
            self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._read += size
        if self._limit and self._read > self._limit:
            raise swollen(self.name)

    def text(self, line: bytes, number: int) -> str | Complaint:
        """The line in letters, or the complaint that names its first unreadable byte."""
        if len(line) > MAX_LINE:
            return complain("csv_line_too_long", str(number))
        try:
            return line.decode(self.encoding)
        except UnicodeDecodeError as wrong:
            column = len(line[: wrong.start].decode(self.encoding, "replace")) + 1
            return complain("file_encoding", f"{number}:{column}", byte=line[wrong.start])


class _CarriageReturns(io.RawIOBase):
    """A file whose lines end with carriage returns alone, as if they ended with line feeds."""

    def __init__(self, inner: BinaryIO | gzip.GzipFile) -> None:
        self.inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        piece = self.inner.read(len(into)).replace(b"\r", b"\n")
        into[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self.inner.close()
        super().close()


def with_line_feeds(stream: BinaryIO | gzip.GzipFile) -> BinaryIO | gzip.GzipFile:
    """The same file; one that has only carriage returns in its first 64 KiB (an old Macintosh) with line feeds."""
    try:
        head = stream.read(MAX_LINE)
    except DAMAGE:
        head = b""  # said in its place when it is read
    stream.seek(0)
    alone = b"\r" in head[:-1] and b"\n" not in head
    return io.BufferedReader(_CarriageReturns(stream)) if alone else stream


def inflated_limit(stream: BinaryIO | gzip.GzipFile) -> int:
    """Bytes that a gzip file may hold; 0 for a plain file, which is as long as it is."""
    if isinstance(stream, io.BufferedReader) and isinstance(stream.raw, _CarriageReturns):
        stream = stream.raw.inner
    if not isinstance(stream, gzip.GzipFile):
        return 0
    size = Path(str(stream.name)).stat().st_size
    return max(size * MAX_INFLATION, 1024 * 1024)


#: What reading a gzip file that is cut or damaged raises.
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)


def swollen(name: str) -> Refused:
    """The refusal of a gzip file that holds far more than it should."""
    fr, en = f"plus de {MAX_INFLATION} fois sa taille", f"more than {MAX_INFLATION} times its size"
    return Refused([complain("gzip_invalid", name, what_fr=fr, what_en=en)])


def damaged(name: str, wrong: Exception) -> Refused:
    """The refusal of a gzip file that cannot be read to its end."""
    cut = isinstance(wrong, EOFError)
    fr, en = ("fin inattendue", "unexpected end") if cut else ("données abîmées", "damaged data")
    return Refused([complain("gzip_invalid", name, what_fr=fr, what_en=en)])
