"""Many transactions over one connection: each begins empty, waits for the disk as it says, and outlives a cut."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from surveyor.db.engine import IDLE_SECONDS, dialect_name, make_engine, make_sessions
from surveyor.db.held import Held, held
from surveyor.db.plain import execute, unhurried
from surveyor.db.tables.network import Region


def _waits(session: Any) -> str:
    """What a commit of this transaction waits for."""
    asked = "SHOW synchronous_commit" if dialect_name(session) == "postgresql" else "PRAGMA synchronous"
    return str(execute(session, asked, ()).fetchall()[0][0])


def test_only_the_transaction_that_says_so_does_not_wait_for_the_disk(sessions: Any) -> None:
    """G5: an intent is on the disk before its email leaves, and the claim before it with it."""
    seen = []
    with held(sessions) as line:
        for _ in range(3):
            with line.begin() as session:
                unhurried(session)
                seen.append(_waits(session))
            with line.begin() as session:
                seen.append(_waits(session))
    with sessions.begin() as session:
        seen.append(_waits(session))
    assert seen in ([*["off", "on"] * 3, "on"], [*["1", "2"] * 3, "2"])


def test_what_one_transaction_read_the_next_one_reads_again(sessions: Any) -> None:
    with sessions.begin() as session:
        session.add(Region(id="north", name="before"))
    with held(sessions) as line:
        with line.begin() as session:
            kept = session.get(Region, "north")
            assert kept is not None
        with sessions.begin() as other:
            other.execute(text("UPDATE regions SET name = 'after'"))
        with line.begin() as session:
            found = session.get(Region, "north")
            assert found is not None
            assert (found.name, kept.name) == ("after", "before")


def test_what_raises_is_rolled_back_and_the_next_one_works(sessions: Any) -> None:
    def fail(line: Any) -> None:
        with line.begin() as session:
            session.add(Region(id="north", name="x"))
            session.flush()
            raise ZeroDivisionError

    with held(sessions) as line:
        with pytest.raises(ZeroDivisionError):
            fail(line)
        with line.begin() as session:
            assert session.get(Region, "north") is None


def test_its_connection_is_the_pool_s_again_at_the_end(sessions: Any) -> None:
    pool = sessions.kw["bind"].pool
    with held(sessions) as line:
        with line.begin() as session:
            execute(session, "SELECT 1", ())
        assert pool.checkedout() == 1
    assert pool.checkedout() == 0


@pytest.mark.postgres
@pytest.mark.parametrize("rested", [False, True])
def test_a_connection_that_was_cut_is_replaced(postgres_url: str, rested: bool) -> None:
    """One that rested is asked first; one that has just worked may fail once, as one that is cut at work."""
    engine, other = make_engine(postgres_url), make_engine(postgres_url)
    with held(make_sessions(engine)) as line:
        assert isinstance(line, Held)
        with line.begin() as session:
            (pid,) = execute(session, "SELECT pg_backend_pid()", ()).fetchall()[0]
        with make_sessions(other)() as session:
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        if rested:
            line._worked_at -= 2 * IDLE_SECONDS
        else:
            with pytest.raises(DBAPIError), line.begin() as session:
                execute(session, "SELECT 1", ())
        with line.begin() as session:
            assert execute(session, "SELECT 1", ()).fetchall() == [(1,)]
    engine.dispose()
    other.dispose()
