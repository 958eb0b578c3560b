"""Send what is due: claim, confirm, build, intent, provider, settle; step 6 of the line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from surveyor.core import breaker
from surveyor.core.breaker import Seen
from surveyor.core.emails import Result
from surveyor.db import emails as rows
from surveyor.db.emails import ChannelState, EmailFacts
from surveyor.db.held import held
from surveyor.flows.gather_tallies import gather_tallies
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.send_emails.ahead import Ahead, unspent
from surveyor.flows.send_emails.commit_intents import commit_intents
from surveyor.flows.send_emails.hand_over import Handed, hand_over
from surveyor.flows.send_emails.mailer import Built, End, Go, Journeys, Mailer, Persons, Refuse, Sent, Verdict, Wait
from surveyor.flows.send_emails.prepare import prepare
from surveyor.flows.send_emails.settle import Group, settle
from surveyor.flows.send_emails.take import Round, Taken, take
from surveyor.flows.send_emails.tell_rest import tell_awake, tell_rest
from surveyor.mail.providers.base import ProviderError, TransientError, nothing

__all__ = [
    "EmailFacts",
    "End",
    "Go",
    "Journeys",
    "Mailer",
    "Persons",
    "Refuse",
    "Sent",
    "Verdict",
    "Wait",
    "send_emails",
]

#: T3 is committed at so many outcomes (a provider whose lookup is exact: its whole group) or after so many seconds.
SETTLE_AT = 20
SETTLE_WITHIN = 0.2


def send_emails(sessions: Any, *, mailer: Mailer, now: Callable[[], datetime], limit: int = 1000) -> Sent:
    """Hand over what is due until nothing is, `limit` emails were taken, or the provider rests.

    Each group is claimed, built and committed as intents before its first byte leaves, and settled after. May be
    called by any number of workers at once. Raises only what the database raises; leases then end by themselves.
    """
    with held(sessions) as line:
        total = _send(line, mailer, now, limit)
        gather_tallies(line)
    return total


def _send(sessions: Any, mailer: Mailer, now: Callable[[], datetime], limit: int) -> Sent:
    total = Sent()
    turn = Round(mailer.ticks)
    ahead = Ahead(sessions, turn, mailer, now)
    while ahead.ready or total.claimed < limit:
        size = min(mailer.provider.capabilities.group, limit - total.claimed)
        taken, built = (
            ahead.give() if ahead.ready else (take(sessions, turn, mailer=mailer, now=now(), limit=size), None)
        )
        if taken.closed:
            return total + Sent(paused=True)
        if taken.lane is None:
            return total
        if taken.channel is not None and breaker.waking(taken.channel) and not _awake(sessions, mailer, taken, now):
            return total + Sent(paused=True)
        ahead.left = limit - total.claimed - len(taken.emails)
        with quiet_memory():
            total += _group(taken, built or prepare(taken.emails, taken.facts, mailer), ahead)
    return total


def _group(taken: Taken, built: list[Built], ahead: Ahead) -> Sent:
    sessions, turn, mailer, now = ahead.sessions, ahead.turn, ahead.mailer, ahead.now
    began = mailer.ticks()
    group_of = taken.lane.domain_group if taken.lane is not None and taken.counted else ""
    committed = commit_intents(sessions, built, mailer=mailer, counted=group_of, now=now())
    channel = taken.channel or ChannelState(mailer.provider.name)
    lane = taken.lane.domain_group if taken.lane is not None else ""
    group = Group({email.id: email for email in taken.emails}, channel, committed, lane)
    counts = Sent(claimed=len(taken.emails), pending=committed.pending, dropped=committed.dropped)
    waiting: list[Handed] = []
    at_most = max(SETTLE_AT, mailer.provider.capabilities.group)
    since, meanwhile = began, ahead.claim if channel == ChannelState(channel.provider) else nothing
    for handed in hand_over(committed.intents, mailer, began=began, meanwhile=meanwhile):
        if not waiting:  # its 200 ms begin when it is known, not when the call began: a group's answers come together
            since = mailer.ticks()
        waiting.append(handed)
        ahead.clear = ahead.clear and handed.result is Result.ACCEPTED
        if handed.retry_at is not None and taken.lane is not None:
            turn.stopped.add(taken.lane.domain_group)
        if len(waiting) >= at_most or mailer.ticks() - since > SETTLE_WITHIN:
            counts += _settled(sessions, waiting, group, mailer, now)
    counts += _settled(sessions, waiting, group, mailer, now)
    ahead.settled()
    return counts


def _settled(sessions: Any, waiting: list[Handed], group: Group, mailer: Mailer, now: Callable[[], datetime]) -> Sent:
    if not waiting:
        return Sent()
    counts = settle(sessions, waiting, group, mailer=mailer, now=now())
    waiting.clear()
    return counts


def _awake(sessions: Any, mailer: Mailer, taken: Taken, now: Callable[[], datetime]) -> bool:
    """Probe a provider that rested; when it does not answer, give the claim back and let it rest longer."""
    was = taken.channel or ChannelState(mailer.provider.name)
    try:
        mailer.provider.probe()
    except Exception as error:  # whatever a probe raises, nobody was written to
        if isinstance(error, TransientError) and error.there:
            return _woken(sessions, was, now)
        evidence = error.evidence if isinstance(error, ProviderError) else type(error).__name__
        channel = Result.CHANNEL if getattr(error, "code", "") == "provider_channel" else Result.TRANSIENT
        with sessions.begin() as session:
            rows.give_back(session, [(email, None, 0) for email in taken.emails])
            state = breaker.after(replace(was, paused_until=None), [Seen(channel, evidence)], now=now())
            rows.save_channel(session, state, now=now())
            unspent(session, taken, mailer, now())
            tell_rest(session, channel, was.provider, evidence, now=now())
        return False
    return _woken(sessions, was, now)


def _woken(sessions: Any, was: ChannelState, now: Callable[[], datetime]) -> bool:
    with sessions.begin() as session:
        rows.save_channel(session, breaker.awake(was), now=now())
        tell_awake(session, was.provider, now=now())
    return True
