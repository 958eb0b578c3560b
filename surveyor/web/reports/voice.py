"""La voix du client of a month, on a page and on paper, for the stores that a reader may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, current_app, make_response
from werkzeug.wrappers import Response

from surveyor.core.periods import Period, month_of
from surveyor.core.reports.editions import edition_of_reach
from surveyor.core.reports.report import Report
from surveyor.flows.aim_figures import goals_of_file
from surveyor.flows.write_express import Asked
from surveyor.flows.write_report import scope_text
from surveyor.flows.write_voice import write_voice
from surveyor.flows.write_voice.shelf import Shelf
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import delivery_events, place_name
from surveyor.web.dashboard.words import period_name
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.reports.paper import as_pdf
from surveyor.web.reports.routes import page_of, unit_here
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("voice_report", __name__, url_prefix="/reports/voice")
MONTHS = 12


@area.get("")
@needs("read", "responses")
def page() -> Response:
    """A month, by default the last one that is over."""
    with services().read_sessions() as session:
        asked, report = _voice(session)
        filters = replace(question.choices(session, asked, period_name), periods=_months(asked.today, asked.period))
    return make_response(page_of("voice", report, asked, filters))


@area.get("/pdf")
@needs("read", "responses")
def pdf() -> Response:
    """The same on paper."""
    with services().read_sessions() as session:
        _, report = _voice(session)
    return printed(report)


def printed(report: Report) -> Response:
    """A report as a file to keep or to print."""
    response = make_response(as_pdf(report))
    name = f"{report.kind}-{report.period}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.mimetype = "application/pdf"
    return response


def _voice(session: Any) -> tuple[question.Asked, Report]:
    asked = question.read(session)
    asked = replace(asked, period=_month(asked.period, asked.today))
    wanted = Asked(
        scope=asked.scope,
        reach=asked.reach,
        unit=place_name(session, asked) or unit_here(session),
        monday=asked.today,
        edition=edition_of_reach(asked.reach, me().role),
        language=language(),
        delivery_events=delivery_events(),
        zone=services().settings.time_zone,
        goals=goals_of_file(services().settings.home),
    )
    shelf = current_app.extensions.setdefault("surveyor.shelf", Shelf(wanted.zone, wanted.delivery_events))
    book = shelf.book(session, asked.period, today=asked.today, now=now())
    return asked, write_voice(session, book, wanted, scope=scope_text(asked.reach))


def _month(period: Period, today: date) -> Period:
    """The month that was asked for when it is over, else the last one that is."""
    last = month_of(today.replace(day=1) - timedelta(days=1))
    asked = month_of(period.first)
    return asked if period == asked and asked.last < today else last


def _months(today: date, shown: Period) -> tuple[tuple[str, str], ...]:
    """The months that the filter offers, the latest first."""
    months = [month_of(today.replace(day=1) - timedelta(days=1))]
    while len(months) < MONTHS:
        months.append(month_of(months[-1].first - timedelta(days=1)))
    if shown not in months:
        months.append(shown)
    return tuple((one.token, period_name(one.token)) for one in months)
