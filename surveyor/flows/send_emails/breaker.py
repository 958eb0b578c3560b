"""When a provider rests: five hand-overs without an answer in 30 s open its breaker, a refused channel pauses it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from surveyor.core.emails import Result
from surveyor.db.emails import ChannelState

STRIKES = 5
WITHIN = timedelta(seconds=30)
FIRST_REST = 30
LONGEST_REST = 900
CHANNEL_REST = timedelta(minutes=5)


def resting(state: ChannelState, now: datetime) -> bool:
    """Whether nothing may be handed to the provider at `now`."""
    return state.paused_until is not None and state.paused_until > now


def waking(state: ChannelState) -> bool:
    """Whether the provider was resting and has not proved itself since: it is probed, then given one email."""
    return state.paused_until is not None


def after(state: ChannelState, results: Iterable[tuple[Result, str]], *, now: datetime) -> ChannelState:
    """The provider's state after hand-overs, in their order, each with what was seen."""
    for result, evidence in results:
        if result is Result.ACCEPTED:
            state = ChannelState(state.provider)
        elif result is Result.CHANNEL:
            state = replace(state, paused_until=now + CHANNEL_REST, reason=evidence, strikes=STRIKES, struck_at=now)
        elif result in (Result.IN_DOUBT, Result.TRANSIENT):
            state = _struck(state, evidence, now)
    return state


def _struck(state: ChannelState, evidence: str, now: datetime) -> ChannelState:
    fresh = state.struck_at is None or (state.strikes < STRIKES and now - state.struck_at > WITHIN)
    strikes = 1 if fresh else state.strikes + 1
    state = replace(state, strikes=strikes, struck_at=now if fresh else state.struck_at)
    if strikes < STRIKES:
        return state
    rest = timedelta(seconds=min(LONGEST_REST, FIRST_REST * 2 ** min(strikes - STRIKES, 10)))
    return replace(state, paused_until=now + rest, reason=evidence)
