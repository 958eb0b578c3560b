"""One line of the mail doctor: what was looked at, what was found, what to do, and where that is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from surveyor.errors import SettingsError


class Level(StrEnum):
    """How a check ended. UNKNOWN: it could not be made (no network, no right); it is no failure."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    """point: 1 to 6 of the doctor's list. advice: what to do, "" when nothing. reference: where it is asked for."""

    point: int
    check: str
    level: Level
    found: str
    advice: str = ""
    reference: str = ""


def safely(point: int, check: str, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines of one check; a wrong setting, or a check that fails itself, is a line that says so, never a trace."""
    try:
        yield from lines
    except SettingsError as wrong:
        yield Line(point, check, Level.FAIL, str(wrong), "correct this setting")
    except Exception as wrong:
        yield Line(point, check, Level.UNKNOWN, f"the check itself failed: {type(wrong).__name__}", "report this")
