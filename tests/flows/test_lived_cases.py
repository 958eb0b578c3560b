"""The written cases of the rules come out of the database pipeline as they come out of the pure journey."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.written_cases import run_case
from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.check_invariants import check_invariants
from tests.core.second_reading.towns import Town
from tests.flows.lived_cases import LivedCase, expected_lines
from tests.flows.orders import PARIS

pytestmark = pytest.mark.slow

DOCUMENT = json.loads((Path(__file__).parent.parent / "golden" / "rule_scenarios.json").read_text())


@pytest.mark.parametrize("case", DOCUMENT["scenarios"], ids=lambda case: case["id"])
def test_a_written_case_is_lived_in_the_database_as_written(case: dict[str, Any], sqlite_sessions: Any) -> None:
    lived = LivedCase(sqlite_sessions, case["inputs"], DOCUMENT)
    lived.run()
    assert lived.sends() == sorted(case["sends"], key=lambda row: (row[2], row[0], row[1]))
    assert lived.lines() == expected_lines(case["trace"])
    report = check_invariants(sqlite_sessions, now=lived.now, defaults=PARIS, read_version=lived.read_version)
    assert report.findings == ()
    assert report.proof.found == report.proof.compared == lived.decisions()


@pytest.mark.parametrize("seed", range(12))
def test_a_town_of_any_kind_is_lived_in_the_database_as_the_rules_say(seed: int, sqlite_sessions: Any) -> None:
    """Without outages: an email that waited until it was too late ends when the worker is back, not at its slot."""
    town = Town(seed, [store["id"] for store in DOCUMENT["stores"]], outages=False).drawn
    written = run_case(town, DOCUMENT)
    lived = LivedCase(sqlite_sessions, town, DOCUMENT)
    lived.run()
    assert lived.sends() == sorted(written.sends, key=lambda row: (row[2], row[0], row[1]))
    assert lived.lines() == expected_lines(written.trace)
    report = check_invariants(sqlite_sessions, now=lived.now, defaults=PARIS, read_version=lived.read_version)
    assert report.findings == ()
    assert report.proof.found == report.proof.compared == lived.decisions()


@pytest.mark.postgres
@pytest.mark.parametrize("case_id", ["S01", "S20", "S40", "R05", "R17", "R18", "R35", "R46", "R50"])
def test_postgresql_lives_them_the_same_way(case_id: str, postgres_url: str) -> None:
    case = next(one for one in DOCUMENT["scenarios"] if one["id"] == case_id)
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    lived = LivedCase(sessions, case["inputs"], DOCUMENT)
    lived.run()
    assert lived.sends() == sorted(case["sends"], key=lambda row: (row[2], row[0], row[1]))
    assert lived.lines() == expected_lines(case["trace"])
    report = check_invariants(sessions, now=lived.now, defaults=PARIS, read_version=lived.read_version)
    assert (report.findings, report.proof.found) == ((), lived.decisions())
    engine.dispose()


def test_a_cycle_whose_latest_order_is_cancelled_follows_the_one_before_however_old(sqlite_sessions: Any) -> None:
    """The memory of a customer had forgotten the order of January; the cancellation of June reads it again."""
    january = {"id": "o1", "customer": "c1", "store": "S1", "ordered_at": "2026-01-05T06:00Z"}
    june = {"id": "o2", "customer": "c1", "store": "RE1", "ordered_at": "2026-06-13T02:15Z"}
    inputs = {
        "rules": [
            {"id": "r", "mode": "recurring", "min_orders": 1, "delay_days": 0, "idle_months": 1, "max_late_days": 0}
        ],
        "customers": [{"id": "c1", "email": "x@example.org", "segment": "default"}],
        "orders": [
            {**january, "fulfilled_at": january["ordered_at"]},
            {**june, "fulfilled_at": june["ordered_at"], "cancelled_at": "2026-06-13T06:15Z"},
        ],
        "provider_refuses": ["2026-01-05T09:00Z"],
    }
    written = run_case(inputs, DOCUMENT)
    assert written.trace[-1][-1] == "2026-08-13T08:00Z"  # ten o'clock in Paris, no longer on Réunion
    lived = LivedCase(sqlite_sessions, inputs, DOCUMENT)
    lived.run()
    assert lived.lines() == expected_lines(written.trace)
