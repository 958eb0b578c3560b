"""The rules are read twice: the journey and a plain reading of the page agree, line by line, in towns of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.written_cases import run_case
from tests.core.second_reading import Life
from tests.core.second_reading.towns import Town

DOCUMENT = json.loads((Path(__file__).parents[1] / "golden" / "rule_scenarios.json").read_text(encoding="utf-8"))
STORES = [store["id"] for store in DOCUMENT["stores"]]
Trace = list[list[str | None]]


@pytest.mark.parametrize("scenario", DOCUMENT["scenarios"], ids=lambda scenario: scenario["id"])
def test_the_second_reading_gives_every_written_case(scenario: dict[str, Any]) -> None:
    assert Life(scenario["inputs"], DOCUMENT).run() == scenario["trace"]


@pytest.mark.parametrize("first", range(0, 600, 50))
def test_both_readings_agree_in_any_town(first: int) -> None:
    said = set()
    for seed in range(first, first + 50):
        town = Town(seed, STORES).drawn
        trace = run_case(town, DOCUMENT).trace
        assert known(Life(town, DOCUMENT).run()) == known(trace), seed
        said |= {line[1] or line[0] for line in trace}
    assert len(said) > 15  # these towns are no quiet places


def known(trace: Trace) -> Trace:
    """Without the instant at which a cycle whose rule is gone ends: the page does not say whose clock it follows."""
    return [line[:4] if line[1] == "RULE_DISABLED" and "#" in str(line[3]) else line for line in trace]
