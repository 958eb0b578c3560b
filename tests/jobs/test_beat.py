"""A restored or copied database sends nothing until a person says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.guard import Identity, held_because, installation_name
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.instance import Instance
from surveyor.flows.beat import Beat, beat, release_sends
from surveyor.jobs import witnesses
from surveyor.jobs.clock import Clock
from tests.flows.sending import NOW
from tests.jobs.house import services

NAME = installation_name("https://enquetes.example.fr")


def one_beat(sessions: Any, *seen: int | None, name: str = NAME, minutes: float = 0) -> Beat:
    now = NOW + timedelta(minutes=minutes)
    return beat(sessions, name=name, pepper_id="pepper", witnesses=seen, now=now)


def test_the_first_beat_makes_the_installation_and_the_next_ones_count(sessions: Any) -> None:
    assert one_beat(sessions, None) == Beat(1, False)
    assert one_beat(sessions, 1, minutes=1) == Beat(2, False)
    with sessions() as session:
        row = session.scalars(select(Instance)).one()
    assert (row.name, row.pepper_id, row.heartbeat_at) == (NAME, "pepper", NOW + timedelta(minutes=1))


def test_a_witness_that_is_ahead_means_an_older_backup(sessions: Any) -> None:
    one_beat(sessions, None)
    held = one_beat(sessions, 7, minutes=1)
    assert held.held
    assert "older backup" in (held.reason or "")
    assert one_beat(sessions, 7, minutes=2).epoch is None
    with sessions() as session:
        assert [alert.code for alert in open_alerts(session)] == ["sending_held"]


def test_a_database_of_another_address_is_held(sessions: Any) -> None:
    one_beat(sessions, None)
    assert one_beat(sessions, 1, name=installation_name("https://staging.example.fr")).held


def test_a_long_silence_without_a_witness_is_held_and_with_one_is_not(sessions: Any) -> None:
    one_beat(sessions, None)
    assert not one_beat(sessions, 1, minutes=60 * 24 * 30).held
    assert not one_beat(sessions, None, minutes=60 * 24 * 30 + 300).held
    assert one_beat(sessions, None, minutes=60 * 24 * 31).held


def test_a_clock_that_went_back_is_an_alert_and_the_heartbeat_stays(sessions: Any) -> None:
    one_beat(sessions, None)
    one_beat(sessions, 1, minutes=-120)
    with sessions() as session:
        assert [alert.code for alert in open_alerts(session)] == ["clock_behind"]
        assert session.scalars(select(Instance.heartbeat_at)).one() == NOW


def test_a_person_releases_and_the_database_goes_ahead_of_every_witness(sessions: Any) -> None:
    one_beat(sessions, None)
    one_beat(sessions, 41, minutes=1)
    assert release_sends(sessions, who="admin", name=NAME, witnesses=[41], now=NOW) == Beat(42, False)
    assert one_beat(sessions, 42, minutes=2) == Beat(43, False)
    with sessions() as session:
        row = session.scalars(select(Instance)).one()
        assert open_alerts(session) == []
    assert (row.sending, row.released_by) == ("released", "admin")


@pytest.mark.postgres
def test_another_cluster_is_held(postgres_url: str) -> None:
    from surveyor.db.engine import make_engine, make_sessions

    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    assert not one_beat(sessions, None).held
    with sessions.begin() as session:
        row = session.scalars(select(Instance)).one()
        assert row.pg_system
        session.execute(update(Instance).values(pg_system="7000000000000000000"))
    assert one_beat(sessions, 1, minutes=1).held
    engine.dispose()


def test_every_port_of_ones_own_machine_is_the_same_installation() -> None:
    assert installation_name("http://127.0.0.1:8000") == installation_name("http://localhost:8123")
    assert installation_name("https://a.example") != installation_name("https://b.example")


def test_a_database_that_was_never_read_again_needs_no_heartbeat() -> None:
    kept = Identity(NAME, epoch=3)
    assert held_because(kept, NOW, Identity(NAME), [None]) is None


def test_the_file_witness_survives_a_restart_and_tells_an_older_copy(
    sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = services(sqlite_sessions, clock, tmp_path / "home")
    for _ in range(3):
        assert not Clock(house).heartbeat(clock.forward(minutes=1)).held
    assert witnesses.read(house.settings) == [3]
    with sqlite_sessions.begin() as session:
        session.execute(update(Instance).values(epoch=1))
    assert Clock(house).heartbeat(clock.forward(minutes=1)).held


@pytest.mark.redis
def test_redis_is_a_second_witness(sqlite_sessions: Any, clock: Any, tmp_path: Path, redis_url: str) -> None:
    from surveyor.jobs.bell import connect

    house = services(sqlite_sessions, clock, tmp_path)
    client = connect(redis_url)
    beating = Clock(house, redis=client)
    beating.heartbeat(clock())
    (tmp_path / "epoch").unlink()
    assert witnesses.read(house.settings, client) == [None, 1]
    nobody = connect("redis://127.0.0.1:1")
    assert witnesses.read(house.settings, nobody) == [None, None]
    witnesses.write(house.settings, 5, nobody)
    assert witnesses.read(house.settings) == [5]
