"""A young week: projected only when it is old and large enough, and never from answers that nobody has seen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.indicators.cohorts import completeness, is_mature, projected, share_by_age
from surveyor.core.periods import week_of
from surveyor.core.tally import Tally

TODAY = date(2026, 11, 28)


def test_a_week_is_mature_31_days_after_its_last_day() -> None:
    week = week_of(date(2026, 10, 21))  # 19 to 25 October
    assert not is_mature(week, week.last + timedelta(days=30))
    assert is_mature(week, week.last + timedelta(days=31))


def test_the_share_there_at_an_age_grows_to_one_and_takes_fifty_answers() -> None:
    assert share_by_age({0: 30, 1: 15, 4: 5}) == [0.6, 0.9, 0.9, 0.9, 1.0]
    assert share_by_age({0: 30, 1: 15, 4: 4}) is None


def test_a_cohort_is_as_complete_as_its_emails_are_old() -> None:
    shares = [0.5, 0.8, 1.0]
    sent = {TODAY: 100, TODAY - timedelta(days=1): 100, TODAY - timedelta(days=9): 200}
    assert completeness(shares, sent, TODAY) == pytest.approx((100 * 0.5 + 100 * 0.8 + 200) / 400)
    assert completeness(shares, {TODAY + timedelta(days=1): 10}, TODAY) == 0
    assert completeness(shares, {}, TODAY) is None


@pytest.mark.parametrize(
    ("responded", "share", "shown"), [(60, 0.6, True), (60, 0.59, False), (49, 0.9, False), (50, 1.0, True)]
)
def test_sixty_percent_and_fifty_answers(responded: int, share: float, shown: bool) -> None:
    found = projected(Tally(delivered=500, responded=responded), share)
    assert (found is not None) == shown
    if found is not None:
        assert found.answers == pytest.approx(responded / share)
        assert found.value == pytest.approx(100 * responded / share / 500)
        assert found.ci_low < found.value < found.ci_high


@given(st.integers(50, 900), st.integers(900, 5000), st.floats(0.6, 1.0))
def test_what_is_projected_is_at_least_what_is_there_and_at_most_everybody(
    responded: int, delivered: int, share: float
) -> None:
    found = projected(Tally(delivered=delivered, responded=responded), share)
    assert found is not None
    assert 100 * responded / delivered <= found.value + 1e-9 <= 100 + 1e-9
    assert found.ci_low <= found.value <= found.ci_high + 1e-9
