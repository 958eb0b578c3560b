"""Indicators for a reader's stores and days, in one place: what dashboards, the API and the command line ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from surveyor.core.indicators import Envelope, Facts, Indicator, View, envelope
from surveyor.core.periods import Period, month_of, week_of
from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import Tally
from surveyor.db import distinct, tallies

By = Literal["day", "week", "month", "store", "region", "segment", "rule"]
BYS: tuple[By, ...] = ("day", "week", "month", "store", "region", "segment", "rule")
_SPANS = {"week": week_of, "month": month_of}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `reach` is `scope` within what the reader may see; `today` is the reader's local date.

    delivery_events: whether the provider says what was delivered; zone: of the days of orders without a store.
    """

    indicators: tuple[Indicator, ...]
    scope: Scope
    reach: Reach
    period: Period
    today: date
    language: str = "fr"
    by: By | None = None
    delivery_events: bool = True
    zone: str = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group; `key` is a store, a region… or the first day of a span; "" without grouping."""

    key: str
    period: Period
    tally: Tally
    figures: tuple[Envelope, ...]
    facts: Facts = field(default_factory=Facts)


def measure(session: Any, question: Question) -> list[Group]:
    """The figures of every group that has any count, by key; exactly one group when nothing cuts.

    Everything comes from sums of tallies, but for the distinct people of SOL-03 and of the interval of scores.
    """
    sums = _sums(session, question)
    reasons = _reasons(session, question)
    keys = sums.keys() | reasons.keys() if question.by else {""}
    groups = []
    for key in sorted(keys, key=str):
        period = _period(question, key)
        tally = sums.get(key, Tally())
        facts = _facts(session, question, reasons.get(key, {}))
        view = View(period, _scope(question, key), question.today, question.language)
        figures = tuple(envelope(entry, tally, view, facts) for entry in question.indicators)
        groups.append(Group(str(key), period, tally, figures, facts))
    return groups


def _sums(session: Any, question: Question) -> dict[Any, Tally]:
    found = tallies.sums(session, question.reach, question.period, by=_grouping(question))
    return _folded(question, ((key, tally) for key, tally in found.items()), Tally())


def _reasons(session: Any, question: Question) -> dict[Any, dict[tuple[str, str], int]]:
    if not any(entry.key == "refusal_reasons" for entry in question.indicators):
        return {}
    found = tallies.reasons(session, question.reach, question.period, by=_grouping(question))
    folded: dict[Any, dict[tuple[str, str], int]] = {}
    for key, counts in found.items():
        into = folded.setdefault(_key(question, key), {})
        for reason, n in counts.items():
            into[reason] = into.get(reason, 0) + n
    return folded


def _folded(question: Question, rows: Iterable[tuple[Any, Tally]], zero: Tally) -> dict[Any, Tally]:
    found: dict[Any, Tally] = {}
    for key, tally in rows:
        name = _key(question, key)
        found[name] = found.get(name, zero) + tally
    return found


def _grouping(question: Question) -> tuple[Any, ...]:
    if question.by is None:
        return ()
    return ("day",) if question.by in _SPANS else (question.by,)


def _key(question: Question, key: tuple[Any, ...]) -> Any:
    """The group of a row: a day falls in its week or month; a row without a value is the group ""."""
    if not key:
        return ""
    span = _SPANS.get(question.by or "")
    if span is not None:
        return max(span(key[0]).first, question.period.first).isoformat()
    return key[0].isoformat() if isinstance(key[0], date) else (key[0] or "")


def _period(question: Question, key: str) -> Period:
    if question.by == "day":
        return Period(date.fromisoformat(key), date.fromisoformat(key))
    span = _SPANS.get(question.by or "")
    if span is None:
        return question.period
    first = date.fromisoformat(key)
    return Period(first, min(span(first).last, question.period.last))


def _scope(question: Question, key: str) -> Scope:
    kinds = {"store": "stores", "brand": "brands", "region": "regions", "segment": "segments"}
    kind = kinds.get(question.by or "")
    if kind is None or not key:
        return question.scope
    return Scope.of(**{**_parts(question.scope), kind: (key,)})


def _parts(scope: Scope) -> dict[str, tuple[str, ...]]:
    return {"brands": scope.brands, "regions": scope.regions, "stores": scope.stores, "segments": scope.segments}


def _facts(session: Any, question: Question, reasons: dict[tuple[str, str], int]) -> Facts:
    asked = {entry.key for entry in question.indicators}
    alone = question.by is None
    asked_people = ordered = answered = None
    if alone and "coverage" in asked:
        year = _year_before(question.period)
        asked_people = distinct.customers_asked(session, question.reach, year)
        ordered = distinct.customers_with_order(session, question.reach, year, zone=question.zone)
    if alone and "nps" in asked:
        answered = distinct.customers_answered(session, question.reach, question.period)
    return Facts(
        customers=answered,
        customers_asked=asked_people,
        customers_with_order=ordered,
        delivery_events=question.delivery_events,
        reasons=reasons,
    )


def _year_before(period: Period) -> Period:
    """The 12 months that end with a period (SOL-03)."""
    last = period.last
    try:
        first = last.replace(year=last.year - 1)
    except ValueError:
        first = last.replace(year=last.year - 1, day=28)
    return Period(date.fromordinal(first.toordinal() + 1), last)
