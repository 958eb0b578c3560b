"""SUR-05 to 08 by the registry: the golden figures, directions turned, and two scales that never meet."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.indicators import Facts, View, envelope, find
from surveyor.core.indicators.measures import Said
from surveyor.core.indicators.scales import Scaled
from surveyor.core.periods import month_of
from surveyor.core.scope import NETWORK
from surveyor.core.tally import Tally

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "indicator_cases.json").read_text("utf-8"))
CASES = [case for case in GOLDEN if case["indicator"] in ("csat", "ces")]
VIEW = View(month_of(date(2026, 6, 1)), NETWORK, date(2026, 7, 10), "en")
SECOND = {"csat": ("csat_satisfied", "satisfied"), "ces": ("ces_easy", "easy")}


def measured(key: str, facts: Facts) -> dict[str, Any]:
    return envelope(find(key), Tally(), VIEW, facts).to_json()


def answered(name: str, histogram: dict[str, int]) -> dict[tuple[str, str], int]:
    return {(name, value): n for value, n in histogram.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_a_golden_case_comes_out_of_stored_answers_by_the_registry(case: dict[str, Any]) -> None:
    kind, given_, expected = case["indicator"], case["inputs"], case["expected"]
    direction = given_.get("direction", "") if kind == "ces" else ""
    asked = Scaled(kind, given_["scale"], direction, Said("Q", "Q"))
    facts = Facts(answers=answered("q_x", given_["histogram"]), scaled={"q_x": asked})
    mean, (second, word) = measured(kind, facts), SECOND[kind]
    share = measured(second, facts)
    got = {**mean, word: share["count"], f"{word}_rate": share["value"]}
    got |= {f"{word}_low": share["ci_low"], f"{word}_high": share["ci_high"]}
    for name, value in expected.items():
        if isinstance(value, float):
            assert got[name] == pytest.approx(value, abs=case["tolerance"]), name
        else:
            assert got[name] == value, name


def test_two_scales_are_told_apart_and_never_averaged() -> None:
    answers = answered("q_a", {"5": 40}) | answered("q_b", {"10": 30, "0": 10})
    scaled = {"q_a": Scaled("csat", "1-5", "", Said("A", "A")), "q_b": Scaled("csat", "0-10", "", Said("B", "B"))}
    found = measured("csat", Facts(answers=answers, scaled=scaled))
    assert (found["value"], found["n"], found["display"]) == (None, 80, "A 5.0 · B 7.5")
    assert [(one["scale"], one["value"]) for one in found["questions"]] == [("1-5", 5.0), ("0-10", 7.5)]


def test_questions_of_effort_asked_both_ways_round_are_turned_before_they_are_pooled() -> None:
    answers = answered("q_a", {"7": 20}) | answered("q_b", {"1": 20})
    scaled = {"q_a": Scaled("ces", "1-7", "easy_high"), "q_b": Scaled("ces", "1-7", "difficult_high")}
    found = measured("ces", Facts(answers=answers, scaled=scaled))
    assert (found["value"], found["n"], measured("ces_easy", Facts(answers=answers, scaled=scaled))["value"]) == (
        *(7.0, 40),
        100.0,
    )


def test_nothing_asked_is_not_measured_and_an_answer_off_its_scale_is_an_error() -> None:
    assert measured("csat", Facts())["status"] == "not_measured"
    off = Facts(answers=answered("q_a", {"9": 40}), scaled={"q_a": Scaled("csat", "1-5")})
    assert (measured("csat", off)["status"], measured("csat", off)["value"]) == ("error", None)
    of_effort = Facts(answers=answered("q_a", {"5": 40}), scaled={"q_a": Scaled("ces", "1-7")})
    assert measured("csat", of_effort)["status"] == "not_measured"


@given(st.lists(st.integers(1, 7), min_size=1, max_size=200))
def test_effort_asked_the_other_way_round_says_the_same(values: list[int]) -> None:
    def of(turn: bool) -> dict[str, Any]:
        answers: dict[tuple[str, str], int] = {}
        for value in values:
            key = ("q_a", str(8 - value if turn else value))
            answers[key] = answers.get(key, 0) + 1
        direction = "difficult_high" if turn else "easy_high"
        found = measured("ces", Facts(answers=answers, scaled={"q_a": Scaled("ces", "1-7", direction)}))
        return {name: found[name] for name in ("value", "n", "ci_low", "ci_high", "status", "display")}

    assert of(turn=False) == of(turn=True)


def test_nine_answers_hide_the_mean_and_the_share() -> None:
    facts = Facts(answers=answered("q_a", {"5": 9}), scaled={"q_a": Scaled("csat", "1-5", "", Said("A", "A"))})
    for key in ("csat", "csat_satisfied"):
        found = measured(key, facts)
        assert (found["status"], found["value"], found["ci_low"]) == ("hidden", None, None)
        assert found["questions"][0]["value"] is None
        assert found["questions"][0]["good_rate"] is None
