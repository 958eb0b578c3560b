"""Answers to come from emails that a text would have sent: by what the past year teaches, nothing where it is short."""

from __future__ import annotations

import pytest

from surveyor.flows.edit_rules.expected import Past, expected, stores_with_enough

#: (sent, delivered, responded): one segment of which a year is known, one of which too little is.
SEGMENTS = {"vip": (220, 200, 50), "new": (22, 20, 2)}


def test_a_segment_with_a_past_has_its_own_rate_and_one_without_has_that_of_all() -> None:
    found = expected({"vip": 50, "new": 10}, SEGMENTS)
    assert found is not None
    # 50 x 220/242 x 50.5/201 + 10 x 220/242 x 52.5/221
    assert found["base"][0] == pytest.approx(13.5798, abs=1e-4)
    assert found["low"][0] < found["base"][0] < found["high"][0]
    assert all(low < value < high for value, low, high in found.values())


def test_segments_with_too_little_past_are_learned_from_together_once_that_is_enough() -> None:
    past = {"a": (60, 60, 30), "b": (60, 60, 6), "c": (400, 400, 40)}
    found = expected({"a": 10, "b": 10}, past)
    assert found is not None
    assert found["base"][0] == pytest.approx(20 * 36.5 / 121), "36 answers of 120, not 76 of 520"
    assert expected({"c": 10}, past) == expected({"c": 10, "a": 0}, past), "who gets no email adds nothing"


@pytest.mark.parametrize("past", [{}, {"vip": (99, 99, 50)}, {"vip": (0, 150, 50)}], ids=["none", "99", "none sent"])
def test_without_a_hundred_past_deliveries_nothing_is_expected(past: dict[str, tuple[int, int, int]]) -> None:
    assert expected({"vip": 50}, past) is None
    assert stores_with_enough({"S1": 50}, Past(past, {}, None)) is None


def test_a_store_with_enough_expects_thirty_answers_at_its_own_rate_or_that_of_the_network() -> None:
    past = Past(SEGMENTS, {"S1": (110, 100, 40)}, None)
    # S1: 100 x 220/242 x 0.4 = 36.4, 29.1 if people tire; S2: 200 x 220/242 x 52/220 = 43.0
    assert stores_with_enough({"S1": 100, "S2": 200}, past) == {"low": 1, "base": 2, "high": 2}
    assert stores_with_enough({}, past) == {"low": 0, "base": 0, "high": 0}
