"""The kit of the benchmarks says what it saw: refused, failed, below or at the target."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.kit import Case, CheckError, as_json, measure, take, tree_cpu, verdict

ROOT = Path(__file__).resolve().parents[2]


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def work(seconds: float, items: int) -> Any:
    def run(_: Any) -> int:
        burn(seconds)
        return items

    return run


@pytest.mark.parametrize(
    ("ratio", "cost", "said"),
    [
        (0.7, False, "pass"),
        (0.4, False, "below_target"),
        (0.2, False, "fail"),
        (0.2, True, "pass"),
        (0.5, True, "below_target"),
        (0.7, True, "fail"),
    ],
)
def test_a_ratio_is_held_to_its_target_and_its_floor(ratio: float, cost: bool, said: str) -> None:
    target, floor = (0.3, 0.6) if cost else (0.6, 0.3)
    assert verdict(ratio, target, floor, cost=cost) == said


def test_a_round_that_is_too_short_says_nothing() -> None:
    row = measure(Case("x", "E", work(0.01, 100), limit=work(0.01, 100)), rounds=2, target=None)
    assert (row.verdict, "take more items" in row.note or "varied" in row.note) == ("refused", True)


def test_a_failed_check_refuses_the_row_before_any_figure() -> None:
    def wrong(_: Any) -> None:
        raise CheckError("one email is lost")

    row = measure(Case("x", "E", work(0.01, 1), limit=work(0.01, 1), check=wrong), rounds=2, target=None)
    assert (row.verdict, row.check, row.note, row.per_cpu_s) == ("refused", "failed", "one email is lost", {})


def test_what_a_child_process_spends_is_counted() -> None:
    import os
    import subprocess
    import sys

    spent = take(lambda _: subprocess.run([sys.executable, "-c", "sum(range(4_000_000))"]).returncode + 1, None, ())
    assert spent.cpu > 0.02
    assert tree_cpu([os.getpid()]) > 0


def test_the_table_has_a_line_for_a_refused_row() -> None:
    row = measure(Case("x", "E", work(0.01, 1), limit=work(0.01, 1)), rounds=1, target=None)
    assert "refused" in report.line("stage", as_json([row])[0])


#: Rows whose target is the floor: a survey page asks for its page, its style and its script, and for nothing else.
AS_GOOD_AS_IT_GETS = {"33d"}


def test_every_target_has_a_floor_on_its_own_side() -> None:
    for row, engines in tomllib.loads((ROOT / "benchmarks" / "targets.toml").read_text()).items():
        for engine, goal in engines.items():
            assert engine in ("E", "P", "any"), row
            assert goal["target"] != goal["floor"] or row in AS_GOOD_AS_IT_GETS, row
