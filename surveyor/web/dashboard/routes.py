"""Pages of the dashboard: the overview, and the list of what customers wrote."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.badges import HELP
from surveyor.core.reasons import LABELS
from surveyor.core.scope import Scope
from surveyor.db import stores, tallies
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard import explorer
from surveyor.web.dashboard.compare import compare as measure_compared
from surveyor.web.dashboard.customers import CARDS
from surveyor.web.dashboard.customers import customers as measure_customers
from surveyor.web.dashboard.overview import overview as measure_overview
from surveyor.web.dashboard.rates import CUTS, Cut
from surveyor.web.dashboard.rates import rates as measure_rates
from surveyor.web.dashboard.todo import todo
from surveyor.web.dashboard.words import days_name, period_name, span_name
from surveyor.web.here import services
from surveyor.web.language import language, text
from surveyor.web.saved_views.first import first_view
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("dashboard", __name__)
area.before_request(first_view)
explorer.register(area)


@area.get("/")
@needs("read", "indicators")
def overview() -> Response:
    with services().read_sessions() as session:
        asked = question.read(session)
        found = measure_overview(
            session,
            asked,
            language=language(),
            delivery_events=delivery_events(),
            zone=services().settings.time_zone,
            name_of=span_name,
        )
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
        waiting = None if asked.place or asked.segment else todo(session, asked.today)
    labels = {str(reason): words[0 if language() == "fr" else 1] for reason, words in LABELS.items()}
    return make_response(
        render_template(
            "dashboard/overview.html",
            asked=asked,
            o=found,
            filters=filters,
            place=place,
            days=days_name(asked.period),
            days_before=days_name(found.before_period),
            reasons=labels,
            waiting=waiting,
            help=HELP[0 if language() == "fr" else 1],
        )
    )


@area.get("/customers")
@needs("read", "indicators")
def customers() -> Response:
    with services().read_sessions() as session:
        asked = question.read(session)
        found = measure_customers(
            session,
            asked,
            language=language(),
            delivery_events=delivery_events(),
            zone=services().settings.time_zone,
        )
        filters = question.choices(session, asked, period_name)
        segments = stores.names(session).segments
        place = place_name(session, asked)
    page = render_template(
        "dashboard/customers.html",
        asked=asked,
        figures=found,
        cards=CARDS,
        segments=segments,
        filters=filters,
        place=place,
        days=days_name(asked.period),
    )
    return make_response(page)


@area.get("/compare")
@needs("read", "indicators")
def compare() -> Response:
    with services().read_sessions() as session:
        asked = question.read(session, each_store=True)
        found = measure_compared(session, asked, zone=services().settings.time_zone)
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    values = {"asked": asked, "c": found, "filters": filters, "place": place, "days": days_name(asked.period)}
    return make_response(render_template("dashboard/compare.html", **values))


@area.get("/response-rate")
@needs("read", "indicators")
def response_rate() -> Response:
    by = request.args.get("by", "")
    with services().read_sessions() as session:
        asked = question.read(session)
        rule = request.args.get("rule", "")[:80]
        cut = Cut(rule, by if by in CUTS else "rule", delivery_events(), services().settings.time_zone)
        with tallies.once(session):
            found = measure_rates(session, asked, cut)
            rules = question.rules_seen(session, asked)
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    rules = rules if not rule or rule in rules else sorted([*rules, rule])
    values = {"asked": asked, "r": found, "cut": cut, "by": cut.by, "cuts": CUTS, "rules": rules}
    page = render_template("dashboard/rates.html", filters=filters, place=place, days=days_name(asked.period), **values)
    return make_response(page)


def delivery_events() -> bool:
    """Whether the provider of this installation says what was delivered."""
    capabilities = getattr(services().provider, "capabilities", None)
    return bool(getattr(capabilities, "events", True))


def place_name(session: object, asked: question.Asked) -> str:
    """What the scope of a page is called; for all that the reader may see the name of their one place, or "".

    Of a scope that the reader sees in part it is the part that is named: its figures are those of no other stores.
    """
    own = me().account.scopes
    place = asked.place or (own[0] if len(own) == 1 else "")
    scope = Scope.parse(place or "network")
    named = names_of(session, scope)
    if not named:
        return ""
    mine = stores.shops(session, asked.reach)  # type: ignore[arg-type]
    if not asked.place or not question.unseen(session, mine, scope):
        return named
    return mine[0].name if len(mine) == 1 else text("dashboard.filter.part", place=named)


def names_of(session: object, scope: Scope) -> str:
    """What the parts of a scope are called, one after the other."""
    names = stores.names(session)  # type: ignore[arg-type]
    known = (names.brands, names.regions, names.stores, names.segments)
    return ", ".join(all_.get(key, key) for keys, all_ in zip(scope.parts, known, strict=True) for key in keys)
