"""Settle emails in doubt by facts: the customer's own acts, the provider's memory, a person, or 26 hours of silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.core.emails import DOUBT_LASTS, InDoubt, policy
from surveyor.core.reasons import Reason
from surveyor.db import emails as rows
from surveyor.db import tallies
from surveyor.db.alerts import raise_alert
from surveyor.db.emails import Doubt, Outcome
from surveyor.faults import fault
from surveyor.flows.send_emails.follow import doubt as count_doubt
from surveyor.flows.send_emails.follow import follow_closed, told
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts.evidence import Fact, accept_on_evidence
from surveyor.mail.providers.base import Absent, Found, Provider

__all__ = ["Fact", "Settled", "accept_on_evidence", "settle_doubts"]

OPENED = Fact("link opened", arrived=True)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many doubts one pass ended: as sent, as never accepted, as never confirmed; `asking`: a person decides."""

    sent: int = 0
    pending: int = 0
    dropped: int = 0
    asking: int = 0


def settle_doubts(sessions: Any, *, provider: Provider, journeys: Journeys, now: datetime) -> Settled:
    """One pass over the emails in doubt. Nothing is ever sent again without a proof that it was not accepted."""
    sent = _by_links(sessions, journeys, now)
    pending = dropped = asking = 0
    with sessions() as session:
        waiting = rows.doubts(session, now=now)
    for one in waiting:
        verdict, fact = _look(one, provider, now)
        with sessions.begin() as session:
            rows.lock(session, address_keys=[one.address_key], email_ids=[one.email_id])
            _act(session, one, verdict, fact, journeys=journeys, now=now)
        fault("doubts.committed")
        sent += verdict == "sent"
        pending += verdict == "pending"
        dropped += verdict == "dropped"
        asking += verdict == "ask"
    return Settled(sent, pending, dropped, asking)


def _by_links(sessions: Any, journeys: Journeys, now: datetime) -> int:
    """Emails whose survey link was opened after their intent: they arrived, whoever opened it."""
    with sessions.begin() as session:
        opened = rows.opened_in_doubt(session, now=now)
        rows.lock(session, address_keys=opened.values(), email_ids=opened.keys())
        deltas = accept_on_evidence(session, opened.keys(), OPENED, journeys=journeys, now=now)
        for email_id in opened:
            rows.note_check(session, email_id, now=now, found="link opened")
        tallies.add(session, deltas)
    return len(opened)


def _look(one: Doubt, provider: Provider, now: datetime) -> tuple[str, Fact]:
    """What is known of a doubt (sent, pending, dropped, ask or wait) and why; no transaction is open."""
    fact = Fact("nothing heard")
    if provider.name == one.provider and provider.capabilities.lookup != "none":
        answer = provider.lookup(one.email_id, one.intent_at)
        fact = Fact(answer.evidence, arrived=not provider.capabilities.events)
        if isinstance(answer, Found):
            return "sent", fact
        if isinstance(answer, Absent) and provider.capabilities.lookup == "exact":
            return "pending", fact
    if now < one.intent_at + DOUBT_LASTS:
        return "wait", fact
    return ("ask" if policy(one.kind).in_doubt is InDoubt.ASK else "dropped"), fact


def _act(session: Any, one: Doubt, verdict: str, fact: Fact, *, journeys: Journeys, now: datetime) -> None:
    rows.note_check(session, one.email_id, now=now, found=f"{verdict}: {fact.evidence}"[:500])
    if verdict == "sent":
        tallies.add(session, accept_on_evidence(session, [one.email_id], fact, journeys=journeys, now=now))
    elif verdict == "pending":
        _again(session, one, fact.evidence, now)
    elif verdict == "dropped":
        _give_up(session, one, journeys, now)
    elif verdict == "ask":
        raise_alert(session, "email_in_doubt", now=now, subject=one.email_id.hex)


def _again(session: Any, one: Doubt, evidence: str, now: datetime) -> None:
    """Proved not accepted: the only way back to `pending`."""
    opened = rows.open_attempts(session, [(one.email_id, one.n)])
    outcomes = [
        Outcome(one.email_id, one.n, "not_accepted", evidence, "", "pending", None, now, found.failures + 1, None)
        for found in opened
        if found.state == "in_doubt"
    ]
    rows.settle_outcomes(session, outcomes, now=now)
    invitations = rows.of_invitations(session, [outcome.email_id for outcome in outcomes])
    tallies.add(session, [delta for found in invitations.values() for delta in count_doubt(found, -1)])


def _give_up(session: Any, one: Doubt, journeys: Journeys, now: datetime) -> None:
    """Silence is no proof: the attempt stays `unknown` for ever, and the cool-down runs from the intent."""
    if not rows.still_in_doubt(session, one.email_id):
        return
    rows.drop(session, [(one.email_id, Reason.UNCONFIRMED)], states=("in_doubt",))
    invitations = rows.of_invitations(session, [one.email_id])
    closed = [(found, "dropped", str(Reason.UNCONFIRMED), "in_doubt") for found in invitations.values()]
    ends, deltas = follow_closed(session, closed, now=now, asked_at=one.intent_at)
    tallies.add(session, [*deltas, *told(session, journeys, ends, now=now)])
