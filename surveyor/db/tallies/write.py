"""Changes of tallies, added in the transaction of what they count: fine, coarse, reasons and answers in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from surveyor.core.tally import ZERO, Answers, Reasons, Tally
from surveyor.db import bulk
from surveyor.db.plain import is_full
from surveyor.db.tables.tallies import AnswerTally, CoarseTally, FineTally, ReasonTally

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
_Rows = dict[_Key, dict[str, int]]
_KEY = itemgetter(0)
_FINE = tuple(column.name for column in FineTally.__table__.primary_key)
_COARSE = tuple(column.name for column in CoarseTally.__table__.primary_key)
_REASON = tuple(column.name for column in ReasonTally.__table__.primary_key)
_ANSWER = tuple(column.name for column in AnswerTally.__table__.primary_key)


def add(session: Session, deltas: Iterable[Delta]) -> None:
    """Add changes to both grains and the side tallies.

    Call it once in a transaction, last: a row is shared by the whole store and locked until the commit. Rows are
    taken in the order of their keys, table by table, so that two transactions wait and never block each other.
    """
    fine: _Rows = {}
    coarse: _Rows = {}
    reasons: _Rows = {}
    answers: _Rows = {}
    known: dict[int, Mapping[str, int]] = {}  # many changes share one tally
    deltas = list(deltas)
    for delta in deltas:
        changes = known.get(id(delta.counts))
        if changes is None:
            changes = delta.counts.changes() if isinstance(delta.counts, Tally) else delta.counts
            known[id(delta.counts)] = changes
        day, store, rule, version, segment, questionnaire = delta[:6]
        _sum(fine, (day, store, rule, version, segment, questionnaire), changes)
        _sum(coarse, (day, store), changes)
        if not delta.reasons and not delta.answers:
            continue
        cell = (day, store, rule, version, segment)
        for (stage, reason), n in delta.reasons.items():
            _sum(reasons, (*cell, stage, reason), {"n": n})
        for (question, value), n in delta.answers.items():
            _sum(answers, (*cell, questionnaire, question, value), {"n": n})
    _upsert(session, FineTally, _FINE, fine)
    _upsert(session, CoarseTally, _COARSE, coarse)
    _upsert(session, ReasonTally, _REASON, reasons)
    _upsert(session, AnswerTally, _ANSWER, answers)


def _sum(rows: _Rows, key: _Key, changes: Mapping[str, int]) -> None:
    row = rows.get(key)
    if row is None:
        rows[key] = dict(changes)
        return
    for name, n in changes.items():
        row[name] = row.get(name, 0) + n


def _upsert(session: Session, table: Any, key: tuple[str, ...], rows: _Rows) -> None:
    columns = sorted({name for row in rows.values() for name in row})
    # SQLite has one writer: nobody waits for these rows, and their order is nothing to it.
    cells = sorted(rows.items(), key=_KEY) if is_full(session) else rows.items()
    values = []
    for at, row in cells:
        counts = [row.get(name, 0) for name in columns]
        if any(counts):
            values.append((*at, *counts))
    bulk.insert(session, table, (*key, *columns), values, conflict=_adding(table.__tablename__, key, tuple(columns)))


@cache
def _adding(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """What happens to a row that is there already: it is added to."""
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in columns)
    return f"({', '.join(key)}) DO UPDATE SET {sums}"
