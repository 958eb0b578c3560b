"""A page of a list is found by an index of its days, however many rows there are: no table is read through."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import listing, steps
from surveyor.db.engine import dialect_name

YEAR = Period(date(2025, 12, 1), date(2026, 11, 30))
EVERYWHERE = (NETWORK,)
BY_INDEX = (
    dict.fromkeys(steps.DECISIONS, "decision_day")
    | dict.fromkeys(steps.FATES, "invitation_decided")
    | dict.fromkeys(steps.EMAILS, "invitation_sent")
    | {"orders": "order_fulfilled"}
)
#: Where an index of those that wait or are in doubt is at hand, days may be left aside.
OPEN = {"waiting", "in_doubt"}
LISTS = {
    "responses": (partial(listing.responses, limit=100), "response_day"),
    "invitations": (partial(listing.invitations, limit=100), "invitation_decided"),
    "decisions": (partial(listing.decisions, limit=100), "decision_day"),
}


def plan_of(session: Any, ask: Any) -> str:
    """How the last statement of a question is answered, where reading a whole table is the last resort."""
    asked: list[tuple[str, Any]] = []
    connection = session.connection()
    postgresql = dialect_name(session) == "postgresql"
    if postgresql:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    ask()
    statement, values = asked[-1]
    explain = "EXPLAIN " if postgresql else "EXPLAIN QUERY PLAN "
    rows = connection.exec_driver_sql(explain + statement, values)
    return "\n".join(str(tuple(row)) for row in rows)


def assert_by(plan: str, index: str, table: str) -> None:
    assert index in plan
    assert_not_through(plan, table)


def assert_not_through(plan: str, table: str) -> None:
    assert f"Seq Scan on {table}" not in plan
    assert f"SCAN {table}" not in plan


@pytest.mark.parametrize("step", [step for step in steps.STEPS if step not in steps.TALLIED])
def test_the_list_behind_a_step_goes_by_its_days(sessions: Any, step: str) -> None:
    cut = steps.Cut(EVERYWHERE, YEAR)
    with sessions() as session:
        plan = plan_of(session, lambda: steps.rows(session, step, cut))
    index = BY_INDEX[step]
    table = f"{index.partition('_')[0]}s"
    if step in OPEN:
        assert_not_through(plan, table)
    else:
        assert_by(plan, index, table)


@pytest.mark.parametrize("step", sorted(steps.TALLIED))
def test_what_happened_on_no_day_is_looked_for_on_none(sessions: Any, step: str) -> None:
    cut = steps.Cut((Scope.of(stores=["S1"]),), YEAR)
    with sessions() as session:
        asked: list[str] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert steps.rows(session, step, cut) == []
    assert any("tallies" in statement for statement in asked)
    assert not any(table in statement for statement in asked for table in ("invitations", "decisions"))


@pytest.mark.parametrize("name", LISTS)
def test_a_page_for_a_machine_goes_by_its_days(sessions: Any, name: str) -> None:
    read, index = LISTS[name]
    with sessions() as session:
        plan = plan_of(session, lambda: read(session, EVERYWHERE, YEAR))
    assert_by(plan, index, name)


@pytest.mark.parametrize("name", LISTS)
def test_a_whole_list_goes_by_its_days(sessions: Any, name: str) -> None:
    read, index = LISTS[name]
    walk = {"sort": "walk"} if name == "responses" else {"walk": True}
    with sessions() as session:
        plan = plan_of(session, lambda: read(session, EVERYWHERE, YEAR, **walk))
    assert_by(plan, index, name)
