"""`GET /api/v1/indicators`: the same figures as the screens, each with its n, interval and badge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, json, make_response

from surveyor.core.indicators import REGISTRY, Indicator, find
from surveyor.core.quoting import french
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.find_breaks import SPANS, breaks_of
from surveyor.flows.measure_custscore import usable_formula
from surveyor.flows.measure_indicators import (
    ANSWERS,
    LISTED,
    OF_LAST,
    SOURCES,
    Group,
    Question,
    Source,
    by_day,
    measure,
    refuse_not_of_last,
    refuse_uncuttable,
)
from surveyor.web.api.counts import counted_since, keeper_of
from surveyor.web.api.door import key_for
from surveyor.web.api.filters import Asked, arguments, asked, choice, value_refused
from surveyor.web.here import now, services
from surveyor.web.language import language

_ARGUMENTS = ("scope", "from", "to", "period", "by", "date", "source", "answers", "count")
#: Whether people and rows are counted now, or what was counted within the day is taken.
MOST_DAYS = 1100
_PLACES = {entry.key: place for place, entry in enumerate(REGISTRY)}
DATES = {"response": "response", "sent": "sent", "decision": "decision"}


@key_for("indicators:read")
def list_indicators() -> Response:
    """Every indicator that sums of tallies give, for a scope and a period; with `by`, one group each.

    By day, week or month, `breaks` are the rules, questions, emails and formulas that changed meanwhile.
    Those that count people or rows each time are asked one by one.

    `date`: whose days these are. Scores and comments may be counted by the day of their email (`sent`), response rates
    by the day of the answer (`response`): those that came in the period, over its emails.

    `answers=last`: of each customer the last answer of the period alone, for the figures made of scores; n is people.

    `count=day`: of a large network, what was counted within a day, on a page or by the night, instead of now;
    `counted_since` says when the oldest of it was. What is not kept is counted now, and kept.
    """
    return _answer(tuple(entry for entry in REGISTRY if not entry.on_demand), many=True)


@key_for("indicators:read")
def one_indicator(name: str) -> Response:
    """One indicator, by id or key."""
    try:
        entry = find(name)
    except Refused:
        raise NotFound("no such indicator") from None
    return _answer((entry,), many=False)


def _answer(entries: tuple[Indicator, ...], *, many: bool) -> Response:
    given = arguments(*_ARGUMENTS)
    by = "brand" if given.get("by") == "brand" else choice(given, "by", LISTED)
    source: Source = choice(given, "source", SOURCES, "email")  # type: ignore[assignment]
    wanted = asked(given)
    _check_days(wanted, by)
    chosen, moved = _dated(entries, given, many=many)
    if not many:
        refuse_uncuttable((*chosen, *moved), by)
    if moved and source != "email":
        raise Refused([value_refused("source", source, "email", "email")])
    answers: Any = choice(given, "answers", ANSWERS, "all")
    if answers == "last":
        chosen, moved = (tuple(e for e in chosen if e.key in OF_LAST), ()) if many else (chosen, moved)
        refuse_not_of_last((*chosen, *moved), by or ("date" if moved else ""), source)
    keeper = keeper_of(given)
    question = Question(
        indicators=tuple(e for e in chosen if by not in e.not_by),
        scope=wanted.scope,
        reach=wanted.reach,
        period=wanted.period,
        today=wanted.today,
        language=language(),
        by=by or None,  # type: ignore[arg-type]
        delivery_events=services().provider.capabilities.events,
        zone=services().settings.time_zone,
        source=source,
        answers=answers,
        now=now(),
        formula=usable_formula(services().settings.home),
        keeper=keeper,
    )
    with services().read_sessions() as session:
        groups = measure(session, question) if question.indicators or not moved else []
        if moved:
            other = tuple(e for e in moved if by not in e.not_by)
            groups = _together(groups, measure(session, replace(question, indicators=other, dated=given["date"])))
        changed = _changed(session, question)
    since = counted_since(keeper)
    body = _grouped(groups, by, wanted) if by else _plain(groups[0], wanted, many=many)
    body |= {"breaks": changed} if by in SPANS else {}
    body |= {name: value for name, value in (("source", source), ("answers", answers)) if name in given}
    body |= since
    response = make_response(json.dumps(body, ensure_ascii=False))
    response.mimetype = "application/json"
    return response


def _plain(group: Group, wanted: Asked, *, many: bool) -> dict[str, Any]:
    if not many:
        return group.figures[0].to_json()
    return {**_head(wanted), "indicators": [figure.to_json() for figure in group.figures]}


def _grouped(groups: list[Group], by: str, wanted: Asked) -> dict[str, Any]:
    listed = [
        {
            "key": group.key,
            "period": {"from": group.period.first.isoformat(), "to": group.period.last.isoformat()},
            "indicators": [figure.to_json() for figure in group.figures],
        }
        for group in groups
    ]
    return {**_head(wanted), "by": by, "groups": listed}


def _changed(session: Any, question: Question) -> list[dict[str, Any]]:
    """What changed in the days of a trend, as the API says it."""
    return [
        {"what": one.what, "name": one.name, "version": one.version, "day": f"{day}"}
        for day, one in breaks_of(session, question)
    ]


def _head(wanted: Asked) -> dict[str, Any]:
    first, last = wanted.period.first.isoformat(), wanted.period.last.isoformat()
    return {"scope": str(wanted.scope), "period": {"from": first, "to": last}}


def _check_days(wanted: Asked, by: str) -> None:
    if by == "day" and wanted.period.days > MOST_DAYS:
        fr = "?by : plus de 1 100 jours ; utilisez by=month."
        raise Refused([Complaint("?by", "period_invalid", french(fr), "?by: more than 1,100 days; use by=month.")])


def _dated(
    entries: tuple[Indicator, ...], given: dict[str, str], *, many: bool
) -> tuple[tuple[Indicator, ...], tuple[Indicator, ...]]:
    """Those whose own day is the one asked, and those that have it too; one that has not is refused."""
    day = choice(given, "date", tuple(DATES))
    own, moved = by_day(entries, day)
    if not own and not moved and not many:
        expected = str(entries[0].day)
        raise Refused([value_refused("date", day, expected, expected)])
    return own, moved


def _together(own: list[Group], moved: list[Group]) -> list[Group]:
    """The groups of both, each with its figures in the order of the registry."""
    found = {group.key: group for group in own}
    for group in moved:
        first = found.get(group.key)
        figures = group.figures if first is None else (*first.figures, *group.figures)
        found[group.key] = replace(first or group, figures=tuple(sorted(figures, key=lambda one: _PLACES[one.key])))
    return [found[key] for key in sorted(found)]
