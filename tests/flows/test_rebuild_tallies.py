"""Tallies equal a recount of the rows, cell by cell; what differs is told, and repaired only when asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from surveyor.db.alerts import open_alerts
from surveyor.flows.rebuild_tallies import compare_tallies, differences, rebuild_tallies
from tests.flows.orders import at, event, record, use_rules

JAN_5, JAN_19, NOW = at("2026-01-05T17:00"), at("2026-01-19T18:30"), at("2026-01-21T08:00")


def _network(sessions: Any) -> None:
    use_rules(sessions)
    for n in range(4):
        record(sessions, event(f"a{n}", f"c{n}", JAN_5, segment=f"s{n % 2}"), now=JAN_5)
        record(sessions, event(f"b{n}", f"c{n}", JAN_19, store_id=f"S{n % 2}"), now=JAN_19)
        record(sessions, event(f"d{n}", f"c{n}", JAN_19, email=f"c{n}@gmail.com"), now=JAN_19)
    record(sessions, event("b0", "c0", JAN_19, type="order.cancelled"), now=NOW)
    record(sessions, event("old", "c9", JAN_5), now=NOW, history=True)


def test_after_recording_the_tallies_equal_a_recount(sessions: Any) -> None:
    _network(sessions)
    assert compare_tallies(sessions, now=NOW) == []
    with sessions.begin() as session:
        assert session.execute(text("SELECT sum(hits), sum(scheduled), sum(orders) FROM tallies_coarse")).one() == (
            8,
            5,
            11,
        )


def test_a_difference_is_told_with_its_cell_and_an_alert_until_it_is_repaired(sessions: Any) -> None:
    _network(sessions)
    with sessions.begin() as session:
        session.execute(text("UPDATE tallies_coarse SET hits = hits + 1 WHERE store_id = 'S1'"))
    found = compare_tallies(sessions, now=NOW)
    assert {(one.table, one.stored - one.counted) for one in found} == {("tallies_coarse", 1)}
    assert "S1" in str(found[0])
    with sessions.begin() as session:
        assert [alert.code for alert in open_alerts(session)] == ["tallies_differ"]
    assert rebuild_tallies(sessions, now=NOW) == found
    with sessions.begin() as session:
        assert differences(session) == []
        assert open_alerts(session) == []
