"""The points of a trend: weeks or months, or quarters when most months have too few answers to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add
from typing import Any

from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.indicators import Envelope, evaluate
from surveyor.core.periods import Period
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


def spans(groups: Sequence[Group], asked: Asked, name_of: Any, *, language: str) -> tuple[list[Span], bool]:
    """The points in the order of time, and whether they are quarters. `name_of(span, first day)` names one."""
    if asked.span == "month" and not _enough(groups):
        return [_quarter(groups[at : at + QUARTER], asked, name_of, language=language) for at in _starts(groups)], True
    return [_span(group, asked, name_of) for group in groups], False


def _enough(groups: Sequence[Group]) -> bool:
    answered = [group.tally.responses for group in groups if group.tally.responses]
    return 2 * sum(n >= HIDDEN_UNDER for n in answered) >= len(answered)


def _starts(groups: Sequence[Group]) -> range:
    """Whole quarters that end with the last month; what is left over at the start is not drawn."""
    return range(len(groups) % QUARTER, len(groups), QUARTER)


def _span(group: Group, asked: Asked, name_of: Any) -> Span:
    label, name = name_of(asked.span, date.fromisoformat(group.key))
    return Span(group.period, label, name, group.figures[0])


def _quarter(months: Sequence[Group], asked: Asked, name_of: Any, *, language: str) -> Span:
    days = Period(months[0].period.first, months[-1].period.last)
    tally = reduce(add, (month.tally for month in months))
    figure = evaluate("nps", tally, period=days, scope=asked.scope, today=asked.today, language=language)
    (label, name), (last_label, last_name) = (
        name_of(asked.span, date.fromisoformat(m.key)) for m in (months[0], months[-1])
    )
    return Span(days, f"{label}–{last_label}", f"{name} – {last_name}", figure)
