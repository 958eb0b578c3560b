"""The breaker of a provider: how it opens, for how long, and how it lets emails go again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from surveyor.core.breaker import CHANNEL_REST, ChannelState, Seen, after, awake, resting, waking
from surveyor.core.emails import Result

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
OPEN = ChannelState("smtp")
DOUBT, DOWN = Seen(Result.IN_DOUBT, "no answer"), Seen(Result.TRANSIENT, "not connected")
TAKEN, REFUSED = Seen(Result.ACCEPTED, "250"), Seen(Result.PERMANENT, "554 spam")


def test_five_without_an_answer_in_half_a_minute_open_it_for_thirty_seconds() -> None:
    assert not resting(after(OPEN, [DOUBT] * 4, now=NOW), NOW)
    opened = after(OPEN, [DOUBT, DOWN] * 2 + [DOUBT], now=NOW)
    assert opened.paused_until == NOW + timedelta(seconds=30)


def test_what_was_in_flight_when_it_opened_does_not_lengthen_its_rest() -> None:
    assert after(OPEN, [DOUBT] * 20, now=NOW).paused_until == NOW + timedelta(seconds=30)


def test_four_then_a_late_fifth_leave_it_closed() -> None:
    four = after(OPEN, [DOWN] * 4, now=NOW)
    assert not resting(after(four, [DOWN], now=NOW + timedelta(seconds=31)), NOW + timedelta(seconds=31))


def test_a_wait_for_an_answer_is_no_calm_between_strikes() -> None:
    late = NOW + timedelta(seconds=60.3)
    four = after(OPEN, [DOUBT] * 4, now=NOW)
    assert resting(after(four, [DOUBT], now=late, began=NOW + timedelta(seconds=30)), late)
    assert not resting(after(four, [DOUBT], now=late, began=NOW + timedelta(seconds=31)), late)


def test_one_acceptance_wipes_the_strikes() -> None:
    assert after(OPEN, [DOWN] * 4 + [TAKEN] + [DOWN] * 4, now=NOW).paused_until is None


def test_each_rest_is_twice_the_one_before_up_to_a_quarter_of_an_hour() -> None:
    state, at, rests = after(OPEN, [DOWN] * 5, now=NOW), NOW, []
    for _ in range(7):
        assert state.paused_until is not None
        rests.append((state.paused_until - at).total_seconds())
        at = state.paused_until
        state = after(awake(state), [DOWN], now=at)
    assert rests == [30, 60, 120, 240, 480, 900, 900]


def test_after_a_rest_one_then_five_then_all() -> None:
    state = awake(after(OPEN, [DOWN] * 5, now=NOW))
    assert (waking(state), state.allowance) == (False, 1)
    state = after(state, [TAKEN], now=NOW)
    assert state.allowance == 5
    state = after(state, [TAKEN] * 5, now=NOW)
    assert state == OPEN


def test_a_refusal_of_the_channel_pauses_for_five_minutes_at_once() -> None:
    state = after(OPEN, [Seen(Result.CHANNEL, "401")], now=NOW)
    assert (state.paused_until, state.reason) == (NOW + CHANNEL_REST, "401")


def test_refusals_that_are_not_about_an_address_are_counted_until_one_is_taken() -> None:
    about = Seen(Result.PERMANENT, "550 5.1.1", about_address=True)
    state = after(OPEN, [REFUSED, about, REFUSED], now=NOW)
    assert state.refusals == 2
    assert after(state, [TAKEN, REFUSED], now=NOW).refusals == 1
