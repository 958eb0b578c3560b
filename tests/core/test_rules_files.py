"""Texts of rules from the written cases, and what the check says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.rules import KnownNames, Problem, check_rules, to_plain

GOLDEN = Path(__file__).parents[1] / "golden"
FILES = json.loads((GOLDEN / "rules_files.json").read_text("utf-8"))["cases"]
BAD = json.loads((GOLDEN / "bad_inputs.json").read_text("utf-8"))
#: Publishing: who published meanwhile, why, how many. Said by the flow, not by the check of a text.
PUBLISHING = {"rules_version_conflict", "rules_reason_required", "rules_volume_confirm"}
TEXTS = [c for c in BAD["cases"] if c["area"] == "rules" and c["expect"]["error_code"] not in PUBLISHING]

BAD_NAMES = KnownNames(
    stores=frozenset(BAD["fixtures"]["stores"]),
    regions=frozenset(s["region"] for s in BAD["fixtures"]["stores"].values()),
    segments=frozenset(BAD["fixtures"]["segments"]),
    surveys=frozenset({"nps"}),
    emails=frozenset({"invitation"}),
)


def brief(problems: list[Problem]) -> list[tuple[object, ...]]:
    return sorted((p.line or 0, p.level, p.code, p.key, p.suggestion) for p in problems)


def expected(problems: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return sorted((p["line"] or 0, p["level"], p["code"], p["key"], p["suggestion"]) for p in problems)


@pytest.mark.parametrize("case", FILES, ids=lambda c: f"{c['id']} {c['title']}")
def test_a_written_file_gets_its_problems_and_its_rules(case: dict[str, Any]) -> None:
    raw = case["toml"].encode(case.get("encoding", "utf-8"))
    known = KnownNames.from_lists(case["known"]) if "known" in case else None
    rules, problems = check_rules(raw, known=known)
    assert brief(problems) == expected(case["problems"])
    assert (rules is not None) is case["ok"]
    if "rules" in case:
        assert rules is not None
        assert {r.id: to_plain(r) for r in rules.rules} == case["rules"]


@pytest.mark.parametrize("case", TEXTS, ids=lambda c: f"{c['id']} {c['title']}")
def test_a_bad_text_is_told_what_where_and_what_to_do(case: dict[str, Any]) -> None:
    given, expect = case["input"], case["expect"]
    text = given.get("toml") or "".join(part * times for part, times in given.get("build", []))
    rules, problems = check_rules(text.encode(), known=BAD_NAMES)
    assert (rules is None) is (expect["exit"] == 1)
    if "problems" in expect:
        assert brief(problems) == expected(expect["problems"])
    if expect["error_code"] is None:
        return
    said = next(p for p in problems if p.code == expect["error_code"])
    if "where" in expect:
        assert said.where == expect["where"]
    assert plain(said.message_en) == plain(expect["message_en"])
    assert plain(said.message_fr) == plain(expect["message_fr"])


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace(" (days)", "").replace(" (jours)", "").replace(" (months)", "")


def test_the_written_cases_are_all_there() -> None:
    assert (len(FILES), len(TEXTS)) == (61, 29)
