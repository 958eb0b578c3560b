"""The points of a trend: weeks or months, or quarters when most months have too few answers to be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add

from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.indicators import Envelope, Facts, View, envelope, find
from surveyor.core.indicators.measures import without_interval
from surveyor.core.periods import Period
from surveyor.core.tally import Tally
from surveyor.flows.measure_indicators import Group
from surveyor.web.dashboard.asked import Asked

QUARTER = 3


@dataclass(frozen=True, slots=True)
class Span:
    """One point: its days, the short label of the axis, its full name, its figure."""

    days: Period
    label: str
    name: str
    figure: Envelope


@dataclass(frozen=True, slots=True)
class Told:
    """How points are told. name_of(span, first day): a label and a full name.

    people(days, answers): those behind the answers; None while they are being counted.
    """

    name_of: Callable[[str, date], tuple[str, str]]
    people: Callable[[Period, int], int | None]
    language: str


def spans(groups: Sequence[Group], asked: Asked, told: Told, *, seen: Period) -> tuple[list[Span], bool]:
    """The points in the order of time, and whether they are quarters. seen: the days of the trend."""
    groups = _each(groups, asked, told, seen)
    if asked.span == "month" and not _enough(groups):
        return [_quarter(groups[at : at + QUARTER], asked, told) for at in _starts(groups)], True
    return [_span(group, asked, told) for group in groups], False


def _each(groups: Sequence[Group], asked: Asked, told: Told, seen: Period) -> list[Group]:
    """Every span from the first that has any count, to today: one without is a gap, never left out.

    Else a line would join March to May, and a quarter be made of four months.
    """
    known = {group.period.first: group for group in groups}
    first = min(known, default=date.max)
    passed = (days for days in seen.split(asked.span) if first <= days.first <= asked.today)
    return [known.get(days.first) or _empty(days, asked, told) for days in passed]


def _empty(days: Period, asked: Asked, told: Told) -> Group:
    figure = envelope(find("nps"), Tally(), View(days, asked.scope, asked.today, told.language))
    return Group(days.first.isoformat(), days, Tally(), (figure,))


def _enough(groups: Sequence[Group]) -> bool:
    answered = [group.tally.responses for group in groups if group.tally.responses]
    return 2 * sum(n >= HIDDEN_UNDER for n in answered) >= len(answered)


def _starts(groups: Sequence[Group]) -> range:
    """Whole quarters that end with the last month; what is left over at the start is not drawn."""
    return range(len(groups) % QUARTER, len(groups), QUARTER)


def _span(group: Group, asked: Asked, told: Told) -> Span:
    label, name = told.name_of(asked.span, date.fromisoformat(group.key))
    return Span(group.period, label, name, group.figures[0])


def _quarter(months: Sequence[Group], asked: Asked, told: Told) -> Span:
    days = Period(months[0].period.first, months[-1].period.last)
    tally = reduce(add, (month.tally for month in months))
    view = View(days, asked.scope, asked.today, told.language)
    facts = Facts(customers=told.people(days, tally.responses))
    early = without_interval(find("nps").formula(tally, facts)) if facts.customers is None else None
    figure = envelope(find("nps"), tally, view, facts, found=early)
    (label, name), (last_label, last_name) = (
        told.name_of(asked.span, date.fromisoformat(m.key)) for m in (months[0], months[-1])
    )
    return Span(days, f"{label}–{last_label}", f"{name} – {last_name}", figure)
