"""What a file of text is written in, found by reading it once: UTF-8, else cp1252, else latin-1."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from surveyor.ingest.files import open_file
from surveyor.ingest.lines import DAMAGE, damaged, inflated_limit, swollen

PIECE = 1024 * 1024
#: Bytes that cp1252 gives no letter.
_NO_LETTER = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


def encoding_of(path: Path, said: str = "auto") -> str:
    """The encoding of a file, as said or, for "auto", found. Raises Refused when it is no text file, LookupError for
    an encoding that does not exist.
    """
    if said != "auto":
        codecs.lookup(said)
        return said
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, lettered = True, True
    for piece in _pieces(path):
        if utf8:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                utf8 = False
        lettered = lettered and not any(byte in piece for byte in _NO_LETTER)
    if utf8:
        try:
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return "cp1252" if lettered else "latin-1"
        return "utf-8"
    return "cp1252" if lettered else "latin-1"


def _pieces(path: Path) -> Iterator[bytes]:
    with open_file(path) as stream:
        limit, read = inflated_limit(stream), 0
        try:
            while piece := stream.read(PIECE):
                read += len(piece)
                if limit and read > limit:
                    raise swollen(path.name)
                yield piece
        except DAMAGE as wrong:
            raise damaged(path.name, wrong) from None
