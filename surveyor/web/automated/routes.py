"""The page that asks about answers which may be a robot's: nothing on it changes a figure."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from surveyor.core.automated import Seen, Sign, signs
from surveyor.core.indicators.measures import Measure, rate
from surveyor.db import deliverability
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import services
from surveyor.web.security.gate import needs

area = Blueprint("automated", __name__, url_prefix="/responses/automated")


@dataclass(frozen=True, slots=True)
class Line:
    """One group of mailboxes: shares of its answers (quick, most) and of its invitations (swept)."""

    seen: Seen
    swept: Measure
    quick: Measure
    most: Measure
    signs: tuple[Sign, ...]


@area.get("")
@needs("write", "emails")
def page() -> Response:
    with services().read_sessions() as session:
        asked = question.read(session)
        seen = deliverability.automated(session, asked.reach, asked.period)
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    lines = [_line(one) for one in seen]
    values = {"asked": asked, "filters": filters, "place": place, "days": days_name(asked.period), "lines": lines}
    return make_response(render_template("automated/page.html", **values, doubtful=any(one.signs for one in lines)))


def _line(seen: Seen) -> Line:
    most = rate(seen.most_frequent[1], seen.n)
    return Line(seen, rate(seen.swept, seen.sent), rate(seen.quick, seen.n), most, signs(seen))
