"""Where each table and key of a TOML text stands: `tomllib` gives values without positions, people need lines.

It reads any text, right or wrong, in one pass and in time linear in its length; what is wrong is `faults`' to say.
"""

from __future__ import annotations

import json
import re

from surveyor.core.toml.places import Path, Place, Repeat, Statement, TomlMap

#: Lists, inline tables and dotted names: nobody nests more in a file of settings, and readers recurse.
MAX_DEPTH = 10
#: Headers, keys and entries of lists together: 1 MiB of `a=1` would take seconds to read and to complain about.
MAX_ITEMS = 60_000
#: Keys and tables given again that are remembered.
MAX_REPEATS = 1000

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_SPACES = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[\d:.+Z-]+|[^\s,\[\]{}#=\"']+|.", re.DOTALL)
# Up to two more quotes belong to the text: """a"""" ends with one.
_LONG_BASIC_END = re.compile(r'\\.|"{3,5}', re.DOTALL)
_LONG_ESCAPE = re.compile(r"\\U([0-9A-Fa-f]{8})")
_LONG_LITERAL_END = re.compile(r"'{3,5}")


def scan(text: str) -> TomlMap:
    """The map of a text whose line ends are LF. It stops where `MAX_DEPTH` or `MAX_ITEMS` is passed."""
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    found = TomlMap(text, line_starts=starts)
    _Scanner(text, found).run()
    return found


class _Scanner:
    def __init__(self, text: str, found: TomlMap) -> None:
        self.text = text
        self.found = found
        self.base: Path = ()
        self.lists: dict[Path, int] = {}
        self.headers: dict[Path, Place] = {}
        self.pairs: dict[Path, Place] = {}
        self.items = 0

    def run(self) -> None:
        at = 0
        while not self._over(at):
            at = _end(_BLANK, self.text, at)
            if at >= len(self.text):
                return
            at = self._header(at) if self.text[at] == "[" else self._pair(at)
            line_end = self.text.find("\n", at)
            at = len(self.text) if line_end < 0 else line_end

    def _header(self, at: int) -> int:
        is_list = self.text.startswith("[[", at)
        parts, end = self._name(at + (2 if is_list else 1))
        self.found.statements.append(Statement(at, end, None, is_header=True))
        if not parts or self._deep(len(parts), at):
            return end
        if not self.text.startswith("]]" if is_list else "]", end):
            self._unclosed_bracket(at)
            return end
        self.base = self._open(parts, is_list, self.found.place_of(at))
        return end

    def _open(self, parts: list[str], is_list: bool, place: Place) -> Path:
        path: Path = ()
        for part in parts[:-1]:
            path = (*path, part)
            self.found.places.setdefault(path, place)
            if path in self.lists:
                path = (*path, self.lists[path] - 1)
        path = (*path, parts[-1])
        if is_list:
            count = self.lists.get(path, 0)
            self.lists[path] = count + 1
            self.found.places.setdefault(path, place)
            path = (*path, count)
        elif path in self.headers:
            self._again(Repeat(".".join(parts), place, self.headers[path], is_table=True))
        self.headers.setdefault(path, place)
        self.found.places[path] = place
        return path

    def _pair(self, at: int) -> int:
        """One `name = value`; the offset after it. Never less than one character is consumed."""
        parts, end = self._name(at)
        has_value = self.text.startswith("=", end) and bool(parts)
        value = _end(_SPACES, self.text, end + 1) if has_value else None
        self.found.statements.append(Statement(at, end, value, is_header=False))
        # Before looking for the "=": a name cut short has none, and readers take too long over its dots.
        if self._deep(len(parts), at):
            return len(self.text)
        if value is None:
            return max(end, at + 1)
        path = self._record(parts, self.base, self.found.place_of(at))
        return self._value(value, path, 1)

    def _record(self, parts: list[str], base: Path, place: Place) -> Path:
        path = base
        for part in parts:
            path = (*path, part)
            self.found.places.setdefault(path, place)
        if path in self.pairs:
            self._again(Repeat(parts[-1], place, self.pairs[path], is_table=False))
        self.pairs.setdefault(path, place)
        return path

    def _name(self, at: int) -> tuple[list[str], int]:
        """The parts of a dotted name and the offset of what follows it and its blanks."""
        parts: list[str] = []
        while True:
            at = _end(_SPACES, self.text, at)
            match = _BARE.match(self.text, at) or _BASIC.match(self.text, at) or _LITERAL.match(self.text, at)
            if match is None:
                return parts, at
            parts.append(_unquoted(match.group()))
            at = _end(_SPACES, self.text, match.end())
            if not self.text.startswith(".", at) or len(parts) > MAX_DEPTH:
                return parts, at
            at += 1

    def _value(self, at: int, path: Path, depth: int) -> int:
        """The offset after the value that begins at `at`; the places of what it holds are recorded."""
        opener = self.text[at : at + 1]
        if opener in ("[", "{"):
            return len(self.text) if self._deep(depth, at) else self._nested(at, path, depth)
        if opener in ('"', "'") and opener:
            return self._string(at, opener)
        match = _SCALAR.match(self.text, at)
        return at if match is None or opener == "\n" else match.end()

    def _nested(self, opened: int, path: Path, depth: int) -> int:
        closer = "]" if self.text[opened] == "[" else "}"
        at, count = opened + 1, 0
        while not self._over(at):
            at = _end(_BLANK, self.text, at)
            if at >= len(self.text):
                self._unclosed_bracket(opened)
                return at
            sign = self.text[at]
            if sign in "]}":
                return at + 1
            if sign == ",":
                at += 1
            elif closer == "}":
                at = self._inline_pair(at, path, depth)
            else:
                if sign == "{":
                    self.found.places.setdefault((*path, count), self.found.place_of(at))
                at = max(self._value(at, (*path, count), depth + 1), at + 1)
                count += 1
        return len(self.text)

    def _inline_pair(self, at: int, path: Path, depth: int) -> int:
        parts, end = self._name(at)
        if self._deep(len(parts) + depth - 1, at):
            return len(self.text)
        if not parts or not self.text.startswith("=", end):
            return max(end, at + 1)
        inner = self._record(parts, path, self.found.place_of(at))
        return max(self._value(_end(_SPACES, self.text, end + 1), inner, depth + 1), end + 1)

    def _string(self, at: int, quote: str) -> int:
        if self.text.startswith(quote * 3, at):
            return self._long_string(at, quote)
        match = (_BASIC if quote == '"' else _LITERAL).match(self.text, at)
        if match:
            return match.end()
        self._unclosed_quote(at)
        line_end = self.text.find("\n", at)
        return len(self.text) if line_end < 0 else line_end

    def _long_string(self, opened: int, quote: str) -> int:
        ends = _LONG_BASIC_END if quote == '"' else _LONG_LITERAL_END
        for match in ends.finditer(self.text, opened + 3):
            if match.group().startswith(quote):
                return match.end()
        self._unclosed_quote(opened)
        return len(self.text)

    def _deep(self, depth: int, at: int) -> bool:
        if depth > MAX_DEPTH and self.found.too_deep is None:
            self.found.too_deep = self.found.place_of(at)
        return depth > MAX_DEPTH

    def _over(self, at: int) -> bool:
        """Whether to stop: too deep already, or too many items with this one."""
        self.items += 1
        if self.items > MAX_ITEMS and self.found.too_many is None:
            self.found.too_many = self.found.place_of(at)
        return self.found.too_many is not None or self.found.too_deep is not None

    def _again(self, repeat: Repeat) -> None:
        if len(self.found.repeats) < MAX_REPEATS:
            self.found.repeats.append(repeat)

    def _unclosed_quote(self, at: int) -> None:
        if self.found.unclosed_quote is None:
            self.found.unclosed_quote = self.found.place_of(at)

    def _unclosed_bracket(self, at: int) -> None:
        if self.found.unclosed_bracket is None:
            self.found.unclosed_bracket = self.found.place_of(at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _unquoted(part: str) -> str:
    if part[0] not in "'\"":
        return part
    if part[0] == "'" or "\\" not in part:
        return part[1:-1]
    try:
        # The escapes of TOML are those of JSON, and an eight digit one.
        return str(json.loads(_LONG_ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), part)))
    except (ValueError, OverflowError):
        return part[1:-1]
