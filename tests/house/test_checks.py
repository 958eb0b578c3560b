"""What ./bin/test asks of coverage: the branches of core and of flows, each alone, without their statements."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    """The program behind ./bin/test."""
    spec = importlib.util.spec_from_file_location("_checks", ROOT / "bin" / "_checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(taken: int, of: int, **files: Any) -> str:
    """What `coverage json` says, every statement run."""
    totals = {"percent_covered": 99.0, "covered_branches": taken, "num_branches": of}
    return json.dumps({"totals": totals, "files": {name: {"missing_branches": left} for name, left in files.items()}})


def test_branches_are_counted_alone_and_those_left_out_are_named(checks: ModuleType) -> None:
    left = {"a.py": [[12, -9], [14, 15]], "b.py": []}
    assert checks.judged(report(95, 100, **left)) == (True, ["95 of 100 branches, 95.0 %"])
    assert checks.judged(report(949, 1000, **left)) == (
        False,
        ["949 of 1000 branches, 94.9 %", "  a.py: 12->-9, 14->15"],
    )


def test_a_part_that_nothing_measured_is_not_covered(checks: ModuleType) -> None:
    assert checks.judged(report(0, 0))[0] is False
