"""Whom we erased, kept outside the database: a restored backup knows them again, so they are erased once more.

One line an erasure: the instant and the key of the address (64 hexadecimal digits), never the address.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

FILE = "erasures"
_LINE = re.compile(r"\S+ ([0-9a-f]{64})", re.ASCII)


def append(home: Path, address_key: bytes, *, now: datetime) -> None:
    """Add one, durable before this returns. Raises OSError when the folder cannot be written."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = f"{now.isoformat()} {address_key.hex()}\n".encode("ascii")
    descriptor = os.open(home / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(home: Path) -> list[bytes]:
    """The keys, in the order of their erasure, each once; a line that a crash cut is left out."""
    try:
        lines = (home / FILE).read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return []
    found = [match[1] for line in lines if (match := _LINE.fullmatch(line))]
    return [bytes.fromhex(key) for key in dict.fromkeys(found)]
