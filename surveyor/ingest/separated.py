"""What stands between the cells of a CSV: a first line of Excel says it (`sep=;`), else the header shows it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from itertools import chain

_SAID = re.compile(r'"?sep=([,;\t|])"?[,;\t|]*', re.ASCII | re.IGNORECASE)
#: Separators that a header may show; the first of those that stand in it as often.
SHOWN = ",;\t"


def said(line: str) -> str:
    """The separator that a line says; "" for any other line. line: without its end."""
    found = _SAID.fullmatch(line)
    return found[1] if found else ""


def shown(header: str, usual: str = ",") -> str:
    """The separator that stands most often in a header; usual: which one when several do."""
    return max(usual + SHOWN, key=header.count)


def table(lines: Iterable[str], *, usual: str = ",") -> tuple[csv.DictReader[str], int]:
    """A reader of rows by the names of the header, and how many lines stand before that header (0 or 1)."""
    rest = iter(lines)
    first = next(rest, "").removeprefix("\ufeff")
    separator = said(first.rstrip("\r\n"))
    if separator:
        return csv.DictReader(rest, delimiter=separator), 1
    return csv.DictReader(chain((first,), rest) if first else rest, delimiter=shown(first, usual)), 0
