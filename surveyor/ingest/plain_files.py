"""CSV files in which nothing needs care, read whole: for a replay that looks at columns rather than at lines."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from surveyor.errors import Refused
from surveyor.ingest.files import REQUIRED, header_of, open_file
from surveyor.ingest.lines import MAX_INFLATION, Lines

#: A file larger than this, once unzipped, is read line by line.
LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class PlainCsv:
    """names: of the columns. body: the lines after the first, each ended by a line feed."""

    names: tuple[str, ...]
    delimiter: str
    body: bytes


def plain_csv(path: Path) -> PlainCsv | None:
    """The file, or None when it is to be read line by line: quotes, bare carriage returns, bytes of no letter."""
    try:
        with open_file(path) as stream:
            lines = Lines(stream, encoding="utf-8", name=path.name)
            if lines.peek().lstrip()[:1] in (b"{", b"["):
                return None
            delimiter, names = header_of(lines, REQUIRED)
            most = min(LARGEST, path.stat().st_size * MAX_INFLATION)
            body = stream.read(most + 1)
    except (Refused, OSError, EOFError, zlib.error):
        return None
    if not body or len(body) > most or b'"' in body or b"\0" in body:
        return None
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    if b"\r" in body or not _in_letters(body):
        return None
    return PlainCsv(tuple(names), delimiter, body if body.endswith(b"\n") else body + b"\n")


def _in_letters(body: bytes) -> bool:
    if body.isascii():
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
