"""The line of a figure over time with its interval: a gap where it is hidden, a hollow dot where few answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surveyor.core.indicators import Envelope

WIDTH, HEIGHT = 720.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 12.0, 14.0, 32.0
LABELS = 7
#: Half of what closes the interval of a point that stands alone.
FOOT = 5.0


@dataclass(frozen=True, slots=True)
class Point:
    """One span of time: where its dot is (None when hidden), what it says, and its label under the axis or ""."""

    x: float
    y: float | None
    low: bool
    label: str
    name: str
    figure: Envelope


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line where something changed, and what, in words."""

    x: float
    about: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Everything the template draws: paths of the line and of its band, dots, the lines of the scale, the marks.

    alone: the interval of each point without a neighbour, which has no band.
    """

    width: float
    height: float
    line: tuple[str, ...]
    band: tuple[str, ...]
    points: tuple[Point, ...]
    scale: tuple[tuple[float, str, bool], ...]
    marks: tuple[Mark, ...] = ()
    goal: float | None = None
    alone: tuple[str, ...] = ()

    @property
    def drawn(self) -> bool:
        """False when there is nothing to see."""
        return any(point.y is not None for point in self.points)


def trend(
    spans: Sequence[tuple[str, str, Envelope]],
    marks: Sequence[tuple[float, str]] = (),
    *,
    percent: bool = False,
    goal: float | None = None,
) -> Trend:
    """The chart of (label, full name, figure) in the order of time. goal: where a line across is drawn, in its unit.

    percent: the figures are shares, from 0 up, instead of points from -100 to 100.
    marks: what changed, and when as a number of spans from the first one's first day: 1.5 is the middle of the second.
    """
    figures = [figure for _, _, figure in spans]
    low, high, step = _percents(figures, goal) if percent else _limits(figures, goal)

    def y(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    room = (WIDTH - LEFT - RIGHT) / max(1, len(spans) - 1)
    every = -(-len(spans) // LABELS)
    points = []
    for index, (label, name, figure) in enumerate(spans):
        x = round(LEFT + (room * index if len(spans) > 1 else (WIDTH - LEFT - RIGHT) / 2), 1)
        value = None if figure.value is None else y(figure.value)
        shown = label if (len(spans) - 1 - index) % every == 0 else ""
        points.append(Point(x, value, figure.status == "low", shown, name, figure))
    runs = _runs(points)
    ticks = range(int(low), int(high) + 1, step)
    scale = tuple((y(tick), _label(tick, percent), tick == 0) for tick in ticks)
    lines = tuple(_path([(p.x, p.y or 0.0) for p in run]) for run in runs if len(run) > 1)
    bands = tuple(_band(run, y) for run in runs if len(run) > 1)
    alone = tuple(_whisker(run[0], y) for run in runs if len(run) == 1)
    last = WIDTH - RIGHT
    drawn = tuple(Mark(round(min(last, LEFT + room * at), 1), about) for at, about in marks if len(spans) > 1)
    line_at = None if goal is None or not low <= goal <= high else y(goal)
    return Trend(WIDTH, HEIGHT, lines, bands, tuple(points), scale, drawn, line_at, alone)


def _whisker(point: Point, y: Callable[[float], float]) -> str:
    """From the lower to the upper bound, with a foot at both ends; "" without an interval."""
    if point.figure.ci_low is None or point.figure.ci_high is None:
        return ""
    ends = [y(point.figure.ci_low), y(point.figure.ci_high)]
    return _path([(point.x, end) for end in ends]) + "".join(
        _path([(point.x - FOOT, end), (point.x + FOOT, end)]) for end in ends
    )


def _label(tick: int, percent: bool) -> str:
    if percent:
        return f"{tick}\u00a0%"
    return f"+{tick}" if tick > 0 else str(tick).replace("-", "\u2212")


def _percents(figures: Sequence[Envelope], goal: float | None) -> tuple[float, float, int]:
    """From 0 % to what every interval needs, in round steps."""
    top = max([b for f in figures for b in (f.ci_high, f.value) if b is not None] + [goal or 0.0, 1.0])
    step = next(step for step in (1, 2, 5, 10, 20, 25) if top <= 5 * step or step == 25)
    return 0.0, min(100.0, -(-top // step) * step), step


def _limits(figures: Sequence[Envelope], goal: float | None = None) -> tuple[float, float, int]:
    """The lowest and the highest of the scale, multiples of its step, wide enough for every interval."""
    bounds = [b for f in figures for b in (f.ci_low, f.value, f.ci_high) if b is not None]
    bounds += [goal] if bounds and goal is not None else []
    if not bounds:
        return -100.0, 100.0, 50
    spread = max(bounds) - min(bounds)
    step = 10 if spread <= 50 else 20 if spread <= 100 else 50
    low, high = min(bounds) // step * step, -(-max(bounds) // step) * step
    return max(-100.0, low), min(100.0, max(high, low + 2 * step)), step


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Points in a row that have a value; a hidden one cuts the line."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point.y is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places)


def _band(run: Sequence[Point], y: object) -> str:
    assert callable(y)
    top = [(p.x, y(p.figure.ci_high if p.figure.ci_high is not None else p.figure.value)) for p in run]
    bottom = [(p.x, y(p.figure.ci_low if p.figure.ci_low is not None else p.figure.value)) for p in run]
    return _path([*top, *reversed(bottom)]) + "Z"
