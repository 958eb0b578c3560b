"""Stores beside each other without a league: a funnel plot with the limits of chance, and small lines over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveyor.web.charts.drawing import Drawing, Shape, line, path, words

WIDTH, HEIGHT = 720.0, 380.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 16.0, 14.0, 40.0
_STEPS = 48
TINY_WIDTH, TINY_HEIGHT = 220.0, 64.0


@dataclass(frozen=True, slots=True)
class Place:
    """A store on the plot: its answers, its NPS, its tone (good above, bad below, flat average, low not ranked)."""

    n: int
    value: float
    tone: str
    about: str


def sizes(places: Sequence[Place]) -> list[int]:
    """The numbers of answers at which the limits of a plot are wanted, from the smallest store to the largest."""
    low, high = _ends(places)
    return sorted({max(1, round(low * (high / low) ** (step / _STEPS))) for step in range(_STEPS + 1)})


def _ends(places: Sequence[Place]) -> tuple[float, float]:
    return max(1.0, min(place.n for place in places) * 0.92), max(place.n for place in places) * 1.06 + 1


Limits = Mapping[int, Mapping[str, tuple[float, float]]]


def funnel_plot(places: Sequence[Place], center: float, limits: Limits, about: str, axis: str) -> Drawing:
    """NPS against the number of answers: within the dashed limits a gap is what chance alone makes 95 times of 100.

    center, limits: of core/indicators/peers.funnel_plot at `sizes`. axis: words under the plot. Tiers give the tones;
    the plot does not decide.
    """
    if not places:
        return Drawing(WIDTH, HEIGHT, about, ())
    low, high = _ends(places)
    left, right = math.log(low), math.log(high)

    def x(n: float) -> float:
        share = (math.log(n) - left) / (right - left)
        return round(LEFT + max(0.0, min(1.0, share)) * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        kept = max(-100.0, min(100.0, value))
        return round(TOP + (100.0 - kept) / 200 * (HEIGHT - TOP - BOTTOM), 1)

    shapes: list[Shape] = []
    for tick in range(-100, 101, 50):
        shapes.append(line("zero" if tick == 0 else "grid", (LEFT, y(tick)), (WIDTH - RIGHT, y(tick))))
        shapes.append(words(_signed(tick), LEFT - 8, y(tick) + 4, "end"))
    for name, tone in (("99.8", "limit far"), ("95", "limit")):
        for side in (0, 1):
            edge = [(x(n), y(limits[n][name][side])) for n in sorted(limits)]
            shapes.append(Shape("path", tone, d=path(edge)))
    shapes.append(line("line soft", (LEFT, y(center)), (WIDTH - RIGHT, y(center))))
    shapes += [words(str(n), x(n), HEIGHT - 22, "middle") for n in _round_sizes(low, high)]
    shapes.append(words(axis, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, "middle"))
    shapes += [
        Shape("circle", f"dot {place.tone}", (x(place.n), y(place.value), 5), about=place.about)
        for place in sorted(places, key=lambda one: -one.n)
    ]
    return Drawing(WIDTH, HEIGHT, about, tuple(shapes))


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else str(number).replace("-", "\u2212")


def _round_sizes(low: float, high: float) -> list[int]:
    """Round numbers of answers between two."""
    return [n for n in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000) if low <= n <= high]


@dataclass(frozen=True, slots=True)
class Spot:
    """A span of a small line: value and bounds, None when hidden; low: few answers."""

    value: float | None
    low: float | None = None
    high: float | None = None
    weak: bool = False
    about: str = ""


def _bound(bound: float | None, spot: Spot) -> float:
    """An end of an interval; the value itself while the people that the interval counts are not counted yet."""
    return (spot.value or 0.0) if bound is None else bound


def small_line(
    spots: Sequence[Spot], scale: tuple[float, float], about: str, marks: Sequence[tuple[float, str]] = ()
) -> Drawing:
    """One of many small charts that share a scale, so that their heights compare.

    marks: what changed, and when as a number of spans from the first one's first day.
    """
    bottom, top = scale
    room = TINY_WIDTH - 12

    def x(index: int) -> float:
        return round(6 + (room * index / (len(spots) - 1) if len(spots) > 1 else room / 2), 1)

    def y(value: float) -> float:
        return round(4 + (top - value) / max(top - bottom, 1.0) * (TINY_HEIGHT - 8), 1)

    shapes: list[Shape] = []
    if bottom <= 0 <= top:
        shapes.append(line("zero", (0, y(0)), (TINY_WIDTH, y(0))))
    if len(spots) > 1:
        places = ((round(6 + room * min(at / (len(spots) - 1), 1.0), 1), said) for at, said in marks)
        shapes += [line("mark", (at, 2), (at, TINY_HEIGHT - 2), said) for at, said in places]
    for run in _runs(spots):
        if len(run) > 1:
            upper = [(x(i), y(_bound(spots[i].high, spots[i]))) for i in run]
            lower = [(x(i), y(_bound(spots[i].low, spots[i]))) for i in reversed(run)]
            shapes.append(Shape("path", "band", d=path([*upper, *lower], closed=True)))
            shapes.append(Shape("path", "line thin", d=path([(x(i), y(spots[i].value or 0.0)) for i in run])))
        else:
            alone = spots[run[0]]
            ends = [(x(run[0]), y(_bound(bound, alone))) for bound in (alone.low, alone.high)]
            shapes.append(Shape("path", "line thin", d=path(ends)))
        shapes += [
            Shape(
                "circle",
                "dot low" if spots[i].weak else "dot",
                (x(i), y(spots[i].value or 0.0), 2.5),
                about=spots[i].about,
            )
            for i in run
        ]
    return Drawing(TINY_WIDTH, TINY_HEIGHT, about, tuple(shapes))


def _runs(spots: Sequence[Spot]) -> list[list[int]]:
    runs: list[list[int]] = [[]]
    for index, spot in enumerate(spots):
        if spot.value is None or spot.low is None or spot.high is None:
            runs.append([])
        else:
            runs[-1].append(index)
    return [run for run in runs if run]


def shared_scale(lines: Sequence[Sequence[Spot]]) -> tuple[float, float]:
    """The scale that holds every interval of many small lines, in tens."""
    bounds = [b for spots in lines for s in spots for b in (s.low, s.value, s.high) if b is not None]
    if not bounds:
        return -100.0, 100.0
    return max(-100.0, min(bounds) // 10 * 10), min(100.0, -(-max(bounds) // 10) * 10)
