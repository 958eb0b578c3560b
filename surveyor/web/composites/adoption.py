"""Points of sale: which stores have accounts, who came in and how often (ADO-01), by region and store."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from surveyor.core.indicators.measures import Measure
from surveyor.core.searching import fold
from surveyor.flows.measure_adoption import measure_adoption
from surveyor.web.composites.custscore import share
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import services
from surveyor.web.security.gate import needs

area = Blueprint("adoption", __name__, url_prefix="/adoption")


@area.get("")
@needs("read", "indicators")
def page() -> Response:
    zone = services().settings.time_zone
    with services().read_sessions() as session:
        asked = question.read(session)
        found = measure_adoption(session, asked.reach, asked.period, today=asked.today, zone=zone)
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    values = {
        "asked": asked,
        "filters": filters,
        "place": place,
        "days": days_name(asked.period),
        "whole": told(found.measure),
        "regions": [(name, told(measure)) for name, measure in found.by_region.items()],
        "stores": sorted(found.stores, key=lambda one: (fold(one.shop.region), fold(one.shop.name))),
        "weeks": found.weeks,
    }
    return make_response(render_template("composites/adoption.html", **values))


def told(measure: Measure) -> dict[str, object]:
    """ADO-01 in words: frequency with its counts, and reach."""
    facts = measure.facts
    reach = facts.get("reach")
    return {
        "measured": measure.value is not None,
        "frequency": share(measure.value),
        "active": facts["active_weeks"],
        "access": facts["access_weeks"],
        "reach": share(reach) if isinstance(reach, float) else "-",
        "came": facts.get("came"),
        "stores": facts.get("stores"),
    }
