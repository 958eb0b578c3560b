"""What the charts of La voix du client show, as plain data: between its counts and a drawing (indicators.md, 18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.badges import HIDDEN_UNDER, LOW_UNDER
from surveyor.core.indicators.measures import nps_points
from surveyor.core.indicators.peers import funnel_plot
from surveyor.core.matrix import Matrix, Quadrant
from surveyor.core.quoting import french
from surveyor.core.reports.voice import VoiceFacts
from surveyor.core.reports.words import month_name, short_month

#: Months with a score from which there is a line to look at.
FEWEST_MONTHS = 3
_UNKNOWN = (None, None, None)


def trend(f: VoiceFacts) -> list[Mapping[str, Any]]:
    """Thirteen months with their interval, thin ones hollow, and what changed; nothing when hardly any may be shown."""
    points = []
    for place, (month, counts) in enumerate(f.series, start=1):
        n = sum(counts)
        # The month of the report counts people where its headline does: one interval for one figure.
        value, low, high = nps_points(counts, f.customers if place == len(f.series) else None) or _UNKNOWN
        points.append(
            {
                "month": month,
                "label": short_month(month, f.language),
                "value": value,
                "low": low,
                "high": high,
                "n": n,
                "thin": n < LOW_UNDER,
            }
        )
    if sum([point["value"] is not None for point in points]) < FEWEST_MONTHS:
        return []
    places = [month for month, _ in f.series]
    marks = [
        {"at": places.index(one.month), "what": french(one.what) if f.language == "fr" else one.what}
        for one in f.marks
        if one.month in places
    ]
    return [{"kind": "trend", "points": points, "marks": marks}]


def changed(f: VoiceFacts) -> str:
    """What the dashed lines of the trend stand for, in words: paper and email show no hint over a line; "" without."""
    places = {month for month, _ in f.series}
    french_said = f.language == "fr"
    said = ", ".join(f"{one.what} ({month_name(one.month, f.language)})" for one in f.marks if one.month in places)
    if not said:
        return ""
    if french_said:
        return french(f"Ce qui a changé, et où les chiffres peuvent bouger : {said}.")
    return f"What changed, and where figures may move: {said}."


def quadrants(f: VoiceFacts, matrix: Matrix) -> list[tuple[str, str]]:
    """The labels of each quadrant, by name, uncertain ones said so."""
    unsure = " (incertain)" if f.language == "fr" else " (uncertain)"
    rows = []
    for quadrant in Quadrant:
        names = sorted(
            f.labels.get(key, key) + (unsure if one.uncertain else "")
            for key, one in matrix.labels.items()
            if one.quadrant is quadrant
        )
        if names:
            rows.append((quadrant.words(f.language), ", ".join(names)))
    return rows


def scatter(f: VoiceFacts, matrix: Matrix) -> Mapping[str, Any]:
    """Labels by how often they are mentioned and how they go."""
    dots = [
        {
            "name": f.labels.get(key, key),
            "x": round(one.salience, 2),
            "y": round(one.performance, 2),
            "hollow": one.uncertain,
        }
        for key, one in sorted(matrix.labels.items())
        if one.quadrant is not None
    ]
    share = "part des commentaires →" if f.language == "fr" else "share of comments →"
    return {"kind": "matrix", "dots": dots, "middle": matrix.median_salience, "axes": (share, "performance ↑")}


def funnel(f: VoiceFacts) -> tuple[Mapping[str, Any], ...]:
    """Stores by answers and score with the limits that equal stores stay in: the network's and head office's."""
    placed = [one for one in f.stores if sum(one.counts) >= HIDDEN_UNDER]
    if f.edition not in ("network", "support") or len(placed) < 5:
        return ()
    largest = max(sum(one.counts) for one in placed)
    sizes = sorted({max(HIDDEN_UNDER, round(largest * step / 24)) for step in range(1, 25)})
    center, limits = funnel_plot({one.name: one.counts for one in placed}, sizes)
    dots = [
        {
            "name": one.name,
            "x": sum(one.counts),
            "y": round(100 * (one.counts[0] - one.counts[2]) / sum(one.counts), 2),
            "tier": str(one.tier),
        }
        for one in placed
    ]
    lines = [[n, *(round(bound, 2) for bound in (*limits[n]["95"], *limits[n]["99.8"]))] for n in sizes]
    return ({"kind": "funnel", "dots": dots, "center": round(center, 2), "limits": lines},)
