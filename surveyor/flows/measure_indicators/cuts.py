"""What a question is cut by: the groups of its rows, their days and their stores, between sums and figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from surveyor.core.periods import Period, month_of, week_of
from surveyor.core.scope import Scope
from surveyor.flows.measure_indicators.question import Question

_SPANS = {"week": week_of, "month": month_of}


def grouping(question: Question) -> tuple[Any, ...]:
    """The columns of the tallies that a question is cut by."""
    if question.by is None:
        return ()
    return ("day",) if question.by in _SPANS else (question.by,)


def key_of(question: Question, key: tuple[Any, ...]) -> Any:
    """The group of a row: a day falls in its week or month; a row without a value is the group ""."""
    if not key:
        return ""
    span = _SPANS.get(question.by or "")
    if span is not None:
        return max(span(key[0]).first, question.period.first).isoformat()
    return key[0].isoformat() if isinstance(key[0], date) else (key[0] or "")


def period_of(question: Question, key: str) -> Period:
    """The days of a group."""
    if question.by == "day":
        return Period(date.fromisoformat(key), date.fromisoformat(key))
    span = _SPANS.get(question.by or "")
    if span is None:
        return question.period
    first = date.fromisoformat(key)
    return Period(first, min(span(first).last, question.period.last))


def scope_of(question: Question, key: str) -> Scope:
    """The stores of a group."""
    kinds = {"store": "stores", "brand": "brands", "region": "regions", "segment": "segments"}
    kind = kinds.get(question.by or "")
    if kind is None or not key:
        return question.scope
    return Scope.of(**{**_parts(question.scope), kind: (key,)})


def _parts(scope: Scope) -> dict[str, tuple[str, ...]]:
    return {"brands": scope.brands, "regions": scope.regions, "stores": scope.stores, "segments": scope.segments}
