"""Goals that people set on the screen: one for an indicator and a scope, the last one stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.figures import Goal


@dataclass(frozen=True, slots=True)
class SetGoal:
    """A goal as it was set; target in the unit of its indicator."""

    scope: str
    indicator: str
    target: float
    set_by: str
    set_at: datetime


def every(session: Session) -> list[SetGoal]:
    """All of them, by scope and indicator."""
    g = Goal
    query = select(g.scope, g.indicator, g.target, g.set_by, g.set_at).order_by(g.scope, g.indicator)
    return [SetGoal(*row) for row in session.execute(query)]


def put(session: Session, one: SetGoal) -> None:
    """Set a goal, in place of the one there was."""
    names = ("scope", "indicator", "target", "set_by", "set_at")
    again = (
        "(scope, indicator) DO UPDATE SET target = excluded.target, set_by = excluded.set_by, set_at = excluded.set_at"
    )
    bulk.insert(session, Goal, names, [(one.scope, one.indicator, one.target, one.set_by, one.set_at)], conflict=again)


def remove(session: Session, scope: str, indicator: str) -> None:
    """Forget a goal; the file's, if any, holds again."""
    session.execute(delete(Goal).where(Goal.scope == scope, Goal.indicator == indicator))
