"""Emails of each day under two versions of the rules: an area, a line over it, and the days with the most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

LEFT, RIGHT, TOP, FOOT = 48.0, 756.0, 12.0, 150.0
MOST_TICKS = 8
PEAKS = 20


@dataclass(frozen=True, slots=True)
class Days:
    """active: an area; draft: a line, as paths. most: the highest day. ticks: (x, day). peaks: (day, before, after)."""

    active: str
    draft: str
    most: int
    ticks: tuple[tuple[float, date], ...]
    peaks: tuple[tuple[date, int, int], ...]


def days_drawn(now: Mapping[str, int], before: Mapping[str, int]) -> Days | None:
    """The chart of counts by ISO date; None when there is no email at all. Peaks: the days with the most, of either."""
    if not now and not before:
        return None
    known = sorted({*now, *before})
    first, last = date.fromisoformat(known[0]), date.fromisoformat(known[-1])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    most = max(*now.values(), *before.values(), 1)
    room = (RIGHT - LEFT) / max(1, len(days) - 1)

    def path(counts: Mapping[str, int]) -> str:
        points = (
            f"{LEFT + n * room:.1f} {FOOT - (FOOT - TOP) * counts.get(day.isoformat(), 0) / most:.1f}"
            for n, day in enumerate(days)
        )
        return "M" + "L".join(points)

    area = f"{path(before)}L{LEFT + (len(days) - 1) * room:.1f} {FOOT:g}L{LEFT:g} {FOOT:g}Z"
    months = [(n, day) for n, day in enumerate(days) if day.day == 1] or [(0, days[0]), (len(days) - 1, days[-1])]
    every = -(-len(months) // MOST_TICKS)
    ticks = tuple((round(LEFT + n * room, 1), day) for n, day in months[::every])
    ranked = sorted(known, key=lambda day: (-max(now.get(day, 0), before.get(day, 0)), day))[:PEAKS]
    peaks = tuple((date.fromisoformat(day), before.get(day, 0), now.get(day, 0)) for day in ranked)
    return Days(area, path(now), most, ticks, peaks)
