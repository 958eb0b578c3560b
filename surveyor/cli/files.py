"""Files that a command is given: read whole, or refused as a wrong call that says which file and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


def read_bytes(file: Path) -> bytes:
    """What a file holds; one that cannot be read is a wrong call."""
    try:
        return file.read_bytes()
    except OSError as wrong:
        raise click.UsageError(f"{file}: {wrong.strerror}") from None


def read_cases(file: Path) -> Any:
    """The JSON of a file of written cases; a file that is none is a wrong call."""
    try:
        return json.loads(read_bytes(file))
    except (ValueError, RecursionError) as wrong:
        raise click.UsageError(f"{file}: not JSON ({wrong})") from None


#: What cuts a file into lines and cells: an encoding that writes it otherwise cannot be read line by line.
_MARKS = '\n\r,;\t"'


def check_encoding(name: str, *, auto: bool = False) -> None:
    """Raises UsageError for an encoding that Python does not know, or in which lines do not end in a line feed.

    auto: whether "auto" is taken too.
    """
    if auto and name == "auto":
        return
    try:
        fit = _MARKS.encode(name) == _MARKS.encode()
    except (LookupError, ValueError):
        raise click.UsageError(f"--encoding: {name!r} is not an encoding that Python knows, such as cp1252") from None
    if not fit:
        raise click.UsageError(f"--encoding: lines cannot be cut in {name!r}; save the file as UTF-8")
