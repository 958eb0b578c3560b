"""The cells of a whole CSV, by column: where each begins and ends, texts that come often once, instants as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from surveyor.vector.orders import NEVER

_WORD = 8
_MIXING = np.uint64(0x9E3779B97F4A7C15)
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(_WORD)] + [(1 << 64) - 1], dtype=np.uint64)
#: A text longer than this is not compared by words.
_LONGEST = 128
#: "2026-11-22T09:00:00", then "Z" or "+01:00", with or without six digits of a second between.
_SECONDS = 19
_FORMS = {20: (False, True), 25: (False, False), 27: (True, True), 32: (True, False)}
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
#: Days before each month, of a year that begins in March: January and February belong to the year before.
_MONTHS = np.array([0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275])
#: The same count of days for 1 January 1970.
_DAYS_1970 = 1969 * 365 + 1969 // 4 - 1969 // 100 + 1969 // 400 + 306 + 1
_MICROS = 1_000_000


class Unclear(Exception):
    """What is read is not as plain as reading by columns asks: it is to be read row by row."""


class Page:
    """All the cells of a body of lines; Unclear when a line has another number of them."""

    def __init__(self, body: bytes, delimiter: str, width: int) -> None:
        self.body = body + bytes(_LONGEST)
        self.bytes = np.frombuffer(self.body, dtype=np.uint8)
        #: The eight bytes from each byte on, as one number.
        self.words = np.ndarray((len(self.body) - _WORD + 1,), dtype="<u8", buffer=self.body, strides=(1,))
        text = self.bytes[: len(body)]
        ends = np.flatnonzero((text == ord(delimiter)) | (text == ord("\n")))
        if len(ends) % width or not len(ends):
            raise Unclear("lines of other lengths")
        self.ends = ends.reshape(-1, width)
        line_ends = self.bytes[self.ends] == ord("\n")
        if not line_ends[:, -1].all() or line_ends[:, :-1].any():
            raise Unclear("lines of other lengths")
        self.starts = np.concatenate(([0], ends[:-1] + 1)).reshape(-1, width)

    def column(self, place: int) -> Column:
        """One column."""
        return Column(self, np.ascontiguousarray(self.starts[:, place]), np.ascontiguousarray(self.ends[:, place]))

    def empty(self) -> Column:
        """A column of nothing, for one that the file lacks."""
        return Column(self, self.starts[:, 0], self.starts[:, 0])


class Column:
    """Cells of one column: the bytes from `start` to `end` (excluded) of a page."""

    def __init__(self, page: Page, start: Any, end: Any) -> None:
        self.page, self.start, self.end = page, start, end

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, n: int) -> str:
        return self.page.body[self.start[n] : self.end[n]].decode()

    def texts(self, places: Any) -> list[str]:
        """The texts of some cells."""
        body = self.page.body
        return [
            body[start:end].decode()
            for start, end in zip(self.start[places].tolist(), self.end[places].tolist(), strict=True)
        ]

    def of(self, places: Any) -> Column:
        """The cells of these places."""
        return Column(self.page, self.start[places], self.end[places])

    def instead(self, other: Column) -> Column:
        """The cells, those of `other` where there are none."""
        empty = self.start == self.end
        return Column(self.page, np.where(empty, other.start, self.start), np.where(empty, other.end, self.end))

    @property
    def filled(self) -> Any:
        """Which cells have something in them."""
        return self.end > self.start

    def check_trimmed(self) -> None:
        """Unclear when a text begins or ends with what might be a blank."""
        start, end = self.start, self.end
        if not self.filled.all():
            start, end = start[self.filled], end[self.filled]
        for edge in (self.page.bytes[start], self.page.bytes[end - 1]):
            if ((edge <= ord(" ")) | (edge >= 127)).any():
                raise Unclear("blanks around a text")

    def keys(self) -> tuple[Any, bool]:
        """A number for each text, equal for equal texts; whether different texts surely have different numbers."""
        length = self.end - self.start
        longest = int(length.max(initial=0))
        if longest > _LONGEST - _WORD:
            raise Unclear("a text of over 120 bytes")
        found = self._word(0, length)
        for first in range(_WORD, longest, _WORD):
            found = (found ^ (found >> np.uint64(29))) * _MIXING ^ self._word(first, length)
        return found, longest <= _WORD

    def _word(self, first: int, length: Any) -> Any:
        if not first:
            return self.page.words[self.start] & _MASKS[np.minimum(length, _WORD)]
        left = np.clip(length - first, 0, _WORD)
        return self.page.words[self.start + np.where(left > 0, first, 0)] & _MASKS[left]

    def _written(self, places: Any, size: int) -> Any:
        """The bytes of cells of `size` bytes: an array for the first of each, one for the second..."""
        start = self.start if len(places) == len(self.start) else self.start[places]
        words: Any = np.empty((len(start), -(-size // _WORD)), dtype="<u8")
        for n in range(words.shape[1]):
            words[:, n] = self.page.words[start + n * _WORD]
        return words.view(np.uint8).T[:size]

    def same(self, here: Any, there: Any) -> bool:
        """Whether the texts of these places are those of the others, one by one."""
        one, other = self.of(here), self.of(there)
        length: Any = one.end - one.start
        if not np.array_equal(length, other.end - other.start):
            return False
        words = range(0, int(length.max(initial=0)), _WORD)
        return all(np.array_equal(one._word(first, length), other._word(first, length)) for first in words)

    def coded(self) -> tuple[list[str], Any]:
        """Each text once, and the place of each cell's among them."""
        keys, exact = self.keys()
        if exact and len(keys) and (keys == keys[0]).all():
            return [self[0]], np.zeros(len(keys), dtype=np.int64)
        known: Any = np.unique(keys)
        code: Any = np.searchsorted(known, keys)
        first: Any = np.zeros(len(known), dtype=np.int64)
        first[code] = np.arange(len(code))
        if not exact and not self.same(np.arange(len(code)), first[code]):
            raise Unclear("two texts of one number")
        return self.texts(first), code

    def instants(self, *, needed: bool) -> tuple[Any, Any]:
        """The instants written, NEVER where nothing is, and minutes east of UTC. Unclear for one that is not plain."""
        at: Any = np.full(len(self), NEVER)
        minutes: Any = np.zeros(len(self), dtype=np.int64)
        length = self.end - self.start
        known = length == 0
        if needed and known.any():
            raise Unclear("no instant")
        for size, (fraction, utc) in _FORMS.items():
            of_size = np.flatnonzero(length == size)
            if of_size.size:
                written = self._written(of_size, size)
                minutes[of_size] = 0 if utc else _offset(written[-6:])
                at[of_size] = _instants(written, fraction) - minutes[of_size] * 60 * _MICROS
                if utc and (written[-1] != ord("Z")).any():
                    raise Unclear("an instant of another form")
                known |= length == size
        if not known.all():
            raise Unclear("an instant of another form")
        return at, minutes


