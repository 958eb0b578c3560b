"""The line of time of a customer: bands (a window, a cool-down) and marks (orders, emails, answers) on their lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, LANE, LEFT, RIGHT, TOP, FOOT = 760.0, 30.0, 104.0, 16.0, 8.0, 26.0
#: Ends of the axis stay this many days away from the first and the last mark.
MARGIN = 4
MOST_TICKS = 9
_NARROW = 2.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on a day (ordinal). lane: its row from 0. tone: counted, left, sent, planned, answer. about: words."""

    day: int
    lane: int
    tone: str
    about: str


@dataclass(frozen=True, slots=True)
class Band:
    """Days from first to last, both included, behind a lane; tone: window, cooldown."""

    first: int
    last: int
    lane: int
    tone: str
    about: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark or a band with its place on the sheet; `width` 0 of a mark."""

    x: float
    y: float
    width: float
    tone: str
    about: str


@dataclass(frozen=True, slots=True)
class Lifeline:
    """What the template draws. ticks: (x, first day of a month). lanes: (y, name)."""

    width: float
    height: float
    bands: tuple[Placed, ...]
    marks: tuple[Placed, ...]
    ticks: tuple[tuple[float, date], ...]
    lanes: tuple[tuple[float, str], ...]


def lifeline(lanes: Sequence[str], bands: Sequence[Band], marks: Sequence[Mark]) -> Lifeline | None:
    """The chart; None when there is nothing to place."""
    days = [*(mark.day for mark in marks), *(day for band in bands for day in (band.first, band.last))]
    if not days:
        return None
    first, last = min(days) - MARGIN, max(days) + MARGIN
    room = (WIDTH - LEFT - RIGHT) / max(1, last - first)

    def x(day: float) -> float:
        return round(LEFT + (day - first) * room, 1)

    def y(lane: int) -> float:
        return TOP + lane * LANE + LANE / 2

    height = TOP + len(lanes) * LANE + FOOT
    return Lifeline(
        WIDTH,
        height,
        tuple(
            Placed(
                x(band.first - 0.5),
                y(band.lane),
                max(_NARROW, round((band.last - band.first + 1) * room, 1)),
                band.tone,
                band.about,
            )
            for band in bands
        ),
        tuple(Placed(x(mark.day), y(mark.lane), 0.0, mark.tone, mark.about) for mark in marks),
        _ticks(first, last, x),
        tuple((y(n), name) for n, name in enumerate(lanes)),
    )


def _ticks(first: int, last: int, x: object) -> tuple[tuple[float, date], ...]:
    """The first days of months between the ends, every second or third one when there are many; else the ends."""
    assert callable(x)
    months, day = [], date.fromordinal(first).replace(day=1)
    while day.toordinal() <= last:
        if day.toordinal() >= first:
            months.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    if not months:
        return tuple((x(day), date.fromordinal(day)) for day in (first + MARGIN, last - MARGIN))
    every = -(-len(months) // MOST_TICKS)
    return tuple((x(month.toordinal()), month) for month in months[::every])
