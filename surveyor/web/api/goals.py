"""`GET /api/v1/goals`: what figures of a scope should come to, beside what they are and whether that is settled."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, json, make_response

from surveyor.core.goals import entries
from surveyor.flows.measure_indicators import Question, measure
from surveyor.web.api.counts import counted_since, keeper_of
from surveyor.web.api.door import key_for
from surveyor.web.api.filters import arguments, asked
from surveyor.web.dashboard.aims import aims, keys_aimed
from surveyor.web.dashboard.routes import delivery_events
from surveyor.web.here import now, services
from surveyor.web.language import language


@key_for("indicators:read")
def list_goals() -> Response:
    """Every indicator that has a goal here: the scope that set it, a wider one perhaps, with its verdict.

    `count=day` as of indicators.
    """
    given = arguments("scope", "from", "to", "period", "count")
    keeper, wanted = keeper_of(given), asked(given)
    here = services()
    question = Question(
        indicators=(),
        scope=wanted.scope,
        reach=wanted.reach,
        period=wanted.period,
        today=wanted.today,
        language=language(),
        delivery_events=delivery_events(),
        zone=here.settings.time_zone,
        now=now(),
        keeper=keeper,
    )
    with here.read_sessions() as session:
        keys = keys_aimed(session, wanted.scope)
        question = replace(question, indicators=tuple(entry for entry in entries() if entry.key in keys))
        group = measure(session, question)[0] if keys else None
        figures = {} if group is None else {figure.key: figure for figure in group.figures}
        found = aims(session, wanted.scope, figures)
    since = counted_since(keeper)
    goals = [
        {
            "indicator": key,
            "target": one.target,
            "scope": one.scope,
            "set_in": one.source,
            "verdict": str(one.verdict),
            "words": one.verdict.words(language()),
            "figure": figures[key].to_json(),
        }
        for key, one in found.items()
    ]
    days = {"from": wanted.period.first.isoformat(), "to": wanted.period.last.isoformat()}
    response = make_response(
        json.dumps({"scope": str(wanted.scope), "period": days, "goals": goals, **since}, ensure_ascii=False)
    )
    response.mimetype = "application/json"
    return response
