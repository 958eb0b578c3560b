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

    def __init__(self, lines: list[tuple[str | int, ...]], values: list[str], own: frozenset[int]) -> None:
        self._lines: list[bytes | tuple[str | int, ...]] = []
        self._parts: list[bytes] = [b""]
        self._places: list[tuple[int, int]] = []
        self._long: list[tuple[int, _Long]] = []
        self._widths: dict[tuple[int, ...], int] = {}
        self._last: set[int] = set()
        for line in lines:
            self._add(_merged([p if isinstance(p, str) or p in own else values[p] for p in line]))
        self._slots = sorted(
            {slot for _, slot in self._places} | {slot for _, line in self._long for slot in line.slots}
        )

    def _add(self, line: tuple[str | int, ...]) -> None:
        slots = tuple(piece for piece in line if isinstance(piece, int))
        if not slots:
            coded = _encode_line("".join(map(str, line)))
            self._parts[-1] += coded
            self._lines.append(coded)
            return
        self._lines.append(line)
        pieces = [piece if isinstance(piece, int) else _encode_value(piece) for piece in line]
        width = sum([len(piece) for piece in pieces if isinstance(piece, bytes)])
        if width > WIDTH - ROOM * len(slots) or str(line[-1]).endswith((" ", "\t")):
            self._long.append((len(self._parts), _Long(line)))
            self._parts += [b"", b""]
            return
        if isinstance(line[-1], int):
            self._last.add(line[-1])
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
        fits = all(width + sum([len(coded[s]) for s in slots]) <= WIDTH for slots, width in self._widths.items())
        bare = any(not coded[slot] for slot in self._last)  # what stands before it ends its line, perhaps a space
        if bare or not fits or any(value.endswith((b" ", b"\t")) for value in coded.values()):
            return self._line_by_line(values)
        parts = self._parts.copy()
        for place, slot in self._places:
            parts[place] = coded[slot]
        for place, line in self._long:
            parts[place] = line.fill(coded, values)
        return b"".join(parts)

    def _line_by_line(self, values: list[str]) -> bytes:
        return b"".join(
            line
            if isinstance(line, bytes)
            else _encode_line("".join([piece if isinstance(piece, str) else values[piece] for piece in line]))
            for line in self._lines
        )


class _Long:
    """A line that is broken. Where depends on the lengths of its values alone, while nothing in them needs a code."""

    def __init__(self, line: tuple[str | int, ...]) -> None:
        self._line = line
        self._pieces = [piece if isinstance(piece, int) else _encode_value(piece) for piece in line]
        self.slots = tuple(piece for piece in line if isinstance(piece, int))
        self._breaks: dict[tuple[int, ...], list[int]] = {}

    def fill(self, coded: Mapping[int, bytes], values: list[str]) -> bytes:
        whole = b"".join([piece if isinstance(piece, bytes) else coded[piece] for piece in self._pieces])
        if whole.endswith((b" ", b"\t")):
            return _encode_line("".join([piece if isinstance(piece, str) else values[piece] for piece in self._line]))
        given = [coded[slot] for slot in self.slots]
        if any(b"=" in value for value in given):
            return _broken(whole, _breaks(whole))
        lengths = tuple(map(len, given))
        breaks = self._breaks.get(lengths)
        if breaks is None:
            if len(self._breaks) >= MAX_SETTLED:
                self._breaks.clear()
            breaks = self._breaks[lengths] = _breaks(whole)
        return _broken(whole, breaks)


def _breaks(line: bytes) -> list[int]:
    """Where a coded line is broken, as `quoprimime.body_encode` does it: never inside of a code."""
    places, start = [0], 0
    while start < len(line) - WIDTH:
        stop = start + WIDTH - 1
        start = stop - 2 if line[stop - 2] == _EQUAL else stop - 1 if line[stop - 1] == _EQUAL else stop
        places.append(start)
    return [*places, len(line)]


def _broken(line: bytes, breaks: list[int]) -> bytes:
    return b"=\r\n".join([line[start:stop] for start, stop in pairwise(breaks)]) + b"\r\n"


def _merged(pieces: list[str | int]) -> tuple[str | int, ...]:
    merged: list[str | int] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return tuple(merged)


def _lines(skeleton: Skeleton) -> list[tuple[str | int, ...]]:
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
