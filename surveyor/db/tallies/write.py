"""Changes of tallies, added in the transaction of what they count: days, months, reasons and answers in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from surveyor.core.tally import ZERO, Answers, Reasons, Tally
from surveyor.db import bulk
from surveyor.db.plain import is_full
from surveyor.db.tables.tallies import AnswerTally, CoarseMonth, CoarseTally, FineMonth, FineTally, ReasonTally
from surveyor.db.tallies.months import LATEST, first_of_month, latest_month

_NONE: Mapping[Any, int] = MappingProxyType({})


class Delta(NamedTuple):
    """What to add on one local day of one store; the zero and empty dimensions are those of `orders` (no rule).

    `counts`: a tally, or the counts that change by name. `reasons`: (stage, reason) -> n. `answers`: (question, value)
    -> n. Values below zero take back.
    """

    day: date
    store_id: str
    rule_id: str = ""
    rule_version: int = 0
    segment: str = ""
    questionnaire_version: int = 0
    counts: Tally | Mapping[str, int] = ZERO
    reasons: Reasons = _NONE
    answers: Answers = _NONE


_Key = tuple[Any, ...]
_Rows = dict[_Key, Mapping[str, int]]
_Sums = dict[_Key, int]
_Value = TypeVar("_Value")
_KEY = itemgetter(0)
_FINE = tuple(column.name for column in FineTally.__table__.primary_key)
_COARSE = tuple(column.name for column in CoarseTally.__table__.primary_key)
_FINE_MONTH = tuple(column.name for column in FineMonth.__table__.primary_key)
_COARSE_MONTH = tuple(column.name for column in CoarseMonth.__table__.primary_key)
_REASON = tuple(column.name for column in ReasonTally.__table__.primary_key)
_ANSWER = tuple(column.name for column in AnswerTally.__table__.primary_key)


def add(session: Session, deltas: Iterable[Delta]) -> None:
    """Add changes to both grains of their days, to months that are summed already, and to the side tallies.

    Call it once in a transaction, last: a row is shared by the whole store and locked until the commit. Rows are
    taken in the order of their keys, table by table, so that two transactions wait and never block each other.
    """
    fine: _Rows = {}
    coarse: _Rows = {}
    reasons: _Sums = {}
    answers: _Sums = {}
    known: dict[int, Mapping[str, int]] = {}  # many changes share one tally
    deltas = list(deltas)
    for delta in deltas:
        counts, of_reasons, of_answers = delta[6:]
        if isinstance(counts, Tally):
            changes = known.get(id(counts))
            if changes is None:
                changes = known[id(counts)] = counts.changes()
        else:
            changes = counts
        keys: tuple[tuple[_Rows, _Key], ...] = ((fine, delta[:6]), (coarse, delta[:2]))
        for rows, at in keys:
            row = rows.get(at)  # most cells have one change: it is copied when there is a second one
            rows[at] = changes if row is None else _both(row, changes)
        for (stage, reason), n in of_reasons.items() if of_reasons else ():
            at = (*delta[:5], stage, reason)
            reasons[at] = reasons.get(at, 0) + n
        for (question, value), n in of_answers.items() if of_answers else ():
            at = (*delta[:6], question, value)
            answers[at] = answers.get(at, 0) + n
    _upsert(session, FineTally, _FINE, *_table(session, fine))
    latest = _add_coarse(session, *_table(session, coarse)) if fine else None
    if latest is not None:
        _upsert(session, FineMonth, _FINE_MONTH, *_table(session, _by_month(fine, latest)))
        _upsert(session, CoarseMonth, _COARSE_MONTH, *_table(session, _by_month(coarse, latest)))
    for table, key, sums in ((ReasonTally, _REASON, reasons), (AnswerTally, _ANSWER, answers)):
        _upsert(session, table, key, ("n",), [(*cell, n) for cell, n in _cells(session, sums) if n])


def _add_coarse(session: Session, columns: tuple[str, ...], values: Sequence[_Key]) -> date | None:
    """Add to the coarse cells; the last month that is summed, asked after fine cells were changed: whoever sums a
    month waits for us from then on, and we have waited for who was at it.
    """
    if not values or not is_full(session):
        _upsert(session, CoarseTally, _COARSE, columns, values)
        return latest_month(session)
    conflict = _adding(CoarseTally.__tablename__, _COARSE, columns)
    found: date | None = bulk.insert_and_ask(
        session, CoarseTally, (*_COARSE, *columns), values, conflict=conflict, asked=f"({LATEST})"
    )
    return found


def _by_month(days: _Rows, latest: date) -> _Rows:
    """The same changes under the first day of their months, up to the latest that is summed."""
    months: _Rows = {}
    for at, changes in days.items():
        month = first_of_month(at[0])
        if month > latest:
            continue
        to = (month, *at[1:])
        row = months.get(to)
        months[to] = changes if row is None else _both(row, changes)
    return months


def _both(row: Mapping[str, int], changes: Mapping[str, int]) -> Mapping[str, int]:
    both = dict(row)
    for name, n in changes.items():
        both[name] = both.get(name, 0) + n
    return both


def _cells(session: Session, cells: Mapping[_Key, _Value]) -> Iterable[tuple[_Key, _Value]]:
    """The cells in the order of their keys; SQLite has one writer: nobody waits for them, and any order will do."""
    return sorted(cells.items(), key=_KEY) if is_full(session) else cells.items()


def _table(session: Session, rows: _Rows) -> tuple[tuple[str, ...], list[_Key]]:
    """The counts that change in any of these cells, and a row for each cell that changes."""
    columns = tuple(sorted(set().union(*{id(row): row for row in rows.values()}.values())))
    zeros = (0,) * len(columns)
    values: list[_Key] = []
    for at, row in _cells(session, rows):
        counts = tuple(map(row.get, columns, zeros))
        if any(counts):
            values.append(at + counts)
    return columns, values


def _upsert(
    session: Session, table: Any, key: tuple[str, ...], columns: tuple[str, ...], values: Sequence[_Key]
) -> None:
    bulk.insert(session, table, (*key, *columns), values, conflict=_adding(table.__tablename__, key, columns))


@cache
def _adding(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """What happens to a row that is there already: it is added to."""
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in columns)
    return f"({', '.join(key)}) DO UPDATE SET {sums}"
