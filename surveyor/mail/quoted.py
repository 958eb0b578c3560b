"""Quoted-printable, line by line: constants are encoded once, and only the lines that hold a customer's words again."""

from __future__ import annotations

import re
from email import quoprimime
from functools import lru_cache

from surveyor.mail.plan import Skeleton

WIDTH = 76
MAX_SETTLED = 256
ROOM = 12  # a line that leaves less than this for each of its values is encoded on its own
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
        self._long: list[tuple[int, tuple[str | int, ...]]] = []
        self._widths: dict[tuple[int, ...], int] = {}
        for line in lines:
            self._add(_merged([p if isinstance(p, str) or p in own else values[p] for p in line]))
        self._slots = sorted({slot for _, slot in self._places})

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
            self._long.append((len(self._parts), line))
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
        fits = all(width + sum([len(coded[s]) for s in slots]) <= WIDTH for slots, width in self._widths.items())
        if not fits or any(value.endswith((b" ", b"\t")) for value in coded.values()):
            return self._line_by_line(values)
        parts = self._parts.copy()
        for place, slot in self._places:
            parts[place] = coded[slot]
        for place, line in self._long:
            parts[place] = _encode_line("".join([piece if isinstance(piece, str) else values[piece] for piece in line]))
        return b"".join(parts)

    def _line_by_line(self, values: list[str]) -> bytes:
        return b"".join(
            line
            if isinstance(line, bytes)
            else _encode_line("".join([piece if isinstance(piece, str) else values[piece] for piece in line]))
            for line in self._lines
        )


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
