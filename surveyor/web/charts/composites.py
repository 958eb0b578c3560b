"""Two drawings of composed figures: labels by what matters and how it goes, and a CustScore by its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surveyor.web.charts.drawing import Drawing, Shape, line, words

#: Of a sheet for screens, and of one for telephones: letters are as tall on both.
WIDTH, NARROW, HEIGHT = 760.0, 340.0, 480.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 20.0, 28.0, 44.0
ROW, NAME, VALUE = 30.0, 210.0, 60.0
TALL = 42.0


@dataclass(frozen=True, slots=True)
class LabelDot:
    """A label: performance in points, salience in percent, its tone, its name and what it says when pointed at."""

    name: str
    performance: float
    salience: float
    tone: str
    about: str


def draw_matrix(
    dots: Sequence[LabelDot],
    median: float,
    corners: Sequence[str],
    about: str,
    axes: tuple[str, str],
    *,
    width: float = WIDTH,
) -> Drawing:
    """Performance from left to right, salience upwards; the lines are 0 and the median. corners: names of quadrants,
    top right, bottom right, bottom left, top left. Uncertain labels are hollow."""
    most = max([one.salience for one in dots] + [median * 2, 1.0]) * 1.08

    def x(value: float) -> float:
        return round(LEFT + (max(-100.0, min(100.0, value)) + 100) / 200 * (width - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM), 1)

    right, bottom, middle = width - RIGHT, HEIGHT - BOTTOM, y(median)
    shapes: list[Shape] = []
    for tick in (-100, -50, 50, 100):
        shapes.append(line("grid", (x(tick), TOP), (x(tick), bottom)))
    for tick in (-100, -50, 0, 50, 100):
        shapes.append(words(f"{tick:+d}".replace("-", "\u2212") if tick else "0", x(tick), bottom + 18, "middle"))
    shapes += [line("mark", (x(0), TOP), (x(0), bottom)), line("mark", (LEFT, middle), (right, middle))]
    places = (
        (right - 6, TOP + 4, "end"),
        (right - 6, bottom - 8, "end"),
        (LEFT + 6, bottom - 8, ""),
        (LEFT + 6, TOP + 4, ""),
    )
    for corner, (cx, cy, anchor) in zip(corners, places, strict=True):
        shapes.append(words(corner, cx, cy, anchor, strong=True))  # type: ignore[arg-type]
    taken = [(x(one.performance) - 8, y(one.salience) - 8, 16.0, 16.0) for one in dots]
    for one in sorted(dots, key=lambda dot: -dot.salience):
        px, py = x(one.performance), y(one.salience)
        shapes.append(Shape("circle", one.tone, (px, py, 6.0), about=one.about))
        name = _name(one.name, px, py, taken, width)
        if name is not None:
            shapes.append(name)
    shapes += [words(axes[0], width - 4, HEIGHT - 6, "end"), words(axes[1], 4, 14)]
    return Drawing(width, HEIGHT, about, tuple(shapes))


def _name(
    text: str, px: float, py: float, taken: list[tuple[float, float, float, float]], width: float
) -> Shape | None:
    """A name beside its dot where nothing else stands; None where there is no room: the dot and the table say it."""
    wide = 6.4 * len(text)
    for dx, dy, anchor in (
        (11, 4, ""),
        (-11, 4, "end"),
        (0, -11, "middle"),
        (0, 21, "middle"),
        (11, 17, ""),
        (-11, -9, "end"),
    ):
        left = px + dx - (wide if anchor == "end" else wide / 2 if anchor == "middle" else 0)
        box = (left, py + dy - 10, wide, 13.0)
        inside = left >= LEFT and left + wide <= width - 4 and box[1] > TOP + 8 and box[1] + 13 < HEIGHT - BOTTOM - 14
        if inside and not any(_meet(box, other) for other in taken):
            taken.append(box)
            return words(text, px + dx, py + dy, anchor)  # type: ignore[arg-type]
    return None


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    across = one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
    return across and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]


@dataclass(frozen=True, slots=True)
class Part:
    """An item: its name, points earned and points still to win; what each part says when pointed at."""

    name: str
    earned: float
    to_win: float
    about: str
    shown: str


def draw_parts(parts: Sequence[Part], about: str) -> Drawing:
    """One bar a line: what an item earned, and behind it what it could still win."""
    most = max([one.earned + one.to_win for one in parts] + [1.0])
    width = 720.0
    space = width - NAME - VALUE
    shapes: list[Shape] = []
    for index, one in enumerate(parts):
        top = 6 + index * ROW
        full, won = space * (one.earned + one.to_win) / most, space * one.earned / most
        shapes.append(words(one.name, NAME - 12, top + 15, "end"))
        shapes.append(Shape("rect", "track", (NAME, top, round(full, 1), 20.0), about=one.about, round=4))
        shapes.append(Shape("rect", "bar", (NAME, top, round(max(won, 0.5), 1), 20.0), about=one.about, round=4))
        shapes.append(words(one.shown, NAME + full + 8, top + 15, strong=True))
    return Drawing(width, 12 + len(parts) * ROW, about, tuple(shapes))


def draw_parts_narrow(parts: Sequence[Part], about: str) -> Drawing:
    """The same for a telephone: the name and what was earned stand above the bar."""
    most = max([one.earned + one.to_win for one in parts] + [1.0])
    shapes: list[Shape] = []
    for index, one in enumerate(parts):
        top = index * TALL
        full, won = NARROW * (one.earned + one.to_win) / most, NARROW * one.earned / most
        shapes.append(words(one.name, 0, top + 14))
        shapes.append(words(one.shown, NARROW, top + 14, "end", strong=True))
        shapes.append(Shape("rect", "track", (0, top + 20, round(full, 1), 14.0), about=one.about, round=4))
        shapes.append(Shape("rect", "bar", (0, top + 20, round(max(won, 0.5), 1), 14.0), about=one.about, round=4))
    return Drawing(NARROW, len(parts) * TALL, about, tuple(shapes))
