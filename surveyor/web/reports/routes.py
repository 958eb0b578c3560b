"""The express of a week, on a page for the stores that a reader may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from surveyor.core.periods import Period, week_of
from surveyor.core.reports.drawing import about
from surveyor.core.reports.editions import edition_of_reach
from surveyor.core.reports.report import Report
from surveyor.flows.aim_figures import goals_of_file
from surveyor.flows.write_express import Asked, write_express
from surveyor.flows.write_express.composed import express_report
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import delivery_events, names_of, place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import services
from surveyor.web.language import language, text
from surveyor.web.reports.files import draw, level
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("reports", __name__, url_prefix="/reports")
WEEKS = 12


@area.get("/express")
@needs("read", "responses")
def express() -> Response:
    """The express of a week, by default the last one that is over."""
    with services().read_sessions() as session:
        asked = question.read(session)
        asked = replace(asked, period=_week(asked.period, asked.today))
        wanted = Asked(
            scope=asked.scope,
            reach=asked.reach,
            unit=place_name(session, asked) or unit_here(session),
            monday=asked.period.last + timedelta(days=1),
            edition=edition_of_reach(asked.reach, me().role),
            language=language(),
            delivery_events=delivery_events(),
            zone=services().settings.time_zone,
            goals=goals_of_file(services().settings.home),
        )
        report = express_report(write_express(session, wanted), wanted)
        filters = replace(question.choices(session, asked, period_name), periods=_weeks(asked.today, asked.period))
    return make_response(page_of("express", report, asked, filters))


def page_of(kind: str, report: Report, asked: question.Asked, filters: question.Choices) -> str:
    values: dict[str, Any] = {"r": report, "level": level, "draw": draw, "about": about}
    return render_template("reports/preview.html", kind=kind, asked=asked, filters=filters, **values)


def _week(period: Period, today: date) -> Period:
    """The week that was asked for, else the last one that is over."""
    if period == week_of(period.first):
        return period
    return week_of(today - timedelta(days=today.isoweekday()))


def _weeks(today: date, shown: Period) -> tuple[tuple[str, str], ...]:
    """The weeks that the filter offers, the latest first."""
    last = week_of(today - timedelta(days=today.isoweekday()))
    weeks = [week_of(last.first - timedelta(weeks=back)) for back in range(WEEKS)]
    if shown not in weeks:
        weeks.append(shown)
    latest = sorted(weeks, key=lambda week: week.first, reverse=True)
    return tuple((str(week), days_name(week)) for week in latest)


def unit_here(session: Any) -> str:
    """What a reader's own stores are called: their names, or the network."""
    reach = me().reach
    if len(reach) == 1 and not reach[0].is_network:
        return names_of(session, reach[0]) or str(reach[0])
    return text("reports.express.network")
