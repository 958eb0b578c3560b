"""A file of orders sent for a what-if: under a name of ours, outside what is served, deleted once read."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused

#: Bytes of a form with its file; and of the file once it is unpacked.
MOST_SENT = 24 * 1024 * 1024
MOST_UNPACKED = 256 * 1024 * 1024
FOLDER = "sent"
_GZIP = b"\x1f\x8b"
_CHUNK = 1024 * 1024


def keep(raw: bytes, home: Path) -> Path:
    """The content as a file only we can read. Raises Refused (`file_missing`, `too_big`) and leaves nothing then.

    Its name and its type are never looked at: what it holds says what it is, and is checked row by row.
    """
    if not raw.strip():
        raise Refused([_complaint("file_missing", "aucun fichier, ou un fichier vide.", "no file, or an empty one.")])
    if len(raw) > MOST_SENT:
        raise _too_big(MOST_SENT)
    folder = home / FOLDER
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    path = folder / f"{token_hex(16)}.orders"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for part in _unpacked(raw):
                stream.write(part)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _unpacked(raw: bytes) -> Iterator[bytes]:
    """The content, of an archive what is in it, as far as it is allowed to go."""
    if not raw.startswith(_GZIP):
        yield raw
        return
    unpacker, total, rest = zlib.decompressobj(wbits=31), 0, raw
    try:
        while rest and not unpacker.eof:
            part = unpacker.decompress(rest, _CHUNK)
            rest, total = unpacker.unconsumed_tail, total + len(part)
            if total > MOST_UNPACKED:
                raise _too_big(MOST_UNPACKED)
            yield part
    except zlib.error:
        fr, en = "archive gzip abîmée.", "damaged gzip file."
        raise Refused([_complaint("file_unreadable", fr, en)]) from None


def _too_big(most: int) -> Refused:
    size = most // (1024 * 1024)
    return Refused([_complaint("too_big", f"au plus {size} Mio.", f"at most {size} MiB.")], status=413)


def _complaint(code: str, fr: str, en: str) -> Complaint:
    return Complaint("orders", code, french(f"Fichier de commandes : {fr}"), f"File of orders: {en}")
