"""The CX Matrix: what customers speak of most, and how they speak of it, with how sure each place is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from surveyor.core import rounding
from surveyor.core.matrix import FEWEST_LABELS, FEWEST_MENTIONS, FEWEST_STARS, Placed, Quadrant
from surveyor.core.quoting import french
from surveyor.flows.measure_importance import ImportanceView, measure_importance
from surveyor.flows.measure_matrix import MatrixView, measure_matrix
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.charts.composites import NARROW, WIDTH, LabelDot, draw_matrix
from surveyor.web.charts.drawing import Drawing, sheets
from surveyor.web.composites.custscore import decimal, share
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import page_keeper, services
from surveyor.web.language import language, text
from surveyor.web.security.gate import needs

area = Blueprint("matrix", __name__, url_prefix="/matrix")
TONES = {
    Quadrant.PROMOTE: "dot good",
    Quadrant.MAINTAIN: "dot good",
    Quadrant.WATCH: "dot bad",
    Quadrant.IMPROVE: "dot bad",
}
ORDER = (Quadrant.IMPROVE, Quadrant.WATCH, Quadrant.PROMOTE, Quadrant.MAINTAIN)


@area.get("")
@needs("read", "matrix")
def page() -> Response:
    with services().read_sessions() as session:
        asked = question.read(session)
        view = measure_matrix(session, asked.reach, asked.period, keeper=page_keeper())
        stars = measure_importance(session, asked.reach, asked.period)
        names = {one.id: one.name(language()) for one in in_force(session).lexicon.labels}
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    rows = sorted_rows(view, names)
    rising = [] if view.trend is None else [names.get(one, one) for one in view.trend.rising]
    values = {
        "asked": asked,
        "filters": filters,
        "place": place,
        "view": view,
        "m": view.matrix,
        "rows": rows,
        "rising": rising,
        "value": share(view.matrix.value if view.matrix else None),
        "range": _range(view),
        "by_mentions": share(view.matrix.by_mentions if view.matrix else None),
        "drawings": _drawings(view, names),
        "days": days_name(view.period),
        "fewest": (FEWEST_MENTIONS, FEWEST_LABELS),
        "quadrants": [
            (one.value, _quadrant(one), [row for row in rows if row["quadrant"] == one.value]) for one in ORDER
        ],
        "stars": star_rows(stars),
        "stars_n": stars.found.n,
        "stars_days": days_name(stars.period),
        "stars_widened": stars.widened,
        "stars_r2": share(None if stars.found.r2 is None else 100 * stars.found.r2),
        "stars_fewest": FEWEST_STARS,
        "unplaced": [row for row in rows if not row["quadrant"]],
    }
    return make_response(render_template("composites/matrix.html", sheets=sheets, **values))


def sorted_rows(view: MatrixView, names: Any) -> list[dict[str, Any]]:
    """Each label in words, those that are spoken of most first."""
    if view.matrix is None:
        return []
    found = sorted(view.matrix.labels.items(), key=lambda item: (-item[1].mentions, item[0]))
    return [_row(names.get(name, name), one) for name, one in found]


def star_rows(view: ImportanceView) -> list[dict[str, Any]]:
    """The stars by their share of what they explain together, the heaviest first; [] when nothing can be said."""
    ranked = sorted((view.found.shares or {}).items(), key=lambda item: -item[1])
    return [
        {
            "name": view.names[star].by(language()),
            "share": rounding.percent_sign(decimal(value), language()),
            "width": round(max(0.0, min(100.0, value)), 1),
        }
        for star, value in ranked
    ]


def _row(name: str, one: Placed) -> dict[str, Any]:
    low, high = rounding.signed(one.ci_low), rounding.signed(one.ci_high)
    return {
        "name": name,
        "mentions": one.mentions,
        "salience": rounding.percent_sign(decimal(one.salience), language()),
        "performance": rounding.signed(one.performance),
        "interval": f"[{low} ; {high}]" if language() == "fr" else f"[{low}; {high}]",
        "quadrant": "" if one.quadrant is None else one.quadrant.value,
        "uncertain": one.uncertain,
    }


def _quadrant(one: Quadrant) -> str:
    return one.words(language())


def _range(view: MatrixView) -> str:
    if view.matrix is None or view.matrix.range_low is None or view.matrix.range_high is None:
        return ""
    return f"{share(view.matrix.range_low)} – {share(view.matrix.range_high)}"


def _drawings(view: MatrixView, names: Any) -> tuple[Drawing, ...]:
    """The labels on a wide sheet and on one for telephones; none where no label is classified."""
    if view.matrix is None or not view.matrix.classified:
        return ()
    dots = []
    for name, one in view.matrix.labels.items():
        if one.quadrant is None:
            continue
        said = _row(names.get(name, name), one)
        about = text(
            "composites.matrix.dot",
            name=said["name"],
            n=one.mentions,
            performance=said["performance"],
            interval=said["interval"],
        )
        dots.append(
            LabelDot(
                said["name"], one.performance, one.salience, "dot open" if one.uncertain else TONES[one.quadrant], about
            )
        )
    corners = [_quadrant(one) for one in (Quadrant.PROMOTE, Quadrant.MAINTAIN, Quadrant.WATCH, Quadrant.IMPROVE)]
    axes = (text("composites.matrix.axis_performance"), text("composites.matrix.axis_salience"))
    about = text("composites.matrix.drawn")
    about = french(about) if language() == "fr" else about
    median = view.matrix.median_salience or 0.0
    return tuple(draw_matrix(dots, median, corners, about, axes, width=width) for width in (WIDTH, NARROW))
