"""`[custscore]` of indicators.toml: what is written replaces ours, what is wrong is said with its place."""

from __future__ import annotations

import pytest

from surveyor.core.custscore import custscore, custscore_change
from surveyor.core.custscore_formula import OURS, formula_from_plain, read_formula
from surveyor.core.custscore_items import COEFFICIENTS, SETTINGS
from surveyor.errors import Refused

#: The example of the design: every number is ours.
DESIGN = """
[custscore]
version = 1
min_coverage = 0.60
[custscore.items.nps]
coefficient = 13
normaliser = "linear"
low = -100
high = 100
if_missing = "reweight"
[custscore.items.reply_time]
coefficient = 11
normaliser = "inverse_linear"
best = 24
worst = 168
"""


def test_the_example_of_the_design_is_our_formula_and_so_is_silence() -> None:
    found = read_formula(DESIGN)
    assert (found.number, found.to_plain()) == (1, OURS.to_plain())
    assert read_formula("[goals]\n") == OURS


def test_what_is_written_replaces_ours_and_survives_being_kept() -> None:
    text = DESIGN.replace("version = 1", "version = 3").replace("0.60", "0.5").replace("best = 24", "best = 4")
    text = text.replace("coefficient = 13", "coefficient = 8").replace('"reweight"', '"zero"')
    found = read_formula(text)
    assert (found.number, found.min_coverage, found.zero_if_missing) == (3, 0.5, ("nps",))
    assert found.coefficient("nps") == 8
    assert found.setting("reply_time").points(86) == pytest.approx(100 * (168 - 86) / (168 - 4))
    assert found.setting("nps") == SETTINGS["nps"]
    again = formula_from_plain(found.to_plain(), number=3, why=found.why)
    assert again == found


@pytest.mark.parametrize(
    ("change", "where", "code"),
    [
        (("coefficient = 13", "coefficient = 14"), "[custscore.items.nps] coefficient", "field_value"),
        (("coefficient = 13", "coefficient = 12.5"), "[custscore.items.nps] coefficient", "field_value"),
        (("items.nps", "items.npss"), "[custscore.items.npss]", "field_unknown"),
        (("low = -100", "low = 100"), "[custscore.items.nps] low", "field_value"),
        (("low = -100", "lowest = -100"), "[custscore.items.nps] lowest", "field_unknown"),
        (("best = 24", "best = 'one day'"), "[custscore.items.reply_time] best", "field_value"),
        (("best = 24", "best = nan"), "[custscore.items.reply_time] best", "field_value"),
        (('"linear"', '"linea"'), "[custscore.items.nps] normaliser", "field_unknown"),
        (('"linear"', '"delta"'), "[custscore.items.nps] low", "field_unknown"),
        ((DESIGN, "custscore = 3"), "custscore", "field_value"),
        ((DESIGN, "[custscore]\nitems = 3"), "[custscore] items", "field_value"),
        ((DESIGN, "[custscore.items]\nnps = 13"), "[custscore.items.nps]", "field_value"),
        (('"reweight"', '"skip"'), "[custscore.items.nps] if_missing", "field_value"),
        (("min_coverage = 0.60", "min_coverage = 60"), "[custscore] min_coverage", "field_value"),
        (("version = 1", "version = 0"), "[custscore] version", "field_value"),
        (("min_coverage", "minimum_coverage"), "[custscore] minimum_coverage", "field_unknown"),
        (('"linear"', '["linear"]'), "[custscore.items.nps] normaliser", "field_unknown"),
        (("[custscore]", "[custscore"), "indicators.toml", "toml_invalid"),
        (("version = 1", "version = " + "1" * 5000), "indicators.toml", "toml_invalid"),
        (("version = 1", "version = " + "[" * 200 + "]" * 200), "indicators.toml", "toml_invalid"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change: tuple[str, str], where: str, code: str) -> None:
    assert change[0] in DESIGN
    with pytest.raises(Refused) as wrong:
        read_formula(DESIGN.replace(*change, 1))
    first = wrong.value.complaints[0]
    assert first.code == code
    assert where in first.where
    assert first.message_fr != first.message_en


def test_a_change_and_a_score_follow_the_formula_that_made_them() -> None:
    before = dict.fromkeys(COEFFICIENTS, 50.0)
    now = {**before, "nps": 100.0}
    assert custscore_change(before, now).change == pytest.approx(50 * 13 / 119)
    assert custscore_change(before, now, coefficients={"nps": 8}).change == pytest.approx(50 * 8 / 114)
    few = {"nps": 80.0}
    assert custscore(few).status == "unavailable"
    assert custscore(few, min_coverage=0.1).value == 80
    assert custscore({}, min_coverage=0).status == "unavailable"
