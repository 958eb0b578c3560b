"""T1: take a group of due emails, one lane at a time, going round the groups of domains; and what they are built of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.breaker import resting, waking
from surveyor.core.emails import LEASE, policy
from surveyor.db import emails as rows
from surveyor.db.emails import ChannelState, Claimed, EmailFacts, Gate, Lane, Lease, Signed
from surveyor.db.plain import unhurried
from surveyor.faults import fault
from surveyor.flows.send_emails.mailer import Mailer
from surveyor.flows.send_emails.pace import Tokens, tokens

#: A claim starts where the last one ended, so that a backlog costs the same at its end as at its start; what is known
#: of the queue is forgotten as often, so that a late or urgent email is seen.
KNOWN_FOR = 2.0
#: Reports are made of figures: few at a time, so that a claim is built long before its lease ends.
REPORTS = policy("express").priority
MADE_OF_FIGURES = 10


@dataclass
class Round:
    """Where the claims of one call are: the last lane served, the lanes that wait, the places where claims ended."""

    ticks: Callable[[], float]
    last: Lane | None = None
    stopped: set[str] = field(default_factory=set)
    places: dict[Lane, datetime] = field(default_factory=dict)
    lanes: list[Lane] = field(default_factory=list)
    signed: Signed = field(default_factory=dict)
    looked: float | None = None

    def choose(self, shut: Collection[Lane]) -> Lane | None:
        """The most urgent lane; among equals the group after the one served last. shut: lanes that must wait."""
        open_lanes = [lane for lane in self.lanes if lane.domain_group not in self.stopped and lane not in shut]
        if not open_lanes:
            return None
        urgent = [lane for lane in open_lanes if lane.priority == open_lanes[0].priority]
        return next((lane for lane in urgent if self.last is not None and lane > self.last), urgent[0])

    def look(self, session: Any, now: datetime) -> None:
        """Read which lanes wait, and forget what was known."""
        self.lanes = rows.due_lanes(session, now=now)
        self.places.clear()
        self.signed.clear()
        self.looked = self.ticks()

    @property
    def fresh(self) -> bool:
        """Whether what is known of the queue may still be used."""
        return self.looked is not None and bool(self.lanes) and self.ticks() - self.looked < KNOWN_FOR


@dataclass(frozen=True, slots=True)
class Taken:
    """What a claim brought, from which lane, with what its emails are built of; `channel`: the provider then.

    `closed` when nothing may be sent now; `counted` when its emails took tokens.
    """

    emails: tuple[Claimed, ...] = ()
    lane: Lane | None = None
    channel: ChannelState | None = None
    closed: bool = False
    facts: Mapping[UUID, EmailFacts] = field(default_factory=dict)
    counted: bool = False


def take(sessions: Any, turn: Round, *, mailer: Mailer, now: datetime, limit: int) -> Taken:
    """Claim up to `limit` emails of the next lane, as far as its pace allows; committed when this returns."""
    provider = mailer.provider.name
    with sessions.begin() as session:
        unhurried(session)  # a claim that is lost lets its emails wait; the intent's commit is waited for, and keeps it
        gate = rows.gate(session, provider)
        channel = gate.channel
        if not gate.open or resting(channel, now):
            return Taken(closed=True, channel=channel)
        if waking(channel):
            limit = 1
        elif channel.allowance is not None:
            limit = min(limit, channel.allowance)
        purse = Tokens(provider, mailer.pace, now, {})
        if mailer.pace.limits or gate.limited:
            purse = tokens(session, provider, mailer.pace, now=now)
        lane, emails = _claim(session, turn, gate, purse, lease=Lease(mailer.owner, now + LEASE), limit=limit)
        if lane is not None and purse.held:
            purse.take(lane.domain_group, len(emails))
            purse.save(session)
        facts = rows.facts(session, emails, signed=turn.signed, edition=gate.edition) if emails else {}
    fault("claim.committed")
    turn.last = lane
    return Taken(tuple(emails), lane, channel, facts=facts, counted=purse.held)


def _claim(
    session: Any, turn: Round, gate: Gate, purse: Tokens, *, lease: Lease, limit: int
) -> tuple[Lane | None, list[Claimed]]:
    """The first lane that has something for us; one that is known to have nothing left is looked at again later."""
    looked = not turn.fresh
    if looked:
        turn.look(session, purse.now)
    shut: set[Lane] = set()
    while True:
        lane = turn.choose(shut)
        if lane is None:
            if looked:
                return None, []
            turn.look(session, purse.now)
            looked = True
            continue
        most = min(limit, MADE_OF_FIGURES) if lane.priority == REPORTS else limit
        free = purse.free(lane.domain_group, most) if lane.priority not in gate.closed else 0
        if free <= 0:
            shut.add(lane)
            continue
        start = turn.places.get(lane)
        emails = rows.claim(session, lane, now=purse.now, lease=lease, limit=free, start=start)
        if not emails and turn.places.pop(lane, None) is not None:
            emails = rows.claim(session, lane, now=purse.now, lease=lease, limit=free)
        if emails:
            turn.places[lane] = emails[-1].due_at
            return lane, emails
        turn.lanes.remove(lane)
