"""Charts of reports as SVG: one description, the same drawing on the page, in the file and in the PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from surveyor.core.rounding import signed

#: Of a sheet for paper and screens, and of one for telephones: letters are as tall on both.
WIDTH, NARROW = 720, 340
INK, SOFT, GRID, ACCENT, BAND = "#23302f", "#56615f", "#dfe4e3", "#1f5a54", "#cfe3e0"
TONES = {"promoter": "#2f7d4f", "passive": "#8a8f98", "detractor": "#b3362b"}
TIERS = {"above": "#2f7d4f", "average": "#5d6b7a", "below": "#b3362b", "not_ranked": "#a9b0b8"}
FONT = 'font-family="DejaVu Sans, Arial, sans-serif" font-size="12"'
#: Pixels of a letter at the size of the names, a little more than it takes.
WIDE = 6.8
Drawing = Mapping[str, Any]


def svg(drawing: Drawing, about: str, *, width: int = WIDTH) -> str:
    """The chart as an SVG of its own; about: what it shows, for those who do not see it. KeyError: an unknown kind."""
    height, body = _KINDS[drawing["kind"]](drawing, width)
    paper = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(about)}" {FONT}>{paper}{"".join(body)}</svg>'
    )


def _trend(drawing: Drawing, width: int) -> tuple[int, list[str]]:
    points: Sequence[Drawing] = drawing["points"]
    height, left, right, top, bottom = 250, 44, 16, 14, 34
    known = [p for p in points if p["value"] is not None]
    bounds = [p[name] for p in known for name in ("low", "high")]
    low, high, step = _scale(bounds)
    y = _axis(low, high, top, height - bottom)
    room = (width - left - right) / max(1, len(points) - 1)
    every = 2 if width > NARROW else 4  # names of months that do not touch
    x = [left + room * at for at in range(len(points))]
    body = [_level(left, y(tick), tick, width) for tick in range(int(low), int(high) + 1, step)]
    for mark in drawing["marks"]:
        at = x[mark["at"]]
        body.append(_line(at, top, at, height - bottom, SOFT, 'stroke-dasharray="3 3"', title=mark["what"]))
    for run in _runs(points):
        if len(run) > 1:
            upper = [(x[at], y(points[at]["high"])) for at in run]
            lower = [(x[at], y(points[at]["low"])) for at in reversed(run)]
            body.append(f'<path d="{_path([*upper, *lower])}Z" fill="{BAND}"/>')
            line = _path([(x[at], y(points[at]["value"])) for at in run])
            body.append(f'<path d="{line}" fill="none" stroke="{ACCENT}" stroke-width="2"/>')
        else:  # without a neighbour there is no band: its interval is a line with a foot at both ends
            ends = [(x[at], y(points[at][name])) for at in run for name in ("low", "high")]
            feet = "".join(_path([(at - 5, end), (at + 5, end)]) for at, end in ends)
            body.append(f'<path d="{_path(ends)}{feet}" fill="none" stroke="{ACCENT}" stroke-width="1.5"/>')
    for at, point in enumerate(points):
        if point["value"] is not None:
            fill = "#ffffff" if point["thin"] else ACCENT
            title = f"{point['label']}: {signed(point['value'])} (n = {point['n']})"
            body.append(_dot(x[at], y(point["value"]), 4, fill, ACCENT, title))
        if (len(points) - 1 - at) % every == 0:
            anchor = "end" if at == len(points) - 1 else "middle"
            body.append(_text(x[at], height - 10, point["label"], anchor))
    return height, body


def _histogram(drawing: Drawing, width: int) -> tuple[int, list[str]]:
    counts: Sequence[int] = drawing["counts"]
    height, bottom = 170, 24
    most = max(max(counts), 1)
    room = (width - 40) / len(counts)
    body = []
    for score, n in enumerate(counts):
        tall = (height - bottom - 24) * n / most
        x, y = 20 + room * score + 6, height - bottom - tall
        tone = TONES["promoter" if score >= 9 else "passive" if score >= 7 else "detractor"]
        body.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{room - 12:.1f}" height="{tall:.1f}" fill="{tone}"/>')
        body.append(_text(x + (room - 12) / 2, height - 8, str(score), "middle"))
        body.append(_text(x + (room - 12) / 2, y - 5, str(n), "middle", INK))
    return height, body


def _funnel(drawing: Drawing, width: int) -> tuple[int, list[str]]:
    height, left, right, top, bottom = 300, 44, 16, 14, 34
    limits: Sequence[Sequence[float]] = drawing["limits"]
    dots: Sequence[Drawing] = drawing["dots"]
    largest = max([limits[-1][0], *(dot["x"] for dot in dots)])
    low, high, step = _scale([dot["y"] for dot in dots])
    y = _axis(low, high, top, height - bottom)

    def x(n: float) -> float:
        return float(left + (width - left - right) * n / largest)

    def clipped(value: float) -> float:
        return y(min(high, max(low, value)))

    body = [_level(left, y(tick), tick, width) for tick in range(int(low), int(high) + 1, step)]
    body.append(_line(left, y(drawing["center"]), width - right, y(drawing["center"]), ACCENT))
    for place, dash in ((1, "4 3"), (2, "4 3"), (3, "1 3"), (4, "1 3")):
        line = _path([(x(row[0]), clipped(row[place])) for row in limits])
        body.append(f'<path d="{line}" fill="none" stroke="{SOFT}" stroke-dasharray="{dash}"/>')
    for dot in dots:
        body.append(_dot(x(dot["x"]), y(dot["y"]), 4, TIERS[dot["tier"]], "#ffffff", f"{dot['name']}, n = {dot['x']}"))
    for part in (0, 0.5, 1):
        anchor = "end" if part == 1 else "middle"
        body.append(_text(x(largest * part), height - 10, f"n = {round(largest * part)}", anchor))
    return height, body


def _matrix(drawing: Drawing, width: int) -> tuple[int, list[str]]:
    height, left, right, top, bottom = 300, 44, 24, 14, 34
    dots: Sequence[Drawing] = drawing["dots"]
    most = max([dot["x"] for dot in dots] + [1.0]) * 1.1
    y = _axis(-100, 100, top, height - bottom)

    def x(salience: float) -> float:
        return float(left + (width - left - right) * salience / most)

    body = [_level(left, y(tick), tick, width) for tick in (-100, -50, 0, 50, 100)]
    if drawing["middle"] is not None:
        body.append(
            _line(x(drawing["middle"]), top, x(drawing["middle"]), height - bottom, SOFT, 'stroke-dasharray="3 3"')
        )
    spots = [(x(dot["x"]) - 6, y(dot["y"]) - 6, x(dot["x"]) + 6, y(dot["y"]) + 6) for dot in dots]
    names: list[_Box] = []
    for dot in dots:
        tone = TONES["promoter"] if dot["y"] >= 0 else TONES["detractor"]
        body.append(_dot(x(dot["x"]), y(dot["y"]), 5, "#ffffff" if dot["hollow"] else tone, tone, dot["name"]))
        body.append(_beside(x(dot["x"]), y(dot["y"]), dot["name"], spots, names, width))
    if "axes" in drawing:
        body.append(_text(width - right, height - 10, drawing["axes"][0], "end"))
        body.append(_text(left + 6, top + 4, drawing["axes"][1], "start"))
    return height, body


_Box = tuple[float, float, float, float]


def _beside(x: float, y: float, said: str, spots: Sequence[_Box], names: list[_Box], width: int) -> str:
    """A name by its dot, in the first place of four where it covers no other name, nor a dot if that can be.

    Its place is taken from then on.
    """
    long = WIDE * len(said)
    places = ((x + 9, y + 4, "start"), (x - 9, y + 4, "end"), (x, y - 9, "middle"), (x, y + 18, "middle"))
    boxes: list[_Box] = []
    for at, base, anchor in places:
        first = at if anchor == "start" else at - long if anchor == "end" else at - long / 2
        boxes.append((first, base - 11, first + long, base + 3))
    inside = [n for n, box in enumerate(boxes) if box[0] >= 0 and box[2] <= width]
    readable = [n for n in inside if not any(_meet(boxes[n], one) for one in names)]
    clear = [n for n in readable if not any(_meet(boxes[n], one) for one in spots)]
    best = (*clear, *readable, *inside, 0)[0]
    names.append(boxes[best])
    at, base, anchor = places[best]
    return _text(at, base, said, anchor, INK)


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _scale(bounds: Sequence[float]) -> tuple[float, float, int]:
    """Lowest, highest and step of an axis of points that holds these values, at least 40 points tall."""
    least, most = min(bounds), max(bounds)
    step = 10 if most - least <= 60 else 20 if most - least <= 110 else 50
    low = max(-100.0, float(least // step * step))
    high = min(100.0, float(-(-most // step) * step))
    while high - low < 40:
        low, high = max(-100.0, low - step), min(100.0, high + step)
    return low, high, step


def _axis(low: float, high: float, top: float, bottom: float) -> Callable[[float], float]:
    return lambda value: round(top + (high - value) / (high - low) * (bottom - top), 1)


def _runs(points: Sequence[Drawing]) -> list[list[int]]:
    """Places in a row that have a value; a hidden one cuts the line."""
    runs: list[list[int]] = [[]]
    for at, point in enumerate(points):
        if point["value"] is None:
            runs.append([])
        else:
            runs[-1].append(at)
    return [run for run in runs if run]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _level(left: float, y: float, tick: int, width: int) -> str:
    line = _line(left, y, width - 12, y, SOFT if tick == 0 else GRID)
    return line + _text(left - 6, y + 4, signed(tick), "end")


def _line(x1: float, y1: float, x2: float, y2: float, tone: str, more: str = "", *, title: str = "") -> str:  # noqa: PLR0913
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{tone}" {more}>{inner}</line>'


def _dot(x: float, y: float, r: float, fill: str, stroke: str, title: str) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" fill="{fill}" stroke="{stroke}" stroke-width="1.5">'
        f"<title>{escape(title)}</title></circle>"
    )


def _text(x: float, y: float, said: str, anchor: str, tone: str = SOFT) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{tone}">{escape(said)}</text>'


_KINDS: Mapping[str, Callable[[Drawing, int], tuple[int, list[str]]]] = {
    "trend": _trend,
    "histogram": _histogram,
    "funnel": _funnel,
    "matrix": _matrix,
}
ABOUT: Mapping[str, tuple[str, str]] = {
    "trend": ("NPS de treize mois avec son intervalle", "NPS of thirteen months with its interval"),
    "histogram": ("Réponses par note, de 0 à 10", "Answers by score, from 0 to 10"),
    "funnel": (
        "Magasins par nombre de réponses et NPS, avec les limites du hasard",
        "Stores by answers and NPS, with the limits of chance",
    ),
    "matrix": ("Libellés par importance et par performance", "Labels by importance and performance"),
}


def about(drawing: Drawing, language: str) -> str:
    """What a chart shows, in words."""
    return ABOUT[drawing["kind"]][0 if language == "fr" else 1]
