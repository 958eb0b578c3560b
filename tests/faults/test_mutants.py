"""The list of wrong programs is about the code as it stands; killing them all is the nightly tier's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.mutants import MUTANTS, ROOT, Mutant, applied

NAMES = [f"X{n}" for n in range(1, 15)]


def test_every_wrong_program_of_the_design_is_in_the_list() -> None:
    assert [one.name for one in MUTANTS] == NAMES


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_what_a_wrong_program_changes_stands_in_the_code_once(mutant: Mutant, tmp_path: Path) -> None:
    for name in {name for name, _, _ in mutant.changes}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    applied(mutant, tmp_path)
    assert mutant.changes
    assert (ROOT / mutant.test.split()[0].split("::")[0]).exists()
