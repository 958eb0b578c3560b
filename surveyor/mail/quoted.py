"""Quoted-printable, line by line: constants are encoded once, and only the lines that hold a customer's words again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email import quoprimime
from functools import lru_cache
from itertools import pairwise

from surveyor.mail.plan import Skeleton

WIDTH = 76
MAX_SETTLED = 256
ROOM = 12  # a line that leaves less than this for each of its values is encoded on its own
_EQUAL = ord("=")
_SPACED = frozenset((b" ", b"\t"))
_PLAIN = re.compile(r"[ -<>-~]*", re.ASCII)
_CODES = {code: f"={code:02X}" for code in range(256) if not (32 <= code <= 126 or code == 9) or code == ord("=")}


def encode(text: str) -> bytes:
    """A whole part as `EmailMessage` encodes it: CRLF, lines of at most 76, a final line end."""
    lines = text.encode("utf-8").splitlines()
    body = b"\n".join(lines) + b"\n"
    return quoprimime.body_encode(body.decode("latin-1"), WIDTH).encode("ascii").replace(b"\n", b"\r\n")


@lru_cache(maxsize=2048)
def _encode_line(line: str) -> bytes:
    coded = quoprimime.body_encode(line.encode("utf-8").decode("latin-1"), WIDTH)
    return coded.encode("ascii").replace(b"\n", b"\r\n") + b"\r\n"


@lru_cache(maxsize=4096)
def _encode_value(value: str) -> bytes:
    if _PLAIN.fullmatch(value):
        return value.encode("ascii")
    return value.encode("utf-8").decode("latin-1").translate(_CODES).encode("ascii")


#: A line in pieces: texts and numbers of slots.
_Line = tuple[str | int, ...]
#: Constants with gaps, the values that fill gaps, those of which a part does (place, slot, from, to), lines that do.
_Layout = tuple[list[bytes], list[tuple[int, int]], list[tuple[int, int, int, int]], list[tuple[int, _Line]]]


class CodedSkeleton:
    """One branch of a part, encoded once; `fill` adds what belongs to a customer."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._lines = _lines(skeleton)
        self._settled: dict[tuple[str, ...], _Settled] = {}

    def fill(self, values: list[str], own: frozenset[int] = frozenset()) -> bytes:
        """The encoded part, byte for byte what `encode` gives for the rendered text.

        own: the slots that differ from one customer to the next; the others (store, date, question) are encoded once
        for each set of values.
        """
        used = self._skeleton.used
        if any(not values[n].isprintable() and ("\n" in values[n] or "\r" in values[n]) for n in used):
            return encode(self._skeleton.text(values))
        shared = tuple([values[n] for n in used if n not in own])
        settled = self._settled.get(shared)
        if settled is None:
            if len(self._settled) >= MAX_SETTLED:
                self._settled.clear()
            settled = self._settled[shared] = _Settled(self._lines, values, own)
        return settled.fill(values)


