"""Pages of the funnel: its steps, and the list behind each, a page at a time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.reasons import Reason
from surveyor.db import steps
from surveyor.db.steps import Cut, StepRow
from surveyor.errors import NotFound
from surveyor.flows.keep_counts import Ask, plain
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import delivery_events, place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.explain.routes import why
from surveyor.web.funnel.flow import flow
from surveyor.web.here import page_keeper, services
from surveyor.web.language import language
from surveyor.web.saved_views.first import first_view
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("funnel", __name__, url_prefix="/funnel")
area.before_request(first_view)
PAGE = 50
_AFTER = re.compile(r"(\d{4}-\d\d-\d\d|\d{1,17})-([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@area.get("")
@needs("read", "indicators")
def page() -> Response:
    """Every step of the scope, the period and the rule."""
    with services().read_sessions() as session:
        asked = question.read(session)
        cut = _cut(asked)
        found = flow(session, asked, cut, language=language(), delivery_events=delivery_events())
        values = _values(session, asked, cut)
    return make_response(render_template("funnel/page.html", f=found, **values))


@area.get("/<step>")
@needs("read", "decisions")
def listing(step: str) -> Response:
    """The rows behind one step."""
    if step not in steps.STEPS:
        raise NotFound("step")
    with services().read_sessions() as session:
        asked = question.read(session)
        cut = _cut(asked)
        found = steps.rows(session, step, cut, after=_after(request.args.get("after", "")), limit=PAGE + 1)
        more = {"step": step, "rule": cut.rule, "reason": cut.reason, "zone": cut.zone}
        total = plain.counted(session, page_keeper(), Ask("step", cut.reach, cut.period, more))
        values = _values(session, asked, cut)
    rows = found[:PAGE]
    values |= {"step": step, "rows": rows, "total": total, "next": _cursor(rows[-1]) if len(found) > PAGE else ""}
    return make_response(render_template("funnel/listing.html", **values))


def _cut(asked: question.Asked) -> Cut:
    """What is counted: the question of the filters, one rule, one reason; an unknown reason is none."""
    rule, reason = request.args.get("rule", "")[:80], request.args.get("reason", "")
    known = reason if reason in Reason.__members__ else ""
    return Cut(asked.reach, asked.period, rule, known, services().settings.time_zone)


def _values(session: Any, asked: question.Asked, cut: Cut) -> dict[str, Any]:
    rules = question.rules_seen(session, asked)
    return {
        "asked": asked,
        "cut": cut,
        "rules": rules if not cut.rule or cut.rule in rules else sorted([*rules, cut.rule]),
        "filters": question.choices(session, asked, period_name),
        "place": place_name(session, asked),
        "days": days_name(asked.period),
        "why": why,
        "may_list": bool(me().may("read", "decisions")),
    }


def _cursor(row: StepRow) -> str:
    at = row.at
    return f"{(at - _EPOCH) // timedelta(microseconds=1) if isinstance(at, datetime) else at}-{row.id.hex}"


def _after(text: str) -> steps.After | None:
    """Where a page begins; a cursor that is none of ours begins at the beginning."""
    found = _AFTER.fullmatch(text)
    if found is None:
        return None
    try:
        at = date.fromisoformat(found[1]) if "-" in found[1] else _EPOCH + timedelta(microseconds=int(found[1]))
    except (ValueError, OverflowError):
        return None
    return at, UUID(hex=found[2])
