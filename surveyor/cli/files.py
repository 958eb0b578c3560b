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
