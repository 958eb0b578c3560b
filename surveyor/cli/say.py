"""How commands speak: one JSON object or lines on standard output, progress and remarks on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from surveyor.errors import Refused

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """`--json`: print one JSON object on standard output and nothing else."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")(command)


def plain(value: Any) -> Any:
    """What JSON cannot say by itself."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | Path):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def as_json(value: Any) -> None:
    """Print one object."""
    print(json.dumps(value, default=plain, ensure_ascii=False))


@contextmanager
def typed(**names: str) -> Iterator[None]:
    """What is wrong with these fields was typed: it is said of the option or argument, and makes a wrong call."""
    try:
        yield
    except Refused as refused:
        if refused.status != 422:
            raise
        found = [replace(one, where=names.get(one.where, one.where)) for one in refused.complaints]
        raise Refused(found, status=refused.status, code=refused.code) from None


def remark(text: str) -> None:
    """A sentence for the person at the terminal, never part of the result."""
    print(text, file=sys.stderr, flush=True)


def table(rows: Sequence[Sequence[object]], heads: Sequence[str] = ()) -> None:
    """Aligned columns on standard output."""
    texts = [[_cell(value) for value in row] for row in ([heads, *rows] if heads else rows)]
    widths = [max((len(row[n]) for row in texts), default=0) for n in range(max(map(len, texts), default=0))]
    for row in texts:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False)).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else str(value)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere: call what it gives with the number of things done since."""
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda step: bar.update(task, advance=step)
