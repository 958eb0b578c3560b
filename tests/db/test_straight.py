"""Statements that go past psycopg say what they said through it; plans kept for a transaction go by indexes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from surveyor.db.emails import follow, intent, settle
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.plain import CURSOR, by_index, execute
from surveyor.db.straight import Straight, _numbered, straight

pytestmark = pytest.mark.postgres

SAID = (
    "SELECT %s, CAST(%s AS uuid), CAST(%s AS bytea), CAST(%s AS timestamptz), CAST(%s AS int[]), CAST(%s AS date), "
    "5 %% 3"
)
VALUES = ("é '\\", UUID(int=7), b"\x00\xff", datetime(2026, 3, 1, 9, 30, tzinfo=UTC), [1, 2], None)
ROW = (*VALUES, 2)


@pytest.fixture
def sessions(postgres_url: str) -> Iterator[Any]:
    engine = make_engine(postgres_url, pool_size=1)
    yield make_sessions(engine)
    engine.dispose()


def by_itself(session: Any) -> bool:
    """Whether the last statement went past psycopg."""
    cursor = session.connection().info[CURSOR]
    assert isinstance(cursor, Straight)
    return cursor._result is not None


def test_a_statement_says_the_same_once_it_is_known(sessions: Any) -> None:
    ways = []
    for _ in range(12):
        with sessions.begin() as session:
            execute(session, "SELECT 1", ())
            assert execute(session, SAID, VALUES).fetchall() == [ROW]
            ways.append(by_itself(session))
    assert ways[0] is False
    assert ways[-1] is True


def test_counts_and_absent_rows_are_those_of_psycopg(sessions: Any) -> None:
    for _ in range(12):
        with sessions.begin() as session:
            execute(session, "SELECT 1", ())
            changed = execute(session, "UPDATE instance SET sending = sending WHERE id = %s", (1,))
            assert (changed.description, changed.rowcount) == (None, 0)
            found = execute(session, "SELECT id FROM emails WHERE priority = %s", (1,))
            assert found.description is not None
            assert found.fetchall() == []


def test_an_error_is_the_one_that_callers_know_and_the_next_transaction_works(sessions: Any) -> None:
    asked = "SELECT 10 / CAST(%s AS int)"
    for _ in range(12):
        with sessions.begin() as session:
            execute(session, "SELECT 1", ())
            assert execute(session, asked, (5,)).fetchall() == [(2,)]
    with sessions.begin() as session:
        execute(session, "SELECT 1", ())
        with pytest.raises(DBAPIError) as said:
            execute(session, asked, (0,))
    orig: Any = said.value.orig
    assert orig.sqlstate == "22012"
    with sessions.begin() as session:
        assert execute(session, asked, (2,)).fetchall() == [(5,)]


def test_what_psycopg_forgets_is_forgotten(sessions: Any) -> None:
    for _ in range(12):
        with sessions.begin() as session:
            execute(session, "SELECT 1", ())
            execute(session, SAID, VALUES)
    with sessions.begin() as session:  # after this psycopg lets all it prepared go
        execute(session, "ALTER TABLE brands ALTER COLUMN name SET STATISTICS 100", ())
    for _ in range(12):
        with sessions.begin() as session:
            execute(session, "SELECT 1", ())
            assert execute(session, SAID, VALUES).fetchall() == [ROW]


HOT = (follow._HELD, intent._INTEND, settle._OPEN)


@pytest.mark.parametrize("asked", [*(one.postgresql for one in HOT), settle._SETTLE])
def test_a_plan_that_is_kept_reads_no_whole_table_even_when_it_was_made_while_that_was_empty(
    sessions: Any, asked: str
) -> None:
    with sessions.begin() as session:
        session.execute(text("ANALYZE"))
    with sessions.begin() as session:
        by_index(session)
        driver = session.connection().connection.driver_connection
        driver.pgconn.prepare(b"hot", _numbered(asked))
        nulls = ", ".join(["NULL"] * asked.count("%s"))
        plan = "\n".join(row[0] for row in driver.execute(f"EXPLAIN EXECUTE hot({nulls})"))
    for table in ("emails", "send_attempts", "invitations"):
        assert f"Seq Scan on {table}" not in plan
        reads = plan.split("->")
        assert not [one for one in reads if f" on {table}" in one and "Scan" in one and "Index Cond" not in one], plan
    assert "Index Cond" in plan


def test_plans_are_their_own_again_after_the_transaction(sessions: Any) -> None:
    asked = "SELECT current_setting('plan_cache_mode'), current_setting('enable_seqscan')"
    with sessions.begin() as session:
        by_index(session)
        assert execute(session, asked, ()).fetchall() == [("force_generic_plan", "off")]
    with sessions.begin() as session:
        assert execute(session, asked, ()).fetchall() == [("force_custom_plan", "on")]


def test_a_psycopg_that_keeps_its_statements_elsewhere_is_left_to_itself(sessions: Any) -> None:
    class Unknown:
        connection = object()

    cursor = Unknown()
    assert straight(cursor) is cursor
    with sessions.begin() as session:
        assert isinstance(straight(session.connection().connection.cursor()), Straight)
