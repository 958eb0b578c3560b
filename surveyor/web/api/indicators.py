"""`GET /api/v1/indicators`: the same figures as the screens, each with its n, interval and badge."""

from __future__ import annotations

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
    day = _day(entries, given, many=many)
    own, moved = by_day(entries, day)
    chosen = tuple(entry for entry in entries if entry in own or entry in moved)
    if not many:
        refuse_uncuttable(chosen, by)
    if moved and source != "email":
        raise Refused([value_refused("source", source, "email", "email")])
    answers: Any = choice(given, "answers", ANSWERS, "all")
    if answers == "last":
        chosen = tuple(entry for entry in own if entry.key in OF_LAST) if many else chosen
        refuse_not_of_last(chosen, by or ("date" if moved and not many else ""), source)
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
        dated=day if moved else "",
        now=now(),
        formula=usable_formula(services().settings.home),
        keeper=keeper,
    )
    with services().read_sessions() as session:
        groups = measure(session, question)
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


def _day(entries: tuple[Indicator, ...], given: dict[str, str], *, many: bool) -> str:
    """The day that is asked for; one indicator that has it neither as its own nor as its other is refused."""
    day = choice(given, "date", tuple(DATES))
    if not many and by_day(entries, day) == ((), ()):
        expected = str(entries[0].day)
        raise Refused([value_refused("date", day, expected, expected)])
    return day
