"""docs/asvs.csv says what stands behind each requirement of OWASP ASVS 5.0.0 that we answer; this holds it to it."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = {f"S{number}" for number in range(1, 59)}
#: What is not built yet has no test of its own: nothing is left.
LATER: set[str] = set()


@cache
def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "asvs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def tests() -> set[str]:
    """The names of every test whose name begins with a requirement of ours."""
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return {name for source in sources for name in re.findall(r"^def (test_s\d+_\w+)\(", source, re.MULTILINE)}


def number_of(test: str) -> str:
    return f"S{test.split('_')[1][1:]}"


def test_each_requirement_stands_once_in_order_with_its_level_and_what_it_is_for_us() -> None:
    order = [tuple(map(int, row["requirement"].split("."))) for row in rows()]
    assert order == sorted(set(order))
    for row in rows():
        assert row["level"] in {"1", "2", "3"}, row
        assert row["status"] in {"met", "partly", "not yet"}, row
        assert set(row["ours"].split()) <= OURS, row
        assert row["ours"], row
    assert {one for row in rows() for one in row["ours"].split()} == OURS


def test_what_is_said_to_be_met_names_tests_that_exist_and_are_about_it() -> None:
    for row in rows():
        named = row["tests"].split()
        assert bool(named) == (row["status"] != "not yet"), row
        assert row["note"] or row["status"] == "met", row
        for test in named:
            assert test in tests(), (row["requirement"], test)
            assert number_of(test) in row["ours"].split(), (row["requirement"], test)


def test_every_requirement_of_ours_that_is_built_has_a_test_by_its_name_and_none_says_more() -> None:
    tested = {number_of(test) for test in tests()}
    assert tested == OURS - LATER
    for row in rows():
        later = set(row["ours"].split()) <= LATER
        assert later == (row["status"] == "not yet"), row


def test_a_requirement_that_is_partly_built_is_not_called_met() -> None:
    for row in rows():
        if LATER.intersection(row["ours"].split()):
            assert row["status"] != "met", row


def test_the_privacy_sheets_are_there_and_lead_to_each_other() -> None:
    folder = ROOT / "docs" / "privacy"
    sheets = {path.name for path in folder.glob("*.md")}
    assert sheets >= {"register.md", "impact-screening.md", "notice.fr.md", "notice.en.md", "incident.md"}
    for path in folder.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
            assert (folder / target).exists(), (path.name, target)
    index = (folder / "README.md").read_text("utf-8")
    assert all(name in index for name in sheets - {"README.md"})
