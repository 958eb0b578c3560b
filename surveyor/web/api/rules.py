"""Rules by API: what the check says of a text, and what it would have done; no version changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, g, json, make_response

from surveyor.core.calendar import local_day
from surveyor.core.replay import Period
from surveyor.core.rules import Problem, RuleSet, check_rules
from surveyor.db import rules as versions
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.replay_stored import replay_stored
from surveyor.web.api.body import JSON, raw_body
from surveyor.web.api.buckets import take
from surveyor.web.api.door import api_key, key_for
from surveyor.web.api.filters import arguments, asked, choice
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.rules.known import known_names
from surveyor.web.texts import say

LIMIT = 1024 * 1024
KINDS = ("application/toml", "text/plain", "application/octet-stream")
YEAR = 365
REPLAYS_AN_HOUR = 10


@key_for("rules:read")
def check() -> Response:
    """200 with `ok` and the warnings, 422 (`rules_invalid`) with every problem."""
    rules, problems = check_rules(raw_body(LIMIT, kinds=KINDS), known=known_names())
    return _said(problems, ok=True) if rules is not None else _said(problems, ok=False)


def _said(problems: list[Problem], *, ok: bool) -> Response:
    told = language()
    body: dict[str, Any] = {"ok": ok, "problems": [problem.to_json(told) for problem in problems]}
    if not ok:
        title = say(told, "problems.rules_invalid.title")
        detail = " ".join(problem.message(told) for problem in problems if problem.level == "error")
        body |= {"type": "/problems/rules_invalid", "code": "rules_invalid", "status": 422, "title": title}
        body |= {"detail": detail, "request_id": g.get("request_id", "")}
    response = make_response(json.dumps(body, ensure_ascii=False), 200 if ok else 422)
    response.mimetype = JSON if ok else "application/problem+json"
    return response


@key_for("rules:read")
def replay() -> Response:
    """What a text would have done over the stored orders, beside the version in force: `surveyor replay --json`.

    `from` and `to`: local dates of sending, the last 365 days without them. `against=none` compares with nothing.
    """
    given = arguments("from", "to", "against")
    raw = raw_body(LIMIT, kinds=KINDS)
    rules, problems = check_rules(raw, known=known_names())
    if rules is None:
        return _said(problems, ok=False)
    here = services()
    take(f"replay:{api_key().id}", rate=REPLAYS_AN_HOUR / 3600, burst=REPLAYS_AN_HOUR, at=now())
    defaults = Defaults(here.settings.time_zone, here.settings.language)
    period = _period(given, local_day(now(), defaults.zone))
    result = replay_stored(here.sessions, rules, against=_against(given), period=period, defaults=defaults)
    days = {"from": date.fromordinal(period.first).isoformat(), "to": date.fromordinal(period.last).isoformat()}
    return make_response(json.dumps({**result.figures, **days}, ensure_ascii=False), 200, {"Content-Type": JSON})


def _against(given: dict[str, str]) -> RuleSet | None:
    if choice(given, "against", ("active", "none"), "active") == "none":
        return None
    with services().sessions() as session:
        active = versions.active(session)
        version = versions.version(session, active[0]) if active else None
    return None if version is None else check_rules(version.text.encode())[0]


def _period(given: dict[str, str], today: int) -> Period:
    """The dates that were given, else the last 365 days."""
    days: dict[str, str] = {name: value for name, value in given.items() if name != "against"}
    if not days:
        return Period(today - YEAR + 1, today, today)
    period = asked(days).period
    last = period.last.toordinal()
    return Period(period.first.toordinal(), last, last)
