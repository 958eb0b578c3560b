"""Publishing over a newer version, without a reason, or with three times the volume is refused with its reason."""

from __future__ import annotations

import json
from pathlib import Path

from surveyor.core.rules import PUBLISH_STATUS, reason_given, same_base, volume_confirmed
from surveyor.errors import Complaint

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bad_inputs.json").read_text("utf-8"))["cases"]
CASES = {c["expect"]["error_code"]: c for c in GOLDEN if c["area"] == "rules"}


def assert_said(complaint: Complaint | None) -> None:
    assert complaint is not None
    case = CASES[complaint.code]
    expect = case["expect"]
    assert PUBLISH_STATUS[complaint.code] == expect["http"]
    assert complaint.where == expect["where"]
    assert complaint.message_en == expect["message_en"]
    assert complaint.message_fr.replace("\u00a0", " ") == expect["message_fr"]


def test_a_draft_of_version_2_is_not_published_over_version_3() -> None:
    assert_said(same_base(base=2, active=3))
    assert same_base(base=3, active=3) is None
    assert same_base(base=None, active=None) is None
    assert same_base(base=None, active=1) is not None


def test_a_blank_reason_is_no_reason() -> None:
    assert_said(reason_given("  "))
    assert reason_given("plus d'avis") is None


def test_more_than_three_times_the_volume_has_to_be_typed() -> None:
    assert_said(volume_confirmed(new=1240, active=268, typed=None))
    assert volume_confirmed(new=1240, active=268, typed=1239) is not None
    assert volume_confirmed(new=1240, active=268, typed=1240) is None
    assert volume_confirmed(new=804, active=268, typed=None) is None
    assert volume_confirmed(new=805, active=268, typed=None) is not None
    assert volume_confirmed(new=5000, active=None, typed=None) is None


def test_over_how_many_times_is_for_the_installation_to_say() -> None:
    assert volume_confirmed(new=402, active=268, typed=None, times=1.5) is None
    assert volume_confirmed(new=403, active=268, typed=None, times=1.5) is not None
    assert volume_confirmed(new=1340, active=268, typed=None, times=5.0) is None
