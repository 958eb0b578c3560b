"""Bars: how many answers of each score, and the three shares of an NPS side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, FOOT, HEAD = 440.0, 230.0, 24.0, 20.0
GAP = 8.0
TONES = ("bad",) * 7 + ("mid",) * 2 + ("good",) * 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its place, its tone (good, mid, bad), what stands under and over it."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    label: str
    count: int


def histogram(counts: Sequence[int]) -> tuple[Bar, ...]:
    """The eleven bars of 0 to 10; the highest fills the sheet."""
    width = (WIDTH - GAP * 10) / 11
    most = max(max(counts), 1)
    bars = []
    for score, count in enumerate(counts):
        height = round((HEIGHT - FOOT - HEAD) * count / most, 1)
        if count:
            height = max(height, 2.0)
        x = round(score * (width + GAP), 1)
        bars.append(Bar(x, round(HEIGHT - FOOT - height, 1), round(width, 1), height, TONES[score], str(score), count))
    return tuple(bars)


@dataclass(frozen=True, slots=True)
class ShareBar:
    """One piece of the bar of shares: its place out of 1000, its tone and its percent as shown."""

    x: float
    width: float
    tone: str
    name: str
    display: int
    count: int


def share_bar(shares: Mapping[str, Mapping[str, object]]) -> tuple[ShareBar, ...]:
    """Detractors, passives, promoters, from left to right; widths are those of the counts."""
    order = (("detractors", "bad"), ("passives", "mid"), ("promoters", "good"))
    counts = {name: int(str(shares[name]["count"])) for name, _ in order}
    total = max(1, sum(counts.values()))
    pieces, x = [], 0.0
    for name, tone in order:
        width = round(1000 * counts[name] / total, 1)
        display = int(str(shares[name]["display"]))
        pieces.append(ShareBar(x, width, tone, name, display, counts[name]))
        x = round(x + width, 1)
    return tuple(pieces)
