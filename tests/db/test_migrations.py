"""From nothing to the schema of the line: fast, repeatable, and equal to what the code declares."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import text

from surveyor.db import audit, migrations
from surveyor.db.engine import make_engine


def test_an_empty_database_is_ready_in_under_a_second(empty_engine_url: str) -> None:
    engine = make_engine(empty_engine_url)
    with engine.connect() as connection:
        assert migrations.current(connection) is None
    started = time.process_time()
    migrations.upgrade(engine)
    assert time.process_time() - started < 1
    assert migrations.is_current(engine)
    engine.dispose()


def test_the_schema_is_the_one_the_code_declares(engine: Any) -> None:
    assert migrations.check(engine) == []


def test_a_second_start_changes_nothing(engine: Any) -> None:
    migrations.upgrade(engine)
    assert migrations.check(engine) == []


def test_a_missing_index_and_an_old_revision_are_named(engine: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX at_most_once"))
    assert any("at_most_once" in line for line in migrations.check(engine))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert "surveyor db upgrade" in migrations.check(engine)[0]


def test_two_processes_that_start_together_migrate_once(empty_engine_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        engine = make_engine(empty_engine_url)
        try:
            migrations.upgrade(engine)
        except Exception as error:
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("verb", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_an_audit_line(sessions: Any, clock: Any, verb: str) -> None:
    with sessions.begin() as session:
        audit.append(session, audit.Entry("u1", "rules.publish", "version 1"), now=clock())
    with pytest.raises(Exception, match="never changes"), sessions.begin() as session:
        session.execute(text(verb))
