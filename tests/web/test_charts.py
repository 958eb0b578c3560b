"""A chart is one structure: a page and a paper draw the same marks; words are escaped, paper has its colours beside."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.indicators import evaluate
from surveyor.core.indicators.peers import funnel_plot
from surveyor.core.periods import month_of
from surveyor.core.scope import NETWORK
from surveyor.core.tally import Tally
from surveyor.web import charts
from surveyor.web.charts.composites import (
    NARROW,
    WIDTH,
    LabelDot,
    Part,
    draw_matrix,
    draw_parts,
    draw_parts_narrow,
)
from surveyor.web.charts.drawing import INK, Drawing, Shape, sheets

JUNE = month_of(date(2026, 6, 1))


def plot(places: list[charts.Place]) -> Drawing:
    center, limits = funnel_plot({"a": (50, 35, 15)}, charts.sizes(places))
    return charts.funnel_plot(places, center, limits, "about", "n")


def drawings() -> list[Drawing]:
    shown = evaluate("nps", Tally(score_9=30, score_2=5), period=JUNE, scope=NETWORK, today=JUNE.last)
    spans = [(name, name, shown) for name in ("a", "b", "c")]
    bars = charts.histogram([1, 0, 3, 0, 0, 0, 0, 4, 5, 6, 7])
    spots = [charts.Spot(10, 0, 20), charts.Spot(None), charts.Spot(5, -5, 15, True), charts.Spot(6, 0, 9)]
    return [
        charts.draw_trend(charts.trend(spans, [(1.5, "x")], goal=50), "about", lambda p: p.name),
        charts.draw_histogram(bars, "about", lambda b: b.label),
        plot([charts.Place(40, 12.0, "good", "Lille"), charts.Place(9, 50, "low", "Brive")]),
        charts.small_line(spots, charts.shared_scale([spots]), "about"),
    ]


@pytest.mark.parametrize("drawing", drawings(), ids=["trend", "histogram", "funnel", "small"])
def test_a_page_and_a_paper_draw_the_same_marks(drawing: Drawing) -> None:
    def marks(text: str) -> list[tuple[str, dict[str, str]]]:
        root = ElementTree.fromstring(text)
        kept = ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "d", "rx")
        return [
            (e.tag.split("}")[1], {k: v for k, v in e.attrib.items() if k in kept})
            for e in root.iter()
            if e is not root
        ]

    page, paper = charts.svg(drawing), charts.svg(drawing, inked=True)
    assert marks(page) == marks(paper)
    assert "fill=" not in page
    assert 'class="c-' not in paper
    assert {shape.tone for shape in drawing.shapes} <= INK.keys()


@pytest.mark.parametrize("width", [WIDTH, NARROW])
def test_no_word_of_a_matrix_leaves_its_sheet(width: float) -> None:
    dots = [LabelDot(f"Libellé {n}", 20.0 * n - 90, 3.0 * n, "dot", "") for n in range(10)]
    axes = ("performance : positives − négatives, en points", "part des commentaires")
    corners = ["À VALORISER", "À MAINTENIR", "À SURVEILLER", "À AMÉLIORER"]
    drawing = draw_matrix(dots, 12.0, corners, "about", axes, width=width)
    assert sum(shape.kind == "circle" for shape in drawing.shapes) == len(dots)
    assert all(first >= 0 and last <= width for first, last in spans(drawing)), spans(drawing)


def test_a_telephone_says_each_part_above_its_bar() -> None:
    parts = [Part("Connexion des points de vente", 4.2, 4.8, "a", "4,2"), Part("NPS", 8.4, 3.4, "b", "8,4")]
    wide, narrow = draw_parts(parts, "about"), draw_parts_narrow(parts, "about")
    assert all(first >= 0 and last <= narrow.width for first, last in spans(narrow))
    for drawing in (wide, narrow):
        bars = [shape for shape in drawing.shapes if shape.kind == "rect"]
        assert [shape.about for shape in bars] == ["a", "a", "b", "b"]
        full, won = bars[2].at[2], bars[3].at[2]
        assert won / full == pytest.approx(8.4 / 11.8, abs=0.01)
        assert bars[0].at[2] / full == pytest.approx(9 / 11.8, abs=0.01)
    assert re.findall('<div class="(wide|narrow)"><svg', sheets(wide, narrow)) == ["wide", "narrow"]


def spans(drawing: Drawing) -> list[tuple[float, float]]:
    """Where each word of a drawing begins and ends, its letters of the usual width."""
    words = [shape for shape in drawing.shapes if shape.kind == "text"]
    starts = {"": 0.0, "middle": 0.5, "end": 1.0}
    firsts = [(shape.at[0] - starts[shape.anchor] * 6.2 * len(shape.text), shape) for shape in words]
    return [(first, first + 6.2 * len(shape.text)) for first, shape in firsts]


def test_a_small_line_marks_what_changed_where_it_changed() -> None:
    spots = [charts.Spot(10, 0, 20), charts.Spot(12, 2, 22), charts.Spot(14, 4, 24)]
    drawing = charts.small_line(spots, (0.0, 30.0), "about", [(1.0, "rules"), (9.0, "beyond")])
    marks = [(shape.at[0], shape.about) for shape in drawing.shapes if shape.tone == "mark"]
    dots = [shape.at[0] for shape in drawing.shapes if shape.kind == "circle"]
    assert marks == [(dots[1], "rules"), (dots[2], "beyond")]


def test_a_point_without_a_neighbour_shows_its_interval_too() -> None:
    """A band needs two points: between two hidden months a score stood alone, as if it were exact."""
    shown = evaluate("nps", Tally(score_9=30, score_2=5), period=JUNE, scope=NETWORK, today=JUNE.last)
    hidden = evaluate("nps", Tally(score_9=3), period=JUNE, scope=NETWORK, today=JUNE.last)
    figures = [shown, shown, hidden, shown, hidden]
    chart = charts.trend([(f"{n}", f"{n}", one) for n, one in enumerate(figures)])
    assert (len(chart.band), len(chart.alone)) == (1, 1)
    drawn = charts.draw_trend(chart, "about", lambda p: p.name)
    (line,) = [shape.d for shape in drawn.shapes if shape.tone == "line thin"]
    (band,) = [shape.d for shape in drawn.shapes if shape.tone == "band"]
    places = [tuple(map(float, place.split())) for place in re.split("[ML]", line.strip("M"))]
    assert {x for x, _ in places[:2]} == {chart.points[3].x}
    # The same figure has the same bounds whether or not it has a neighbour.
    assert {y for _, y in places} == {float(place.split()[1]) for place in re.split("[MLZ]", band) if place}
    spots = [charts.Spot(None), charts.Spot(10, 0, 20), charts.Spot(None)]
    small = charts.small_line(spots, (0.0, 30.0), "about")
    (bar,) = [shape.d for shape in small.shapes if shape.tone == "line thin"]
    assert len(set(re.findall(r"[ML]([0-9.]+) ", bar))) == 1


def test_words_of_others_are_text() -> None:
    hostile = '<script>alert(1)</script>"&'
    drawing = Drawing(
        10,
        10,
        hostile,
        (Shape("circle", "dot", (1, 1, 1), about=hostile), charts.Shape("text", "text", (0, 0), text=hostile)),
    )
    for inked in (False, True):
        drawn = charts.svg(drawing, inked=inked)
        assert "<script" not in drawn
        root = ElementTree.fromstring(drawn)
        assert root.attrib["aria-label"] == hostile


@given(st.lists(st.tuples(st.integers(1, 5000), st.floats(-100, 100)), min_size=1, max_size=40))
def test_every_store_stays_on_the_sheet(stores: list[tuple[int, float]]) -> None:
    places = [charts.Place(n, value, "flat", "") for n, value in stores]
    drawing = plot(places)
    dots = [shape for shape in drawing.shapes if shape.kind == "circle"]
    assert len(dots) == len(places)
    for dot in dots:
        assert 0 <= dot.at[0] <= drawing.width
        assert 0 <= dot.at[1] <= drawing.height


def test_every_tone_has_a_class_in_the_style_sheet() -> None:
    from surveyor.web.assets import FOLDER

    sheet = (FOLDER / "app.css").read_text("utf-8")
    for tone in INK:
        first, _, second = tone.partition(" ")
        name = rf"\.c-{first}\.{second}\b" if second else rf"\.c-{first}\b"
        assert re.search(name, sheet), tone