def _instants(written: Any, fraction: bool) -> Any:
    """Local microseconds since 1970 of texts that begin with a date and a time."""
    for place, mark in ((4, "-"), (7, "-"), (13, ":"), (16, ":")):
        if (written[place] != ord(mark)).any():
            raise Unclear("an instant of another form")
    if ((written[10] != ord("T")) & (written[10] != ord(" "))).any() or (
        fraction and (written[_SECONDS] != ord(".")).any()
    ):
        raise Unclear("an instant of another form")
    year = _digits(written, 0, 4)
    month, day, hour, minute, second = (_digits(written, first, 2) for first in (5, 8, 11, 14, 17))
    days = days_of(year, month, day)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    wrong = (year < 1) | (month < 1) | (month > 12) | (hour > 23) | (minute > 59) | (second > 59) | (day < 1)
    if wrong.any() or ((day > _MONTH_DAYS[month]) | ((month == 2) & (day == 29) & ~leap)).any():
        raise Unclear("a date that does not exist")
    found = (days * 86_400 + hour * 3600 + minute * 60 + second) * _MICROS
    return found + _digits(written, _SECONDS + 1, 6) if fraction else found


def _offset(written: Any) -> Any:
    sign = written[0]
    hours, minutes = _digits(written, 1, 2), _digits(written, 4, 2)
    if ((sign != ord("+")) & (sign != ord("-")) | (written[3] != ord(":")) | (hours > 23) | (minutes > 59)).any():
        raise Unclear("an instant of another form")
    return np.where(sign == ord("-"), -1, 1) * (hours * 60 + minutes)


def _digits(written: Any, first: int, count: int) -> Any:
    found: Any = np.zeros(written.shape[1], dtype=np.int64)
    for row in written[first : first + count]:
        digit = row - np.uint8(ord("0"))
        if (digit > 9).any():
            raise Unclear("an instant of another form")
        found = found * 10 + digit
    return found


def days_of(year: Any, month: Any, day: Any) -> Any:
    """Days since 1970 of dates."""
    march = year - (month < 3)
    months = _MONTHS[np.minimum(month, 12)]
    return march * 365 + march // 4 - march // 100 + march // 400 + months + day - _DAYS_1970
