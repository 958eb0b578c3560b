"""Sums of the tallies beside the counts: why nothing was sent, and what was answered to other questions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.tables.tallies import AnswerTally, ReasonTally
from surveyor.db.tallies.places import PLACED, stores_inside
from surveyor.db.tallies.read import Grouping, Key, grouped, places_of

REASONS, ANSWERS = ReasonTally.__table__, AnswerTally.__table__


def reasons(
    session: Session, reach: Reach, period: Period, *, by: tuple[Grouping, ...] = (), rule_id: str = ""
) -> dict[Key, dict[tuple[str, str], int]]:
    """Primary reasons of not sending: group -> (stage, reason) -> n, without zeros."""
    side = [REASONS.c.stage, REASONS.c.reason]
    reach = _as_stores(session, reach, by)
    return _side(session, grouped(REASONS, side, reach, period, by=by, rule_id=rule_id), REASONS, by)


def answers(
    session: Session, reach: Reach, period: Period, *, by: tuple[Grouping, ...] = (), rule_id: str = ""
) -> dict[Key, dict[tuple[str, str], int]]:
    """Answers to questions other than the score: group -> (question, value) -> n, without zeros."""
    side = [ANSWERS.c.question, ANSWERS.c.value]
    reach = _as_stores(session, reach, by)
    return _side(session, grouped(ANSWERS, side, reach, period, by=by, rule_id=rule_id), ANSWERS, by)


def _as_stores(session: Session, reach: Reach, by: tuple[str, ...]) -> Reach:
    """The same scopes said as stores, where that spares a join for each row."""
    places = None if set(PLACED) & set(by) else places_of(session, reach, by)
    return reach if places is None else stores_inside(reach, places)


def _side(session: Session, statement: Select[Any], table: Any, by: tuple[str, ...]) -> dict[Key, dict[Any, int]]:
    names = list(statement.selected_columns)[len(by) :]
    statement = statement.add_columns(func.sum(table.c.n)).group_by(*names)
    found: dict[Key, dict[Any, int]] = {}
    for row in session.execute(statement):
        if row[-1]:
            found.setdefault(tuple(row[: len(by)]), {})[row[len(by)], row[len(by) + 1]] = int(row[-1])
    return found
