"""Pace: what buckets let through whatever the calls, how a domain warms up, which figures stop a stream."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.pace import (
    RECOVERED,
    UNLIMITED,
    Bucket,
    Figures,
    Pace,
    burst,
    doubtful,
    over_cap,
    stops,
    warm_up_cap,
)

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "cap"),
    [(0, 20), (1, 28), (2, 39), (3, 55), (4, 77), (5, 108), (6, 151), (7, 211), (10, 579), (14, 2222), (20, 16734)],
)
def test_a_new_domain_warms_up_by_two_fifths_a_day(day: int, cap: int) -> None:
    assert warm_up_cap(day) == cap


def test_a_domain_is_warm_after_a_month_and_cold_before_its_first_day() -> None:
    assert (warm_up_cap(-3), warm_up_cap(32)) == (20, None)
    assert Pace(warm_up=date(2026, 11, 2)).hour_cap(NOW) == 20
    assert Pace().hour_cap(NOW) is None


@given(
    st.floats(0.1, 500),
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 60)), min_size=1, max_size=40),
)
def test_no_bucket_lets_more_through_than_its_rate_and_its_burst(rate: float, calls: list[tuple[float, int]]) -> None:
    bucket, at, left = Bucket(rate, NOW, tokens=burst(rate)), NOW, 0
    for seconds, wanted in calls:
        at += timedelta(seconds=seconds)
        bucket = bucket.filled(at)
        count = min(wanted, bucket.free)
        bucket = bucket.take(count)
        left += count
        assert bucket.tokens >= -1e-6
    assert left <= burst(rate) + rate * (at - NOW).total_seconds() + 1e-3


@given(st.integers(1, 50), st.integers(0, 50))
def test_what_did_not_leave_can_leave_again(taken: int, unused: int) -> None:
    unused = min(taken, unused)
    full = Bucket(100.0, NOW, tokens=burst(100.0)).filled(NOW, hour_cap=60)
    assert full.take(taken).give_back(unused).free == full.take(taken - unused).free


def test_an_hour_gives_its_cap_and_no_more() -> None:
    bucket = Bucket(UNLIMITED, NOW, tokens=100).filled(NOW, hour_cap=20)
    bucket = bucket.take(bucket.free)
    assert bucket.filled(NOW + timedelta(minutes=59), hour_cap=20).free == 0
    assert bucket.filled(NOW + timedelta(minutes=60), hour_cap=20).free == 20


def test_a_stopped_bucket_lets_nothing_through_then_one_a_second_then_two() -> None:
    until = NOW + timedelta(minutes=10)
    bucket = Bucket(UNLIMITED, NOW, tokens=50).stop(until)
    assert bucket.filled(until - timedelta(seconds=1)).free == 0
    bucket = bucket.filled(until + timedelta(seconds=1))
    assert bucket.free == 1
    assert bucket.rate_at(until + timedelta(seconds=61)) == 2
    later = bucket.filled(until + timedelta(minutes=RECOVERED))
    assert later.at_ease
    assert later.rate_at(until + timedelta(hours=3)) == UNLIMITED


def test_two_stops_end_with_the_later_one() -> None:
    late, early = NOW + timedelta(minutes=10), NOW + timedelta(minutes=1)
    assert Bucket(5.0, NOW).stop(late).stop(early).stopped_until == late


def test_a_clock_that_goes_back_brings_no_token() -> None:
    bucket = Bucket(10.0, NOW, tokens=1).filled(NOW - timedelta(hours=1))
    assert bucket.tokens == 1
    assert bucket.filled_at == NOW


@pytest.mark.parametrize(
    ("figures", "cause"),
    [
        (Figures(sent=199, hard_bounces=100), None),
        (Figures(sent=200, hard_bounces=10), None),
        (Figures(sent=200, hard_bounces=11), "hard_bounces"),
        (Figures(sent=2000, complaints=2), None),
        (Figures(sent=2000, complaints=3), "complaints"),
        (Figures(sent=3000, complaints=3), None),
        (Figures(sent=200, deferred=40), None),
        (Figures(sent=200, deferred=41), "deferred"),
        (Figures(sent=198, in_doubt=2), None),
        (Figures(sent=197, in_doubt=3), "in_doubt"),
        (Figures(sent=100_000), None),
    ],
)
def test_each_switch_has_its_share_and_needs_two_hundred(figures: Figures, cause: str | None) -> None:
    found = stops(figures)
    assert (found[0] if found else None) == cause


def test_half_a_percent_in_doubt_is_told_before_it_stops() -> None:
    assert doubtful(Figures(sent=199, in_doubt=1))
    assert not doubtful(Figures(sent=399, in_doubt=1))
    assert not doubtful(Figures(sent=50, in_doubt=20))


@given(st.lists(st.sampled_from([("a", "std"), ("b", "std"), ("a", "other")]), max_size=60), st.integers(1, 10))
def test_a_day_gives_each_store_and_rule_its_cap_and_the_first_go_first(going: list[tuple[str, str]], cap: int) -> None:
    sent = {("a", "std"): 2}
    over = over_cap(sent, going, cap)
    for pair in set(going):
        answers = [late for one, late in zip(going, over, strict=True) if one == pair]
        free = max(0, cap - sent.get(pair, 0))
        assert answers == [False] * min(free, len(answers)) + [True] * max(0, len(answers) - free)
