"""The written cases of the rules come out of the database pipeline as they come out of the pure journey."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.check_invariants import check_invariants
from tests.flows.lived_cases import LivedCase, expected_lines

DOCUMENT = json.loads((Path(__file__).parent.parent / "golden" / "rule_scenarios.json").read_text())


COMPILED: dict[Any, Any] = {}


@pytest.fixture
def fresh(sqlite_url: str) -> Iterator[Any]:
    """A fresh database; what SQLAlchemy compiled for one case serves the next."""
    engine = make_engine(sqlite_url)
    yield make_sessions(engine.execution_options(compiled_cache=COMPILED))
    engine.dispose()


@pytest.mark.parametrize("case", DOCUMENT["scenarios"], ids=lambda case: case["id"])
def test_a_written_case_is_lived_in_the_database_as_written(case: dict[str, Any], fresh: Any) -> None:
    lived = LivedCase(fresh, case["inputs"], DOCUMENT)
    lived.run()
    assert lived.sends() == sorted(case["sends"], key=lambda row: (row[2], row[0], row[1]))
    assert lived.lines() == expected_lines(case["trace"])
    assert check_invariants(fresh, now=lived.now).findings == ()


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
    assert check_invariants(sessions, now=lived.now).findings == ()
    engine.dispose()
