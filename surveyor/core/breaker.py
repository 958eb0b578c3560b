"""When a provider rests: five hand-overs without an answer in 30 s open its breaker, a refused channel pauses it.

After a rest it is probed, then given one email, then five, then all. Pure; source: pipeline.md, 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from surveyor.core.emails import Result

STRIKES = 5
WITHIN = timedelta(seconds=30)
FIRST_REST = 30
LONGEST_REST = 900
CHANNEL_REST = timedelta(minutes=5)
#: How many emails at most after a rest, while each step is accepted.
STEPS = {1: 5, 5: None}


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A provider as its breaker sees it. `strikes` in a row since `struck_at`; nothing before `paused_until`.

    allowance: emails that a claim may take after a rest, None: as many as it likes. refusals: in a row, not about an
    address.
    """

    provider: str
    paused_until: datetime | None = None
    reason: str | None = None
    strikes: int = 0
    struck_at: datetime | None = None
    allowance: int | None = None
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What one hand-over came to. about_address: refused because of its reader's address alone."""

    result: Result
    evidence: str
    about_address: bool = False


def resting(state: ChannelState, now: datetime) -> bool:
    """Whether nothing may be handed to the provider at `now`."""
    return state.paused_until is not None and state.paused_until > now


def waking(state: ChannelState) -> bool:
    """Whether the provider was resting and has not been probed since."""
    return state.paused_until is not None


def awake(state: ChannelState) -> ChannelState:
    """The provider answered its probe: it is given one email, and its next strike opens the breaker for longer."""
    return replace(state, paused_until=None, reason=None, allowance=1)


def after(state: ChannelState, handed: Iterable[Seen], *, now: datetime, began: datetime | None = None) -> ChannelState:
    """The provider's state after hand-overs, in their order; once it rests, what was in flight changes nothing.

    began: when they began, `now` when that is not known. A wait for an answer is no calm: a call may last 30 s, and
    strikes that follow each other without a pause would else never be five.
    """
    began = now if began is None else min(began, now)
    allowance, struck, accepted = state.allowance, False, False
    for seen in handed:
        if seen.result is Result.ACCEPTED:
            accepted = True
            if not resting(state, now):
                state = ChannelState(state.provider)
        elif resting(state, now):
            continue
        elif seen.result is Result.CHANNEL:
            struck = True
            state = replace(
                state, paused_until=now + CHANNEL_REST, reason=seen.evidence, strikes=STRIKES, struck_at=now
            )
        elif seen.result in (Result.IN_DOUBT, Result.TRANSIENT):
            struck = True
            state = _struck(state, seen.evidence, now, began)
        elif seen.result is Result.PERMANENT and not seen.about_address:
            state = replace(state, refusals=state.refusals + 1)
    if accepted and not struck and allowance is not None:
        allowance = STEPS.get(allowance)
    return replace(state, allowance=allowance)


def _struck(state: ChannelState, evidence: str, now: datetime, began: datetime) -> ChannelState:
    fresh = state.struck_at is None or (state.strikes < STRIKES and began - state.struck_at > WITHIN)
    strikes = 1 if fresh else state.strikes + 1
    state = replace(state, strikes=strikes, struck_at=now if fresh else state.struck_at)
    if strikes < STRIKES:
        return state
    rest = timedelta(seconds=min(LONGEST_REST, FIRST_REST * 2 ** min(strikes - STRIKES, 10)))
    return replace(state, paused_until=now + rest, reason=evidence)
