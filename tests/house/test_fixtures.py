"""The house's own fixtures do what other tests rely on."""

from __future__ import annotations

import socket
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, text

from tests.conftest import ROOT, UNTRACED, Clock, is_measured
from tests.servers import free_port, listens


def test_a_fresh_database_has_every_table_on_each_engine(engine: Any) -> None:
    names = inspect(engine).get_table_names()
    assert {"orders", "emails", "invitations", "decisions", "responses"} <= set(names)


def test_what_one_test_writes_another_does_not_see(engine: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (n INTEGER)"))


def test_a_filled_database_is_written_once_and_each_copy_is_its_own(filled: Any) -> None:
    times = []

    def write(sessions: Any) -> None:
        times.append(sessions)
        with sessions.begin() as session:
            session.execute(text("CREATE TABLE told (n INTEGER)"))
            session.execute(text("INSERT INTO told VALUES (1)"))

    first, second = filled(write), filled(write)
    with first.begin() as session:
        session.execute(text("DELETE FROM told"))
    with second() as session:
        assert session.scalars(text("SELECT n FROM told")).all() == [1]
    assert len(times) == 1


def test_an_empty_database_has_no_table(empty_engine_url: str) -> None:
    from surveyor.db.engine import make_engine

    made = make_engine(empty_engine_url)
    assert inspect(made).get_table_names() == []
    made.dispose()


@pytest.mark.postgres
def test_the_postgresql_of_the_tests_is_as_durable_as_production(postgres_url: str) -> None:
    from surveyor.db.engine import durability_problems, make_engine

    made = make_engine(postgres_url)
    assert durability_problems(made) == []
    made.dispose()


@pytest.mark.redis
def test_valkey_answers_and_evicts_nothing(redis_url: str) -> None:
    import redis

    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.dbsize() == 0


def test_a_clock_stands_still_until_it_is_moved(clock: Clock) -> None:
    before = clock()
    assert clock() == before
    assert clock.forward(days=2, hours=1) - before == timedelta(days=2, hours=1)


def test_nothing_is_traced_but_what_is_measured(request: pytest.FixtureRequest) -> None:
    assert not is_measured(request.node)
    assert sys.gettrace() is None
    threads: list[object] = []
    thread = threading.Thread(target=lambda: threads.append(sys.gettrace()))
    thread.start()
    thread.join()
    assert threads == [None]


def test_what_coverage_leaves_out_is_a_file_of_ours() -> None:
    assert [file for file in sorted(UNTRACED) if not (ROOT / file).is_file()] == []


def test_nothing_reaches_another_machine() -> None:
    with socket.socket() as probe, pytest.raises(PermissionError):
        probe.connect(("192.0.2.1", 80))


def test_a_free_port_is_held_for_the_server_that_names_it() -> None:
    port = free_port()
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))  # the kernel gives it to nobody who asks for any port either
    assert not listens(port)
    with socket.create_server(("127.0.0.1", port)):
        assert listens(port)
