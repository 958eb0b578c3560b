"""The golden cases: every indicator that exists gives the figures of its page, within each case's tolerance."""

import json
from pathlib import Path

import pytest

from surveyor.core.indicators.trial import CALCULATIONS, Summary, try_indicators
from surveyor.errors import Refused

GOLDEN = Path(__file__).parent.parent / "golden" / "indicator_cases.json"
#: The case file names its data relative to where it came from.
DATA = Path(__file__).parents[3] / "shared" / "data" / "golden"
CASES = json.loads(GOLDEN.read_text(encoding="utf-8"))


def _read(name: str) -> bytes | None:
    file = DATA / name
    return file.read_bytes() if file.is_file() else None


def test_every_calculation_of_the_cases_has_its_function() -> None:
    assert {one.calculation for one in try_indicators(CASES, read=_read) if one.verdict == "unknown"} == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_golden_case_passes(case: dict[str, object]) -> None:
    outcome = try_indicators([case], read=_read)[0]
    if outcome.verdict == "skipped":
        pytest.skip(f"the data file of {outcome.case_id} is not on this machine")
    assert outcome.verdict == "passed", [difference.sentence("en") for difference in outcome.differences]


def test_an_unknown_calculation_is_a_failure_with_its_name_and_never_a_pass() -> None:
    case = {"id": "x", "indicator": "npss", "inputs": {}, "expected": {}, "tolerance": 0}
    outcome = try_indicators([case])[0]
    assert outcome.verdict == "unknown"
    assert outcome.differences[0].expected == "nps"
    assert str(Summary.of([outcome])) == "0 passed, 1 failed"


def test_a_case_whose_file_is_missing_counts_neither_way() -> None:
    inputs = {"file": "nowhere.csv", "score": "score", "comment": "comment"}
    case = {"id": "x", "indicator": "response_file", "inputs": inputs, "expected": {}, "tolerance": 0}
    outcomes = try_indicators([case], read=lambda _: None)
    assert outcomes[0].verdict == "skipped"
    assert Summary.of(outcomes) == Summary(passed=0, failed=0, skipped=1)


def test_a_file_of_answers_gives_its_counts_and_comments() -> None:
    body = b"note,avis\n9,bien\n10,\n7, \n3,trop long\n,sans note\n"
    inputs = {"file": "a.csv", "score": "note", "comment": "avis"}
    expected = {"rows": 5, "scored": 4, "partial": 1, "counts": [2, 1, 1], "commented": 2, "commented_rows": 3}
    case = {"id": "x", "indicator": "response_file", "inputs": inputs, "expected": expected, "tolerance": 0}
    assert try_indicators([case], read=lambda _: body)[0].verdict == "passed"
    wrong = try_indicators([case], read=lambda _: body + b"11,\n")[0]
    assert wrong.verdict == "failed"
    assert "11" in str(wrong.differences[0].got)


@pytest.mark.parametrize(
    ("expected", "verdict"),
    [
        ({"value": 33.0}, "passed"),
        ({"value": 33.2}, "failed"),
        ({"value": "33"}, "failed"),
        ({"value": None}, "failed"),
        ({"status": "good", "n": 900}, "passed"),
        ({"status": "GOOD"}, "failed"),
        ({"nothing_like_it": 1}, "failed"),
    ],
)
def test_numbers_are_compared_within_the_tolerance_and_everything_else_exactly(
    expected: dict[str, object], verdict: str
) -> None:
    inputs = {"counts": [432, 333, 135]}
    case = {"id": "x", "indicator": "nps", "inputs": inputs, "expected": expected, "tolerance": 0.1}
    assert try_indicators([case])[0].verdict == verdict


@pytest.mark.parametrize("inputs", [{}, {"counts": None}, {"counts": [1, "b", 2]}, {"counts": [1, 2]}])
def test_inputs_that_make_no_sense_fail_their_own_case_only(inputs: dict[str, object]) -> None:
    bad = {"id": "bad", "indicator": "nps", "inputs": inputs, "expected": {"n": 1}, "tolerance": 0}
    good = {"id": "good", "indicator": "badge", "inputs": {"n": 7}, "expected": {"status": "hidden"}, "tolerance": 0}
    verdicts = [outcome.verdict for outcome in try_indicators([bad, good])]
    assert verdicts == ["failed", "passed"]


@pytest.mark.parametrize("document", [{}, "x", [1], [{"id": "a"}], [{"id": "a", "indicator": 1, "inputs": {}}]])
def test_a_document_that_is_no_list_of_cases_is_refused(document: object) -> None:
    with pytest.raises(Refused) as caught:
        try_indicators(document)
    assert caught.value.code == "cases_invalid"


def test_a_difference_is_said_in_both_languages() -> None:
    case = {"id": "x", "indicator": "badge", "inputs": {"n": 7}, "expected": {"status": "low"}, "tolerance": 0}
    difference = try_indicators([case])[0].differences[0]
    assert difference.sentence("en") == "status: expected 'low', got 'hidden'"
    assert difference.sentence("fr") == "status : attendu 'low', obtenu 'hidden'"


def test_every_calculation_has_a_golden_case() -> None:
    assert set(CALCULATIONS) <= {case["indicator"] for case in CASES}


@pytest.mark.parametrize(
    ("calculation", "inputs", "expected"),
    [
        ("adjusted_nps", {"stores": {"a": [0, 0, 0]}}, {"status": "no_data", "order": []}),
        ("pressure", {"sent_by_customer": [0]}, {"value": None, "customers": 0}),
        ("fatigue", {"customers": 0, "responded_first": 0, "responded_fourth": 0}, {"value": None, "visible": False}),
        ("period_bounds", {"period": "2026-W24"}, {"from": "2026-06-08", "to": "2026-06-14"}),
    ],
)
def test_calculations_of_nothing_answer_with_nothing(
    calculation: str, inputs: dict[str, object], expected: dict[str, object]
) -> None:
    case = {"id": "x", "indicator": calculation, "inputs": inputs, "expected": expected, "tolerance": 0}
    assert try_indicators([case])[0].verdict == "passed"


@pytest.mark.parametrize("expected", [{"shares": [34, 33]}, {"shares": [34, 34, 33]}])
def test_lists_differ_when_their_length_or_one_item_does(expected: dict[str, object]) -> None:
    inputs = {"counts": [1, 1, 1]}
    case = {"id": "x", "indicator": "largest_remainder", "inputs": inputs, "expected": expected, "tolerance": 0}
    assert try_indicators([case])[0].verdict == "failed"
