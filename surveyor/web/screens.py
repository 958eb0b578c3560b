"""What every template may use, from the survey page to the dashboard: texts, the person, numbers and dates in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, g, request, url_for

from surveyor.core import rounding
from surveyor.core.periods import Period, final_on, provisional
from surveyor.core.quoting import french
from surveyor.core.saved_filters import PAGES
from surveyor.core.surveys import marked, masked
from surveyor.web import charts
from surveyor.web.days import day, moment, tick
from surveyor.web.here import asks_again_after, counted_since, counts_left
from surveyor.web.language import language, text
from surveyor.web.menu import groups
from surveyor.web.standing import cause_words, figure_words, held_words, standing
from surveyor.web.texts import say


def install(app: Flask) -> None:
    """Give templates their words; every value they print is escaped by Jinja."""
    app.jinja_env.globals.update(t=text, say=say, language=language, menu=groups, switch_to=switch_to, has=_has)
    app.jinja_env.globals.update(counted_since=counted_since, counts_left=counts_left, colon=colon)
    app.jinja_env.globals.update(asks_again_after=asks_again_after)
    app.jinja_env.globals.update(
        standing=standing, cause_words=cause_words, figure_words=figure_words, held_words=held_words
    )
    app.jinja_env.globals.update(can_explain=_can_explain, share=share, between=between)
    app.jinja_env.filters.update(day=day, moment=moment, count=count, minus=minus, points=points, percent=percent)
    app.jinja_env.globals.update(
        is_provisional=is_provisional, final_on=final_on, saved_pages=PAGES, chart=charts.svg, aimed_at=aimed_at
    )
    app.jinja_env.globals.update(draw_trend=draw_trend, draw_histogram=draw_histogram, draw_shares=charts.draw_shares)
    app.jinja_env.filters.update(tick=tick)
    app.jinja_env.filters.update(marked=marked, masked=masked)

    @app.context_processor
    def common() -> dict[str, Any]:
        return {"staff": g.get("staff"), "language": language(), "request_id": g.get("request_id", "")}


def aimed_at(target: float, unit: str) -> str:
    """A goal in the unit of its indicator: "+45", "14,5 %", "8,2"."""
    if unit == "points":
        return minus(rounding.signed(target))
    said = rounding.decimal(target, 1, language())
    return rounding.percent_sign(said, language()) if unit == "percent" else said


def draw_trend(chart: charts.Trend, about: str) -> charts.Drawing:
    """A line over time whose dots say their span, figure, interval and n."""
    return charts.draw_trend(chart, about, _dot)


def _dot(point: charts.Point) -> str:
    shown, n = point.figure, text("dashboard.figure.base", n=count(point.figure.n))
    soon = f" · {text('dashboard.nps.provisional')}" if shown.provisional else ""
    return f"{point.name}{colon()}{minus(shown.display)} {minus(shown.interval)} · {n}{soon}"


def draw_histogram(bars: tuple[charts.Bar, ...], about: str) -> charts.Drawing:
    """The scores from 0 to 10, each bar with its words."""
    return charts.draw_histogram(bars, about, lambda b: text("dashboard.histogram.bar", score=b.label, n=b.count))


def is_provisional(period: Period, dated_by: str, today: date) -> bool:
    """Whether late answers or events may still move the figures of a period."""
    return provisional(period.last, dated_by=dated_by, today=today)


def count(value: int) -> str:
    """A count with its thousands apart."""
    return rounding.display_count(value, language())


def minus(shown: str) -> str:
    """A figure for HTML: the true minus sign in place of the hyphen that `display` strings use."""
    said = shown.replace("-", "\u2212") if any(c.isdigit() for c in shown) else shown
    return french(said) if language() == "fr" else said


def colon() -> str:
    """A colon as the reader's language sets it, between two things that a template puts side by side."""
    return "\u00a0: " if language() == "fr" else ": "


def points(value: float) -> str:
    """A change of NPS: a signed whole number."""
    return minus(rounding.signed(value))


def percent(value: int) -> str:
    """A whole percentage of a bar of shares."""
    return rounding.percent_sign(str(value), language())


def share(value: float) -> str:
    """A share in percent that comes without its counts: one decimal."""
    return rounding.percent_sign(rounding.decimal(value, 1, language()), language())


def between(low: float | None, high: float | None) -> str:
    """Bounds with one decimal; "" when there are none."""
    return (
        ""
        if low is None or high is None
        else rounding.display_interval(low, high, decimals=1, points=False, language=language())
    )


def switch_to(other: str) -> str:
    """This page in the other language."""
    values: dict[str, Any] = {**request.args.to_dict(), **(request.view_args or {}), "lang": other}
    return url_for(request.endpoint, **values) if request.endpoint else f"?lang={other}"


def _has(action: Any, noun: str) -> bool:
    staff = g.get("staff")
    return staff is not None and bool(staff.may(action, noun))


def _can_explain() -> bool:
    return _has("read", "explain")
