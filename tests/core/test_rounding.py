"""Figures as text: one rounding, two languages, and never "-0"."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core import rounding

groups = st.tuples(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
numbers = st.one_of(st.floats(-1e6, 1e6), st.fractions(-1000, 1000))


@given(numbers, st.integers(0, 4))
def test_zero_never_has_a_sign(value: float | Fraction, decimals: int) -> None:
    for language in ("fr", "en"):
        for text in (rounding.decimal(value, decimals, language), rounding.signed(value, decimals, language)):
            assert text.strip("-+0,.") or not text.startswith(("-", "+"))


@given(numbers, st.integers(0, 4))
def test_rounding_moves_by_half_a_unit_at_most_and_mirrors(value: float | Fraction, decimals: int) -> None:
    found = rounding.rounded(value, decimals)
    assert abs(found - Fraction(value)) <= Fraction(1, 2 * 10**decimals) + Fraction(1, 10**9)
    assert rounding.rounded(-value, decimals) == -found


@given(groups)
def test_the_nps_is_shown_signed_whole_and_without_a_percent_sign(counts: tuple[int, int, int]) -> None:
    text = rounding.display_nps(*counts)
    if not sum(counts):
        assert text == "-"
    else:
        assert text == "0" or text[0] in "+-"
        assert abs(int(text) - 100 * (counts[0] - counts[2]) / sum(counts)) <= 0.5 + 1e-9


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=11))
def test_shares_add_up_to_100_and_are_within_one_of_the_exact_ones(counts: list[int]) -> None:
    shares = rounding.largest_remainder(counts)
    n = sum(counts)
    assert sum(shares) == (100 if n else 0)
    assert all(abs(share - 100 * count / n) < 1 for share, count in zip(shares, counts, strict=True) if n)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_only_exactly_none_and_exactly_all_are_shown_as_0_and_100(count: int, total: int) -> None:
    text = rounding.display_share(min(count, total), total, "en")
    assert (text == "0%") == (min(count, total) == 0)
    assert (text == "100%") == (count >= total)


def test_french_uses_a_comma_and_a_narrow_space() -> None:
    assert rounding.display_rate(900, 6250, "fr") == "14,4\u202f%"
    assert rounding.display_count(1234567, "fr") == "1\u202f234\u202f567"
    assert rounding.display_count(1234567, "en") == "1,234,567"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 min"), (29, "0 min"), (30, "1 min"), (3599, "1 h 00"), (172799, "2 d 0 h")]
)
def test_durations_are_rounded_before_their_unit_is_chosen(seconds: int, shown: str) -> None:
    assert rounding.display_duration(seconds, "en") == shown


def test_an_interval_of_a_mean_is_plain_with_one_decimal() -> None:
    assert rounding.display_interval(7.586, 8.371, decimals=1, points=False, language="fr") == "[7,6 ; 8,4]"


def test_a_change_is_rounded_once_from_the_counts() -> None:
    assert rounding.display_change((3, 3, 2), (1, 2, 1)) == "+13"
    assert rounding.display_change((1, 2, 1), (3, 3, 2)) == "-13"
    assert rounding.display_change((1, 0, 0), (0, 0, 0)) == "-"


@pytest.mark.parametrize(
    ("typed", "number"), [("45", 45.0), (" 14,5 ", 14.5), ("\u22123", -3.0), ("-0.25", -0.25), ("000", 0.0)]
)
def test_a_number_is_read_as_people_type_it(typed: str, number: float) -> None:
    assert rounding.read_number(typed) == number


@pytest.mark.parametrize(
    "typed", ["", "-", "1_0", "1e3", "\u0663", "\uff11", "nan", "inf", "1.2.3", "0x1", "1 0", "9" * 40]
)
def test_s34_what_only_python_reads_as_a_number_is_none(typed: str) -> None:
    assert rounding.read_number(typed) is None
