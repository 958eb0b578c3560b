"""The fault matrix names every fault of the design, tests that exist, and is the one that the page shows."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.faults.matrix import MATRIX, ROOT, Row, path, table


@cache
def functions_in(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def test_every_fault_of_the_design_has_its_row() -> None:
    assert [row.name for row in MATRIX] == [f"F{n}" for n in range(1, 36)]


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_what_shows_a_fault_is_a_test_that_exists(row: Row) -> None:
    assert row.tests
    for file, name in map(path, row.tests):
        assert name in functions_in(file), f"{file.relative_to(ROOT)} has no {name}"


def test_the_page_shows_the_matrix() -> None:
    assert "\n".join(table()) in (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
