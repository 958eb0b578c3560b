"""Pages of the dashboard: the overview, and the list of what customers wrote."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.badges import HELP
from surveyor.core.reasons import LABELS
from surveyor.core.scope import Scope
from surveyor.db import cases, labels, stores, verbatims
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.compare import compare as measure_compared
from surveyor.web.dashboard.customers import CARDS
from surveyor.web.dashboard.customers import customers as measure_customers
from surveyor.web.dashboard.overview import overview as measure_overview
from surveyor.web.dashboard.rates import CUTS, Cut
from surveyor.web.dashboard.rates import rates as measure_rates
from surveyor.web.dashboard.words import days_name, period_name, span_name
from surveyor.web.here import services
from surveyor.web.language import language
from surveyor.web.security.gate import needs

area = Blueprint("dashboard", __name__)
_AFTER = re.compile(r"(\d{1,17})-([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 20


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
        asked = question.read(session)
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
        found = measure_rates(session, asked, cut)
        rules = question.rules_seen(session, asked)
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    rules = rules if not rule or rule in rules else sorted([*rules, rule])
    values = {"asked": asked, "r": found, "cut": cut, "by": cut.by, "cuts": CUTS, "rules": rules}
    page = render_template("dashboard/rates.html", filters=filters, place=place, days=days_name(asked.period), **values)
    return make_response(page)


@area.get("/verbatims")
@needs("read", "responses")
def all_verbatims() -> Response:
    band = request.args.get("band", "")
    with services().read_sessions() as session:
        asked = question.read(session)
        wanted = verbatims.Asked(
            period=asked.period,
            band=band if band in verbatims.BANDS else "",
            commented=request.args.get("all", "") != "1",
            after=_after(request.args.get("after", "")),
            limit=_PAGE + 1,
            label=request.args.get("label", "")[:40],
        )
        found = verbatims.verbatims(session, asked.reach, wanted)
        total = verbatims.how_many(session, asked.reach, wanted)
        filters = question.choices(session, asked, period_name)
        rows, more = found[:_PAGE], len(found) > _PAGE
        ids = [row.id for row in rows]
        about = {"carried": labels.carried(session, ids), "cases": cases.of_responses(session, ids)}
        lexicon = in_force(session).lexicon
    names = {one.id: one.name(language()) for one in lexicon.labels}
    values = {
        "asked": asked,
        "wanted": wanted,
        "words": rows,
        "next": _cursor(rows[-1]) if more else "",
        "label_name": names,
        **about,
    }
    if request.headers.get("HX-Request") == "true" and wanted.after is not None:
        return make_response(render_template("dashboard/_words.html", **values))
    page = render_template(
        "dashboard/verbatims.html", total=total, filters=filters, days=days_name(asked.period), **values
    )
    return make_response(page)


def delivery_events() -> bool:
    """Whether the provider of this installation says what was delivered."""
    capabilities = getattr(services().provider, "capabilities", None)
    return bool(getattr(capabilities, "events", True))


def place_name(session: object, asked: question.Asked) -> str:
    """What the scope of a page is called; "" for all that the reader may see."""
    return names_of(session, Scope.parse(asked.place)) if asked.place else ""


def names_of(session: object, scope: Scope) -> str:
    """What the parts of a scope are called, one after the other."""
    names = stores.names(session)  # type: ignore[arg-type]
    known = (names.brands, names.regions, names.stores, names.segments)
    return ", ".join(all_.get(key, key) for keys, all_ in zip(scope.parts, known, strict=True) for key in keys)


def _cursor(row: verbatims.Verbatim) -> str:
    since = row.answered_at - _EPOCH
    return f"{since // timedelta(microseconds=1)}-{row.id.hex}"


def _after(text: str) -> tuple[datetime, UUID] | None:
    """Where a page begins; a cursor that is none of ours begins at the beginning."""
    found = _AFTER.fullmatch(text)
    if found is None:
        return None
    return _EPOCH + timedelta(microseconds=int(found[1])), UUID(hex=found[2])
