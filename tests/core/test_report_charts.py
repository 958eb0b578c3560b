"""One description of a chart: the page's drawing, the PDF's and the email's bars say the same numbers."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from surveyor.core.reports.drawing import NARROW, WIDE, WIDTH, about, svg
from surveyor.core.reports.lines import lines_of
from surveyor.core.reports.mail_charts import LONGEST, histogram_bars, trend_bars
from surveyor.core.reports.report import Report
from surveyor.core.reports.voice import Marked
from surveyor.core.reports.voice_page import voice_report
from surveyor.core.templates.report_fields import HISTOGRAM, TREND
from surveyor.web.reports.files import as_html
from surveyor.web.reports.paper import drawn
from tests.core.test_voice import facts, scored

MONTHS = [(f"2026-{n:02d}", (40 + 3 * n, 30, 20)) for n in range(1, 6)]


@pytest.fixture
def report() -> Report:
    return voice_report(facts(scores=scored(46, 40, 10), series=[("2025-12", (3, 2, 2)), *MONTHS]))


def test_page_file_and_pdf_hold_the_same_drawings(report: Report) -> None:
    drawings = report.section("split").drawings
    assert [one["kind"] for one in drawings] == ["histogram", "trend"]
    page = as_html(report)
    paper = [one["svg"] for section in report.sections for one in drawn(section, report.language)]
    for drawing in drawings:
        made = svg(drawing, about(drawing, "fr"))
        assert made in page
        assert made in paper


def test_on_a_telephone_a_page_draws_them_on_a_sheet_of_their_own(report: Report) -> None:
    for drawing in report.section("split").drawings:
        shown = about(drawing, "fr")
        wide, narrow = svg(drawing, shown), svg(drawing, shown, width=NARROW)
        assert f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>' in as_html(report)
        assert re.findall("<title>(.*?)</title>", narrow) == re.findall("<title>(.*?)</title>", wide)


@pytest.mark.parametrize("width", [WIDTH, NARROW])
def test_no_word_of_a_chart_leaves_its_sheet_or_covers_another(width: int) -> None:
    months = [f"{name} {year}" for year in (25, 26) for name in ("janv.", "févr.", "sept.", "déc.")] * 2
    points = [{"label": said, "value": 40, "low": 30, "high": 50, "n": 9999, "thin": False} for said in months[:13]]
    limits = [[n, 10, 70, 0, 80] for n in (10, 500, 2000)]
    dots = [{"name": f"M{n}", "x": 30 + 150 * n, "y": 10 * n, "tier": "average"} for n in range(10)]
    for drawing in (
        {"kind": "trend", "points": points, "marks": []},
        {"kind": "histogram", "counts": [999] * 11},
        {"kind": "funnel", "limits": limits, "dots": dots, "center": 40},
    ):
        rows: dict[str, list[tuple[float, float]]] = {}
        for x, y, anchor, said in re.findall(
            r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)"[^>]*>(.*?)</text>', svg(drawing, "", width=width)
        ):
            long = WIDE * len(said)
            first = float(x) - {"start": 0, "middle": long / 2, "end": long}[anchor]
            rows.setdefault(y, []).append((first, first + long))
        for row in rows.values():
            assert all(first >= -1 and last <= width + 1 for first, last in row), drawing["kind"]
            row.sort()
            assert all(one[1] <= next_one[0] for one, next_one in itertools.pairwise(row)), drawing["kind"]


def test_the_email_says_each_number_of_the_same_descriptions(report: Report) -> None:
    histogram, trend = report.section("split").drawings
    lines = lines_of(report)
    assert [lines[f"score{n}"] for n in range(11)] == [str(n) for n in histogram["counts"]]
    assert lines["score10_wide"] == str(LONGEST)
    assert {int(lines[f"score{n}_wide"]) + int(lines[f"score{n}_left"]) for n in range(11)} == {100}
    named = [lines[f"month{n}"] for n in range(1, 14) if lines[f"month{n}"]]
    assert named == [one["label"] for one in trend["points"] if one["value"] is not None]
    assert "déc. 25" not in named  # seven answers: no score
    for n, point in enumerate(trend["points"], 1):
        if point["value"] is not None:
            assert lines[f"month{n}_said"].endswith(f"(n\u00a0=\u00a0{point['n']})")
            low, wide, left = (int(lines[f"month{n}_{part}"]) for part in ("from", "wide", "left"))
            assert low == round((point["low"] + 100) / 2)
            assert low + wide == round((point["high"] + 100) / 2)
            assert low + wide + left == 100


def test_a_month_without_a_neighbour_shows_its_interval_too() -> None:
    points = [
        {"label": "mai", "value": value, "low": low, "high": high, "n": n, "thin": False}
        for value, low, high, n in ((None, None, None, 3), (20.0, 5.0, 35.0, 90), (None, None, None, 3))
    ]
    made = svg({"kind": "trend", "points": points, "marks": []}, "about")
    (line,) = re.findall(r'<path d="([^"]+)" fill="none"', made)
    heights = {y for _, y in re.findall(r"[ML]([0-9.]+) ([0-9.]+)", line)}
    dot = re.search(r'<circle cx="([0-9.]+)" cy="([0-9.]+)"', made)
    assert dot is not None
    assert len(heights) == 2
    assert min(map(float, heights)) < float(dot[2]) < max(map(float, heights))
    assert line.startswith(f"M{dot[1]} ")


def test_what_changed_is_said_wherever_the_trend_is() -> None:
    """A dashed line said what it was to a mouse alone: nothing on paper, nothing in the email."""
    marks = [Marked("2025-12", "règles"), Marked("2026-03", "questionnaire"), Marked("2024-01", "règles")]
    series = [("2025-12", (3, 2, 2)), *MONTHS]
    report = voice_report(facts(scores=scored(46, 40, 10), series=series, marks=marks))
    words = (
        "Ce qui a changé, et où les chiffres peuvent bouger\u00a0: règles (décembre 2025), questionnaire (mars 2026)."
    )
    assert report.section("split").sentences == (words,)
    assert words in as_html(report)
    lines = lines_of(report)
    assert lines["trend"].endswith(words)
    told = {lines[f"month{n}"]: lines[f"month{n}_said"] for n in range(1, 14) if lines[f"month{n}"]}
    assert [name for name, said in told.items() if " · " in said] == ["janv. 26", "mars 26"]  # December has no bar
    assert told["mars 26"].endswith(" · questionnaire")
    assert voice_report(facts(series=series)).section("split").sentences == ()


@pytest.mark.parametrize(("low", "high"), [(-100.0, -99.0), (99.0, 100.0), (-100.0, 100.0), (0.0, 0.0)])
def test_a_bar_always_has_a_width_and_never_more_than_its_line(low: float, high: float) -> None:
    bars = trend_bars({"points": [{"label": "mai", "value": low, "low": low, "high": high, "n": 12}]})
    parts = [int(bars[f"month1_{part}"]) for part in ("from", "wide", "left")]
    assert sum(parts) == 100
    assert min(parts) >= 1


def test_without_a_chart_every_field_is_there_and_empty() -> None:
    assert {**trend_bars(None), **histogram_bars(None)} == dict.fromkeys((*TREND, *HISTOGRAM), "")


def test_a_line_of_two_months_is_no_chart() -> None:
    few = voice_report(facts(series=MONTHS[:2]))
    assert [one["kind"] for one in few.section("split").drawings] == ["histogram"]
    assert lines_of(few)["trend"] == ""


def boxes(drawing: str) -> list[tuple[str, float, float, float, float]]:
    found: list[tuple[str, float, float, float, float]] = []
    for x, y, anchor, said in re.findall(
        r'<text x="([\d.-]+)" y="([\d.-]+)" text-anchor="(\w+)" fill="#23302f">([^<]*)', drawing
    ):
        long = 6.8 * len(said)
        first = float(x) - {"start": 0, "middle": long / 2, "end": long}[anchor]
        found.append((said, first, float(y) - 11, first + long, float(y) + 3))
    return found


def test_names_of_the_matrix_do_not_cover_each_other() -> None:
    dots: list[dict[str, Any]] = [
        {"name": name, "x": 30.0 + 4 * n, "y": 40.0 + 9 * n, "hollow": False}
        for n, name in enumerate(["Accueil", "Fraîcheur", "Attente et caisse", "Remplacements"])
    ]
    found = boxes(svg({"kind": "matrix", "dots": dots, "middle": 20.0, "axes": ("part →", "performance ↑")}, "…"))
    assert len(found) == 4
    for n, one in enumerate(found):
        for other in found[n + 1 :]:
            apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
            assert apart, (one[0], other[0])
