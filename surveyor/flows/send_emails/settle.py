"""T3: write what the provider answered: attempts, emails, invitations, customers and tallies in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core import breaker
from surveyor.core import emails as core
from surveyor.core.breaker import Seen
from surveyor.core.emails import By, Result, Settlement, State, check_move
from surveyor.core.pace import REFUSALS
from surveyor.db import emails as rows
from surveyor.db import streams, tallies
from surveyor.db.alerts import raise_alert
from surveyor.db.emails import ChannelState, Claimed, OfInvitation, Open, Outcome
from surveyor.db.plain import by_index
from surveyor.db.suppressions import suppress
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.flows.send_emails.commit_intents import Committed
from surveyor.flows.send_emails.follow import doubt, follow_closed, follow_sent
from surveyor.flows.send_emails.hand_over import Handed
from surveyor.flows.send_emails.mailer import End, Mailer, Persons, Sent
from surveyor.flows.send_emails.pace import tokens
from surveyor.flows.send_emails.tell_rest import tell_awake, tell_rest
from surveyor.flows.stop_stream import stop_stream

HARD_BOUNCE_LASTS = timedelta(days=180)
#: What may end an invitation without its being sent: its customer is read again, with all that is decided then.
_ENDS_OTHERWISE = (Result.PERMANENT, Result.INTERNAL)


@dataclass(frozen=True, slots=True)
class Group:
    """What was claimed together, by id; the provider as its breaker was then; what the intents were committed on.

    domain_group: of all its emails.
    """

    emails: Mapping[UUID, Claimed]
    channel: ChannelState
    committed: Committed
    domain_group: str = ""


def settle(sessions: Any, handed: Sequence[Handed], group: Group, *, mailer: Mailer, now: datetime) -> Sent:
    """One transaction for these outcomes; an attempt that was settled meanwhile keeps what it says.

    group: the emails as they were claimed, and the provider as it was then.
    """

    known = [] if any(one.result in _ENDS_OTHERWISE for one in handed) else [group.committed.persons]

    def once() -> Sent:
        with sessions.begin() as session:
            by_index(session)
            counts = _settle(session, handed, group, mailer, now=now, known=known.pop() if known else None)
            fault("settle.in_tx")
        return counts

    counts = again(once)
    fault("settle.committed")
    return counts


def _settle(
    session: Any, handed: Sequence[Handed], group: Group, mailer: Mailer, *, now: datetime, known: Persons | None
) -> Sent:
    by_pair = {(one.email_id, one.n): one for one in handed}
    claimed = [group.emails[one.email_id] for one in handed]
    about = [email for email in claimed if email.invitation_id]
    persons = mailer.journeys.begin(session, about, now=now, known=known)
    opened = rows.open_attempts(session, by_pair.keys())
    internal = [one.email_id for one in handed if one.result is Result.INTERNAL]
    errors = rows.internal_errors(session, internal)
    outcomes = [_outcome(one, by_pair[one.email_id, one.n], errors.get(one.email_id, 0), now) for one in opened]
    assumed = not mailer.provider.capabilities.events
    rows.settle_outcomes(session, outcomes, now=now, assumed=assumed)
    invitations = group.committed.invitations
    if known is None:
        ids = [one.email_id for one in opened if group.emails[one.email_id].invitation_id]
        invitations = rows.of_invitations(session, ids)
    ends, deltas = _follow(session, outcomes, opened, invitations, assumed=assumed, now=now)
    _about_addresses(session, handed, opened, now)
    began = min((one.intent_at for one in opened), default=now)
    _about_provider(session, handed, group.channel, began=began, now=now)
    _about_pace(session, handed, group, mailer, now)
    for end in ends:
        persons.ended(end)
    tallies.note(session, [*deltas, *persons.keep()], now=now)
    return _counted(outcomes)


def _outcome(one: Open, handed: Handed, internal_errors: int, now: datetime) -> Outcome:
    attempt = core.Attempt(one.email_id, one.n, one.failures, internal_errors)
    to: Settlement = core.settle(handed.result, attempt, now=now, retry_at=handed.retry_at, counts=handed.counts)
    if one.state != to.state:
        check_move(State(one.state), to.state, By.SETTLE)
    evidence = handed.evidence or str(handed.result)
    return Outcome(
        email_id=one.email_id,
        n=one.n,
        outcome=to.outcome,
        evidence=evidence[:500],
        ref=handed.ref,
        state=to.state,
        reason=to.reason,
        due_at=to.due_at or one.due_at,
        failures=to.failures,
        sent_at=one.intent_at if to.state is State.SENT else None,
    )


def _follow(
    session: Any,
    outcomes: Sequence[Outcome],
    opened: Sequence[Open],
    invitations: Mapping[UUID, OfInvitation],
    *,
    assumed: bool,
    now: datetime,
) -> tuple[list[End], list[tallies.Delta]]:
    """Invitations, and the counts of what moved. opened: what each outcome is of, in the same order."""
    of = [
        (invitation, one, was.state)
        for one, was in zip(outcomes, opened, strict=True)
        if (invitation := invitations.get(one.email_id)) is not None
    ]
    sent = [(inv, one.sent_at, was) for inv, one, was in of if one.sent_at is not None]
    failed = [(inv, "failed", str(one.reason), was) for inv, one, was in of if one.state == State.FAILED]
    ends, deltas = follow_sent(session, sent, assumed=assumed, written=True)
    more_ends, more = follow_closed(session, failed, now=now)
    for inv, one, was in of:
        if one.state == State.IN_DOUBT and was != State.IN_DOUBT:
            more += doubt(inv, 1)
        elif one.state == State.PENDING and was == State.IN_DOUBT:
            more += doubt(inv, -1)
    return ends + more_ends, deltas + more


def _about_addresses(session: Any, handed: Sequence[Handed], opened: Sequence[Open], now: datetime) -> None:
    """An address that the provider refuses as such is not written to for a while."""
    bad = [one for one in handed if one.bad_address]
    keys = {one.email_id: one.address_key for one in opened} if bad else {}
    for one in bad:
        if one.email_id in keys:
            until = now + HARD_BOUNCE_LASTS
            suppress(session, keys[one.email_id], "bounced_hard", source="provider", now=now, until=until)


def _about_provider(
    session: Any, handed: Sequence[Handed], seen: ChannelState, *, began: datetime, now: datetime
) -> None:
    """The breaker, and what a person must know of the provider. Nothing is read while all goes well."""
    provider = seen.provider
    if seen != ChannelState(provider) or any(one.result is not Result.ACCEPTED for one in handed):
        was = rows.channel(session, provider)
        told = [Seen(one.result, one.evidence, one.bad_address) for one in handed if not _put_off(one)]
        state = breaker.after(was, told, now=now, began=began)
        if state.refusals >= REFUSALS:
            said = [one.evidence for one in handed if one.result is Result.PERMANENT and not one.bad_address]
            stop_stream(session, provider, streams.EVERY_KIND, cause="refusals", detail="".join(said[-1:]), now=now)
            state = replace(state, refusals=0)
        if state != was:
            rows.save_channel(session, state, now=now)
        if any(one.result is Result.CHANNEL for one in handed):
            tell_rest(session, Result.CHANNEL, provider, state.reason or "", now=now)
        elif breaker.waking(was) and not breaker.waking(state):
            tell_awake(session, provider, now=now)
    for one in handed:
        if one.unexpected:
            raise_alert(session, "provider_unexpected", now=now, subject=provider, detail=one.evidence)
        if one.result is Result.INTERNAL:
            raise_alert(session, "internal_error", now=now, subject=provider, detail=one.evidence)


def _put_off(one: Handed) -> bool:
    """A provider that puts an email off, or says when to come back, is there and well."""
    return one.result is Result.TRANSIENT and (one.answered or one.retry_at is not None or not one.counts)


def _about_pace(session: Any, handed: Sequence[Handed], group: Group, mailer: Mailer, now: datetime) -> None:
    """429 and 4.7.28 stop the group of domains until the reset."""
    until = [one.retry_at for one in handed if one.result is Result.TRANSIENT and one.retry_at is not None]
    if until and group.domain_group:
        purse = tokens(session, mailer.provider.name, mailer.pace, now=now)
        purse.stop(group.domain_group, max(until))
        purse.save(session)


def _counted(outcomes: Sequence[Outcome]) -> Sent:
    to = Counter(str(one.state) for one in outcomes)
    return Sent(
        sent=to[State.SENT],
        pending=to[State.PENDING],
        failed=to[State.FAILED],
        in_doubt=to[State.IN_DOUBT],
        dropped=to[State.DROPPED],
    )
