"""The charts of figures as drawings: a line with its interval, the scores from 0 to 10, the bar of shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from surveyor.web.charts.bars import HEIGHT as BARS_HEIGHT
from surveyor.web.charts.bars import WIDTH as BARS_WIDTH
from surveyor.web.charts.bars import Bar, ShareBar
from surveyor.web.charts.drawing import Drawing, Shape, line, words
from surveyor.web.charts.trend import BOTTOM, LEFT, RIGHT, Point, Trend

SHARES_WIDTH, SHARES_HEIGHT = 1000.0, 34.0


def draw_trend(chart: Trend, about: str, say: Callable[[Point], str]) -> Drawing:
    """A line over time. say: what a dot says when pointed at."""
    shapes: list[Shape] = []
    end = chart.width - RIGHT
    for y, label, zero in chart.scale:
        shapes += [line("zero" if zero else "grid", (LEFT, y), (end, y)), words(label, LEFT - 8, y + 4, "end")]
    shapes += [line("mark", (mark.x, 10), (mark.x, chart.height - BOTTOM), mark.about or " ") for mark in chart.marks]
    if chart.goal is not None:
        shapes.append(line("goal", (LEFT, chart.goal), (end, chart.goal)))
    shapes += [Shape("path", "band", d=d) for d in chart.band]
    shapes += [Shape("path", "line", d=d) for d in chart.line]
    shapes += [Shape("path", "line thin", d=d) for d in chart.alone if d]
    for index, point in enumerate(chart.points):
        if point.y is not None:
            tone = "dot low" if point.low else "dot open" if point.figure.provisional else "dot"
            shapes.append(Shape("circle", tone, (point.x, point.y, 3.5), about=say(point)))
        if point.label:
            last = 0 < index == len(chart.points) - 1
            shapes.append(words(point.label, point.x, chart.height - 8, "end" if last else "middle"))
    return Drawing(chart.width, chart.height, about, tuple(shapes))


def draw_histogram(bars: Sequence[Bar], about: str, say: Callable[[Bar], str]) -> Drawing:
    """The eleven bars, each with its score under it and how many over it."""
    shapes: list[Shape] = []
    for bar in bars:
        middle = bar.x + bar.width / 2
        at = (bar.x, bar.y, bar.width, bar.height)
        shapes.append(Shape("rect", bar.tone, at, about=say(bar), round=3))
        shapes.append(words(bar.label, middle, BARS_HEIGHT - 6, "middle"))
        shapes.append(words(str(bar.count), middle, bar.y - 6, "middle", strong=True))
    return Drawing(BARS_WIDTH, BARS_HEIGHT, about, tuple(shapes), small=True)


def draw_shares(pieces: Sequence[ShareBar], about: str) -> Drawing:
    """Detractors, passives and promoters side by side, as wide as their place."""
    shapes = []
    for index, piece in enumerate(pieces):
        gap = 0 if index == len(pieces) - 1 else 4
        at = (piece.x, 0.0, max(piece.width - gap, 0), SHARES_HEIGHT)
        shapes.append(Shape("rect", piece.tone, at))
    return Drawing(SHARES_WIDTH, SHARES_HEIGHT, about, tuple(shapes), stretch=True)
