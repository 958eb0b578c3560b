"""What the clock looks after aside: what waits, rules.toml on disk, the checks of the night."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from surveyor.db.alerts import open_alerts
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.health import integrity_problems
from surveyor.db.tables.tallies import CoarseMonth, CoarseTally
from surveyor.errors import Refused
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.rebuild_tallies import rebuild_tallies
from surveyor.flows.refuse_late_clock import refuse_late_clock
from surveyor.jobs import nightly
from surveyor.jobs.clock import Clock
from surveyor.jobs.run_due import run_due
from surveyor.jobs.schedule import ASIDE, SCHEDULE
from tests.flows.orders import at, event, record
from tests.flows.sending import Ticks
from tests.jobs.house import services

RULES = '[[rule]]\nid = "std"\n'
JAN_5, JAN_19, TENTH_HOUR = at("2026-01-05T17:00"), at("2026-01-19T18:30"), at("2026-01-21T09:00")


def night_clock(house: Any, ticks: Ticks | None = None) -> Clock:
    """A clock whose nights are done at once."""
    return Clock(house, ticks=ticks or Ticks(), beside=lambda work: work())


def asked_once(sessions: Any) -> None:
    publish_first(sessions, RULES, now=at("2026-01-01T00:00"))
    record(sessions, event("o1", "c1", JAN_5), now=JAN_5)
    record(sessions, event("o2", "c1", JAN_19), now=JAN_19)


def alerts(sessions: Any) -> set[tuple[str, str]]:
    with sessions() as session:
        return {(alert.code, alert.subject) for alert in open_alerts(session)}


def test_the_night_tells_a_tally_that_is_not_its_rows_and_repairs_nothing(
    sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = services(sessions, clock, tmp_path)
    asked_once(sessions)
    clock.set(TENTH_HOUR)
    run_due(house)
    beating = night_clock(house)
    beating.night(clock())
    with sessions.begin() as session:
        session.execute(text("UPDATE tallies_coarse SET sent = sent + 1 WHERE sent > 0"))
    beating.night(clock.forward(hours=2))
    assert alerts(sessions) == set()  # a new installation waits for its first night
    clock.set(at("2026-01-22T02:05"))
    beating.night(clock())
    assert alerts(sessions) == {("tallies_differ", ""), ("invariant_broken", "E7")}
    with sessions() as session:
        assert max(session.scalars(select(CoarseTally.sent))) == 2
    with sessions.begin() as session:
        session.execute(text("UPDATE tallies_coarse SET sent = sent - 1 WHERE sent > 0"))
    beating.night(clock.forward(hours=12))
    assert len(alerts(sessions)) == 2  # once a night
    beating.night(clock.forward(hours=12))
    assert alerts(sessions) == set()


def test_the_night_sums_a_month_that_is_over_and_tells_one_that_is_not_its_rows(
    sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = services(sessions, clock, tmp_path)
    asked_once(sessions)
    clock.set(TENTH_HOUR)
    run_due(house)
    beating = night_clock(house)
    beating.night(clock())
    clock.set(at("2026-02-08T04:00"))
    beating.night(clock())
    with sessions() as session:
        cells = session.execute(select(CoarseMonth.month, CoarseMonth.sent)).all()
    assert [tuple(one) for one in cells] == [(date(2026, 1, 1), 1)]
    assert ("tallies_differ", "") not in alerts(sessions)
    with sessions.begin() as session:
        session.execute(text("UPDATE tallies_fine_months SET sent = sent + 1 WHERE sent > 0"))
    beating.night(clock.forward(hours=24))
    assert ("tallies_differ", "") in alerts(sessions)
    assert [one.table for one in rebuild_tallies(sessions, now=clock())] == ["tallies_fine_months"]
    assert rebuild_tallies(sessions, now=clock()) == []
    assert ("tallies_differ", "") not in alerts(sessions)


def test_the_night_lives_every_decision_again(sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = services(sessions, clock, tmp_path)
    asked_once(sessions)
    clock.set(TENTH_HOUR)
    run_due(house)
    beating = night_clock(house)
    beating.night(clock())
    with sessions.begin() as session:
        session.execute(text("UPDATE decisions SET planned_at = decided_at WHERE order_id = 'o2'"))
    with capture_logs() as logs:
        beating.night(clock.forward(days=1))
    assert alerts(sessions) == {("invariant_broken", "E2")}
    assert [(line["event"], line["ok"], line["findings"]) for line in logs] == [("night_checked", False, 1)]


def test_a_night_that_failed_is_done_again(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = services(sqlite_sessions, clock, tmp_path)
    asked_once(sqlite_sessions)
    clock.set(TENTH_HOUR)
    beating = night_clock(house)
    beating.night(clock())
    with sqlite_sessions.begin() as session:
        session.execute(text("ALTER TABLE tallies_fine RENAME TO elsewhere"))
    with capture_logs() as logs:
        beating.night(clock.forward(days=1))
    assert [(line["event"], line["task"]) for line in logs] == [("clock_failed", "night")]
    assert nightly.is_due(house.settings, clock())
    with sqlite_sessions.begin() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO tallies_fine"))
    beating.night(clock.forward(minutes=1))
    assert not nightly.is_due(house.settings, clock())


def test_a_night_begins_at_three_where_the_installation_is(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> None:
    settings = services(sqlite_sessions, clock, tmp_path).settings
    nightly.done(settings, at("2026-07-14T12:00"))
    assert not nightly.is_due(settings, at("2026-07-15T00:59"))
    assert nightly.is_due(settings, at("2026-07-15T01:00"))  # 3:00 in Paris


def test_sqlite_says_what_is_damaged_in_its_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
        connection.exec_driver_sql("INSERT INTO t VALUES (NULL)")
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql("UPDATE sqlite_master SET sql = 'CREATE TABLE t (a NOT NULL)'")
    engine.dispose()
    engine = make_engine(url)
    with make_sessions(engine)() as session:
        assert integrity_problems(session) == ["NULL value in t.a"]
    engine.dispose()


def test_what_waits_too_long_is_an_alert_until_it_moves(sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = services(sessions, clock, tmp_path)
    asked_once(sessions)
    clock.set(TENTH_HOUR)
    beating = night_clock(house)
    beating.heartbeat(clock())
    beating.watch(clock.forward(minutes=14))
    assert alerts(sessions) == set()
    beating.watch(clock.forward(minutes=2))
    assert alerts(sessions) == {("line_waits", "an email that waits 15 minutes past its due time")}
    assert run_due(house).sent == 1
    beating.watch(clock())
    assert alerts(sessions) == set()


def test_the_rules_in_force_are_written_to_disk_and_a_person_s_file_stays(
    sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = services(sqlite_sessions, clock, tmp_path)
    asked_once(sqlite_sessions)
    file, ticks = tmp_path / "rules.toml", Ticks()
    beating = night_clock(house, ticks)
    beating.tick()
    assert file.read_text("utf-8").endswith(RULES)
    file.unlink()
    beating.tick()
    assert not file.exists()
    ticks.seconds = 61.0
    beating.tick()
    assert file.read_text("utf-8").endswith(RULES)
    file.write_text(RULES + "# essai\n", "utf-8")
    ticks.seconds = 122.0
    beating.tick()
    assert file.read_text("utf-8") == RULES + "# essai\n"


def test_a_virtual_clock_leaves_out_what_is_looked_after_aside(
    sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    asked_once(sqlite_sessions)
    Clock(services(sqlite_sessions, clock, tmp_path)).once()
    assert [path.name for path in tmp_path.iterdir()] == ["epoch"]
    assert {name for name, _ in ASIDE}.isdisjoint(name for name, _ in SCHEDULE)


@pytest.mark.parametrize("fact", ["heartbeat", "order", "nothing"])
def test_a_clock_an_hour_behind_what_was_recorded_does_not_start(
    sessions: Any, clock: Any, tmp_path: Path, fact: str
) -> None:
    clock.set(JAN_19)
    if fact == "heartbeat":
        Clock(services(sessions, clock, tmp_path)).heartbeat(clock())
    elif fact == "order":
        asked_once(sessions)
    else:
        refuse_late_clock(sessions, now=at("1999-01-01T00:00"))
        return
    refuse_late_clock(sessions, now=JAN_19 - timedelta(minutes=59))
    with pytest.raises(Refused, match="2026-01-19 18:30 UTC"):
        refuse_late_clock(sessions, now=JAN_19 - timedelta(hours=1))
