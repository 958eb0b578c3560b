"""Charts of a report as bars that an email can show: the same descriptions that page and PDF draw, as widths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.rounding import signed
from surveyor.core.templates.report_fields import HISTOGRAM, MOST_MONTHS

#: Percent of the line that the longest bar of the histogram takes.
LONGEST = 96


def trend_bars(drawing: Mapping[str, Any] | None) -> dict[str, str]:
    """Of each month its name, its score with n, and its interval as percents of a line from -100 to +100.

    What changed in a month stands beside its score. Fields of `report_fields.TREND`; "" for months without a score that
    may be shown, which have no bar.
    """
    found: dict[str, str] = {}
    points = drawing["points"] if drawing is not None else ()
    changes: dict[int, list[str]] = {}
    for mark in drawing.get("marks", ()) if drawing is not None else ():
        changes.setdefault(mark["at"], []).append(mark["what"])
    changed: list[str] = []  # of months without a bar, until the next one that has one
    for n in range(1, MOST_MONTHS + 1):
        name = f"month{n}"
        found |= dict.fromkeys((name, f"{name}_said", f"{name}_from", f"{name}_wide", f"{name}_left"), "")
        changed += changes.get(n - 1, [])
        if n > len(points) or points[n - 1]["value"] is None:
            continue
        point = points[n - 1]
        low = max(1, min(_place(point["low"]), 97))
        wide = max(2, min(_place(point["high"]) - low, 99 - low))
        found |= {
            name: point["label"],
            f"{name}_said": " · ".join([f"{signed(point['value'])} (n\u00a0=\u00a0{point['n']})", *changed]),
            f"{name}_from": str(low),
            f"{name}_wide": str(wide),
            f"{name}_left": str(100 - low - wide),
        }
        changed = []
    return found


def histogram_bars(drawing: Mapping[str, Any] | None) -> dict[str, str]:
    """How many answers each score from 0 to 10 has, and its bar in percents of the line; "" without a histogram."""
    found = dict.fromkeys(HISTOGRAM, "")
    counts = drawing["counts"] if drawing is not None else ()
    most = max([*counts, 1])
    for score, n in enumerate(counts):
        wide = max(1, round(LONGEST * n / most))
        found |= {f"score{score}": str(n), f"score{score}_wide": str(wide), f"score{score}_left": str(100 - wide)}
    return found


def _place(points: float) -> int:
    return round((points + 100) / 2)