class _Settled:
    """A branch in which only a customer's own words are left to fill in."""

    def __init__(self, lines: list[_Line], values: list[str], own: frozenset[int]) -> None:
        self._lines: list[bytes | _Line] = []
        self._parts: list[bytes] = [b""]
        self._places: list[tuple[int, int]] = []
        self._long: list[tuple[int, _Line]] = []
        self._spaced: list[tuple[int, _Line]] = []  # encoded each time
        self._layouts: dict[tuple[int, ...], _Layout] = {}
        self._widths: dict[tuple[int, ...], int] = {}
        self._last: set[int] = set()
        for line in lines:
            self._add(_merged([p if isinstance(p, str) or p in own else values[p] for p in line]))
        self._long_slots = sorted({piece for _, line in self._long for piece in line if isinstance(piece, int)})
        self._slots = sorted({slot for _, slot in self._places}.union(self._long_slots))

    def _add(self, line: _Line) -> None:
        slots = tuple(piece for piece in line if isinstance(piece, int))
        if not slots:
            coded = _encode_line("".join(map(str, line)))
            self._parts[-1] += coded
            self._lines.append(coded)
            return
        self._lines.append(line)
        if isinstance(line[-1], int):
            self._last.add(line[-1])
        pieces = [piece if isinstance(piece, int) else _encode_value(piece) for piece in line]
        width = sum([len(piece) for piece in pieces if isinstance(piece, bytes)])
        spaced = str(line[-1]).endswith((" ", "\t"))
        if spaced or width > WIDTH - ROOM * len(slots):
            (self._spaced if spaced else self._long).append((len(self._parts), line))
            self._parts += [b"", b""]
            return
        self._widths[slots] = max(self._widths.get(slots, 0), width)
        for piece in pieces:
            if isinstance(piece, int):
                self._places.append((len(self._parts), piece))
                self._parts += [b"", b""]
            else:
                self._parts[-1] += piece
        self._parts[-1] += b"\r\n"

    def fill(self, values: list[str]) -> bytes:
        coded = {slot: _encode_value(values[slot]) for slot in self._slots}
        if not self._fits(coded):
            return self._line_by_line(values)
        given = [coded[slot] for slot in self._long_slots]
        if b"=" in b"".join(given):  # a code is not broken: where a line is, depends on more than lengths
            return self._line_by_line(values)
        lengths = tuple(map(len, given))
        layout = self._layouts.get(lengths)
        if layout is None:
            if len(self._layouts) >= MAX_SETTLED:
                self._layouts.clear()
            layout = self._layouts[lengths] = self._lay_out(dict(zip(self._long_slots, lengths, strict=True)))
        parts, wholes, cut, lines = layout[0].copy(), *layout[1:]
        for place, slot in wholes:
            parts[place] = coded[slot]
        for place, line in lines:
            parts[place] = _encode_line("".join([piece if isinstance(piece, str) else values[piece] for piece in line]))
        for place, slot, start, stop in cut:
            parts[place] = coded[slot][start:stop]
        return b"".join(parts)

    def _fits(self, coded: Mapping[int, bytes]) -> bool:
        """Whether no short line is broken, and no line ends in a space."""
        for slots, width in self._widths.items():
            for slot in slots:
                width += len(coded[slot])
            if width > WIDTH:
                return False
        for slot in self._last:
            if not coded[slot]:  # what stands before it ends its line
                return False
        return not _SPACED.intersection([value[-1:] for value in coded.values()])

    def _lay_out(self, lengths: Mapping[int, int]) -> _Layout:
        """The part with long lines broken where values of these lengths have them broken."""
        made = _Parts()
        places, long, spaced = dict(self._places), dict(self._long), dict(self._spaced)
        for number, part in enumerate(self._parts):
            if number in places:
                made.value(places[number], 0, None)
            elif number in long:
                _break(long[number], lengths, made)
            elif number in spaced:
                made.line(spaced[number])
            else:
                made.constant(part)
        return made.layout()

    def _line_by_line(self, values: list[str]) -> bytes:
        return b"".join(
            line
            if isinstance(line, bytes)
            else _encode_line("".join([piece if isinstance(piece, str) else values[piece] for piece in line]))
            for line in self._lines
        )


class _Parts:
    """Constants and places of values under way to a layout."""

    def __init__(self) -> None:
        self._parts: list[bytes] = [b""]
        self._wholes: list[tuple[int, int]] = []
        self._cut: list[tuple[int, int, int, int]] = []
        self._lines: list[tuple[int, _Line]] = []

    def constant(self, part: bytes) -> None:
        self._parts[-1] += part

    def value(self, slot: int, start: int, stop: int | None) -> None:
        """A value, or a part of it."""
        at = len(self._parts)
        if stop is None:
            self._wholes.append((at, slot))
        else:
            self._cut.append((at, slot, start, stop))
        self._parts += [b"", b""]

    def line(self, line: _Line) -> None:
        """A line that is encoded each time."""
        self._lines.append((len(self._parts), line))
        self._parts += [b"", b""]

    def layout(self) -> _Layout:
        return self._parts, self._wholes, self._cut, self._lines


def _break(line: _Line, lengths: Mapping[int, int], made: _Parts) -> None:
    """One long line, broken as `quoprimime.body_encode` does it, its values standing for so many plain characters."""
    pieces = [
        (piece, b"x" * lengths[piece]) if isinstance(piece, int) else (-1, _encode_value(piece)) for piece in line
    ]
    whole = b"".join([text for _, text in pieces])
    breaks, begin = _breaks(whole), 0
    for slot, text in pieces:
        end = begin + len(text)
        marks = [begin, *sorted(at for at in breaks if begin < at < end), end] if text else [end]
        for start, stop in pairwise(marks):
            if start in breaks:
                made.constant(b"=\r\n")
            if slot < 0:
                made.constant(whole[start:stop])
            elif stop > start:
                made.value(slot, start - begin, None if (start, stop) == (begin, end) else stop - begin)
        begin = end
    made.constant(b"\r\n")


def _breaks(line: bytes) -> set[int]:
    """Where a coded line is broken: never inside of a code."""
    places, start = set(), 0
    while start < len(line) - WIDTH:
        stop = start + WIDTH - 1
        start = stop - 2 if line[stop - 2] == _EQUAL else stop - 1 if line[stop - 1] == _EQUAL else stop
        places.add(start)
    return places


def _merged(pieces: list[str | int]) -> _Line:
    merged: list[str | int] = []
    for piece in pieces:
        if piece == "":
            continue
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return tuple(merged)


def _lines(skeleton: Skeleton) -> list[_Line]:
    lines: list[list[str | int]] = [[]]
    for piece in skeleton.pieces:
        if isinstance(piece, int):
            lines[-1].append(piece)
            continue
        first, *rest = piece.split("\n")
        lines[-1].append(first)
        lines.extend([part] for part in rest)
    if all(part == "" for part in lines[-1]):
        lines.pop()
    return [tuple(line) for line in lines]
