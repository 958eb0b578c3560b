"""T1: take a group of due emails, one lane at a time, going round the groups of domains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveyor.core.emails import LEASE
from surveyor.db import emails as rows
from surveyor.db.emails import ChannelState, Claimed, Lane, Lease
from surveyor.faults import fault
from surveyor.flows.send_emails.breaker import STRIKES, resting, waking

#: A claim starts where the last one ended, so that a backlog costs the same at its end as at its start.
PLACE_LASTS = 2.0


@dataclass
class Round:
    """Where the claims of one call are: the last lane served, the lanes that wait, the places where claims ended."""

    ticks: Callable[[], float]
    last: Lane | None = None
    stopped: set[str] = field(default_factory=set)
    places: dict[Lane, tuple[datetime, float]] = field(default_factory=dict)

    def choose(self, lanes: list[Lane]) -> Lane | None:
        """The most urgent lane; among equals the group after the one served last."""
        open_lanes = [lane for lane in lanes if lane.domain_group not in self.stopped]
        if not open_lanes:
            return None
        urgent = [lane for lane in open_lanes if lane.priority == open_lanes[0].priority]
        return next((lane for lane in urgent if self.last is not None and lane > self.last), urgent[0])

    def place(self, lane: Lane) -> datetime | None:
        """The instant the last claim of a lane ended at, while it is fresh."""
        found = self.places.get(lane)
        return found[0] if found and self.ticks() - found[1] < PLACE_LASTS else None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a claim brought, from which lane; `closed` when nothing may be sent now; `channel`: the provider then."""

    emails: tuple[Claimed, ...] = ()
    lane: Lane | None = None
    channel: ChannelState | None = None
    closed: bool = False


def take(sessions: Any, turn: Round, *, provider: str, now: datetime, owner: str, limit: int) -> Taken:
    """Claim up to `limit` emails of the next lane; committed when this returns."""
    with sessions.begin() as session:
        channel = rows.channel(session, provider)
        if not rows.may_send(session) or resting(channel, now):
            return Taken(closed=True, channel=channel)
        lane = turn.choose(rows.due_lanes(session, now=now))
        if lane is None:
            return Taken(channel=channel)
        if waking(channel) or channel.strikes >= STRIKES:
            limit = 1
        lease = Lease(owner, now + LEASE)
        start = turn.place(lane)
        emails = rows.claim(session, lane, now=now, lease=lease, limit=limit, start=start)
        if not emails and start is not None:
            emails = rows.claim(session, lane, now=now, lease=lease, limit=limit)
    fault("claim.committed")
    turn.last = lane
    turn.places.pop(lane, None)
    if emails:
        turn.places[lane] = (emails[-1].due_at, turn.ticks())
    return Taken(tuple(emails), lane, channel)
