"""Statements compiled once: the same types and errors as elsewhere, several in one go, and what a commit waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from surveyor.db.engine import UNHURRIED, dialect_name, make_engine, make_sessions
from surveyor.db.health import is_away
from surveyor.db.prepared import Prepared, together
from surveyor.db.responses import Opening, open_page
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.network import Region
from surveyor.db.tables.responses import Visit

NOW = datetime(2026, 11, 2, 9, tzinfo=timezone(timedelta(hours=1)))
_ADD = Prepared(insert(Region.__table__).values(id=bindparam("id"), name=bindparam("name")))  # type: ignore[arg-type]
_READ = Prepared(select(Region.id, Region.name).where(Region.name >= bindparam("name")).order_by(Region.id))


def test_several_statements_leave_together_and_each_sees_those_before(sessions: Any) -> None:
    with sessions.begin() as session:
        with together(session):
            for n in range(10):
                _ADD.send(session, id=f"r{n}", name=f"%s ? : {n}")
            read = _READ.send(session, name="%s ? : 8")
        assert read.rows() == [("r8", "%s ? : 8"), ("r9", "%s ? : 9")]
    with sessions() as session:
        assert len(_READ.rows(session, name="")) == 10


def test_a_row_that_is_there_already_is_told_as_everywhere(sessions: Any) -> None:
    def twice() -> None:
        with sessions.begin() as session, together(session):
            _ADD.send(session, id="r", name="one")
            _ADD.send(session, id="r", name="two")

    with pytest.raises(IntegrityError):
        twice()
    with sessions() as session:
        assert _READ.rows(session, name="") == []


def test_types_are_those_of_the_tables(sessions: Any) -> None:
    columns = Visit.__table__.c
    asked = select(
        *(bindparam(name, type_=columns[name].type).label(name) for name in ("id", "at", "client_key", "prefetch"))
    )
    sent = {"id": uuid4(), "at": NOW, "client_key": b"\0\xff" * 16, "prefetch": True}
    with sessions() as session:
        ((one, at, key, prefetch),) = Prepared(asked).rows(session, **sent)
    assert (one, at, bytes(key), bool(prefetch)) == tuple(sent.values())
    assert at.tzinfo is UTC


def _waits(session: Any) -> str:
    """What a commit of this transaction waits for."""
    asked = "SHOW synchronous_commit" if dialect_name(session) == "postgresql" else "PRAGMA synchronous"
    return str(session.execute(text(asked)).scalar_one())


def test_a_visit_does_not_wait_for_the_disk_and_all_else_does(sessions: Any) -> None:
    """G1: what was acknowledged is on the disk; the connection of a visit is handed on as it was."""
    seen = []
    for _ in range(3):
        with sessions.begin() as session:
            assert open_page(session, b"t" * 32, Opening("GET", b"c" * 32), now=NOW) is None
            seen.append(_waits(session))
        with sessions.begin() as session:
            seen.append(_waits(session))
    assert seen in (["off", "on"] * 3, ["1", "2"] * 3)


def test_a_database_that_is_made_again_when_interrupted_stays_as_fast_as_it_was(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url, durable=False)
    with make_sessions(engine).begin() as session:
        session.connection(execution_options={UNHURRIED: True})
        assert _waits(session) == "0"
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("rested", [False, True])
def test_connections_that_were_cut_are_replaced(postgres_url: str, rested: bool) -> None:
    """One that rested is asked first; one that has just worked may fail once, as one that is cut at work."""
    engine, other = make_engine(postgres_url), make_engine(postgres_url)
    sessions = make_sessions(engine)
    with sessions() as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        pool: Any = session.connection().connection
        record = pool._connection_record
    with make_sessions(other)() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    if rested:
        record.info["worked_at"] -= 10
    else:
        with pytest.raises(DBAPIError) as wrong, sessions.begin() as session:
            Prepared(select(Instance.id)).rows(session)
        assert is_away(wrong.value)
    with sessions() as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
    engine.dispose()
    other.dispose()
