"""The map of a TOML text: the line and column of its tables and keys, and what was noticed on the way."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Statement:
    """One header or pair as written: offsets in the text. `value` is None where no `=` followed the name."""

    start: int
    name_end: int
    value: int | None
    is_header: bool


@dataclass(frozen=True, slots=True)
class Repeat:
    """A key or a table given a second time."""

    name: str
    place: Place
    first: Place
    is_table: bool


@dataclass(slots=True)
class TomlMap:
    """Line and column, both from 1, of every table (its header) and key by its path; indexes of lists from 0."""

    text: str
    places: dict[Path, Place] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    unclosed_quote: Place | None = None
    unclosed_bracket: Place | None = None
    too_deep: Place | None = None
    too_many: Place | None = None
    line_starts: list[int] = field(default_factory=list)

    def place_of(self, offset: int) -> Place:
        """Line and column of an offset in the text."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def offset_of(self, place: Place) -> int:
        """Offset in the text of a line and column."""
        line = min(place[0], len(self.line_starts))
        return self.line_starts[line - 1] + place[1] - 1

    def find(self, path: Path) -> Place:
        """The place of a path; of the table that should hold it when it is absent; (1, 1) at worst."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return 1, 1
