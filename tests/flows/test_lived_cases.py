"""The written cases of the rules come out of the database pipeline as they come out of the pure journey."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from surveyor.flows.check_invariants import check_invariants
from tests.flows.lived_cases import LivedCase, expected_lines

DOCUMENT = json.loads((Path(__file__).parent.parent / "golden" / "rule_scenarios.json").read_text())


@pytest.mark.parametrize("case", DOCUMENT["scenarios"], ids=lambda case: case["id"])
def test_a_written_case_is_lived_in_the_database_as_written(case: dict[str, Any], sqlite_sessions: Any) -> None:
    lived = LivedCase(sqlite_sessions, case["inputs"], DOCUMENT)
    lived.run()
    assert lived.sends() == sorted(case["sends"], key=lambda row: (row[2], row[0], row[1]))
    assert lived.lines() == expected_lines(case["trace"])
    assert check_invariants(sqlite_sessions, now=lived.now).findings == ()
