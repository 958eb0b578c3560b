"""Settle emails in doubt by facts: the customer's own acts, the provider's memory, a person, or 26 hours of silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.core.emails import DOUBT_LASTS, InDoubt, policy
from surveyor.core.tokens import Keyring
from surveyor.db import doubt_list, tallies
from surveyor.db import emails as rows
from surveyor.db.alerts import raise_alert, resolve
from surveyor.db.emails import Doubt
from surveyor.faults import fault
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts.ends import give_up, send_again
from surveyor.flows.settle_doubts.evidence import ALERT, Fact, accept_on_evidence
from surveyor.mail.providers.base import Absent, Found, Provider, Unknown

__all__ = ["ALERT", "Fact", "Settled", "accept_on_evidence", "settle_doubts"]

OPENED = Fact("link opened", arrived=True)
#: After so many questions in a row without an answer a pass asks no more: each may last ten seconds, and the clock that
#: asks has leases to end and bells to ring.
SILENT_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Settled:
    """How many doubts one pass ended: as sent, as never accepted, as never confirmed; `asking`: a person decides."""

    sent: int = 0
    pending: int = 0
    dropped: int = 0
    asking: int = 0


@dataclass(frozen=True, slots=True)
class _Means:
    journeys: Journeys
    keys: Keyring
    now: datetime


def settle_doubts(sessions: Any, *, provider: Provider, journeys: Journeys, keys: Keyring, now: datetime) -> Settled:
    """One pass over the emails in doubt. Nothing is ever sent again without a proof that it was not accepted.

    keys: what the links of an email that is issued again are made with.
    """
    means = _Means(journeys, keys, now)
    sent = _by_links(sessions, journeys, now)
    pending = dropped = asking = 0
    with sessions() as session:
        waiting = rows.doubts(session, now=now)
    silent = 0
    for one in waiting:
        asked = silent < SILENT_AT_MOST
        verdict, fact, told = _look(one, provider if asked else None, now)
        if asked:
            silent = 0 if told else silent + 1
        if verdict == "wait" and not asked:
            continue  # not a look: it is among the first of the next pass
        with sessions.begin() as session:
            rows.lock(session, address_keys=[one.address_key], email_ids=[one.email_id])
            # Settled by somebody else while the provider was asked: only a proof that it arrived says more.
            if verdict != "sent" and not rows.still_in_doubt(session, one.email_id):
                continue
            _act(session, one, verdict, fact, means)
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


def _look(one: Doubt, provider: Provider | None, now: datetime) -> tuple[str, Fact, bool]:
    """What is known of a doubt (sent, pending, dropped, ask or wait) and why; no transaction is open.

    provider: None when it is not to be asked. Third: False when it was asked and could not be, or could not tell.
    """
    fact, told = Fact("nothing heard"), True
    if provider is not None and provider.name == one.provider and provider.capabilities.lookup != "none":
        answer = provider.lookup(one.email_id, one.intent_at, one.address)
        fact, told = Fact(answer.evidence, arrived=not provider.capabilities.events), not isinstance(answer, Unknown)
        if isinstance(answer, Found):
            return "sent", fact, told
        if isinstance(answer, Absent) and provider.capabilities.lookup == "exact":
            return "pending", fact, told
    if now < one.intent_at + DOUBT_LASTS:
        return "wait", fact, told
    return ("ask" if policy(one.kind).in_doubt is InDoubt.ASK else "dropped"), fact, told


def _act(session: Any, one: Doubt, verdict: str, fact: Fact, means: _Means) -> None:
    said = f"{verdict}: {fact.evidence}"
    if verdict == "dropped":
        said += f"; {_feed(session, one)}"
    rows.note_check(session, one.email_id, now=means.now, found=said[:500])
    if verdict == "sent":
        deltas = accept_on_evidence(session, [one.email_id], fact, journeys=means.journeys, now=means.now)
        tallies.add(session, deltas)
    elif verdict == "pending":
        send_again(session, one, fact.evidence, means.now)
    elif verdict == "dropped":
        give_up(session, one, journeys=means.journeys, keys=means.keys, now=means.now)
    elif verdict == "ask":
        raise_alert(session, ALERT, now=means.now, subject=one.email_id.hex)
    if verdict in ("sent", "pending"):
        resolve(session, ALERT, now=means.now, subject=one.email_id.hex)


def _feed(session: Any, one: Doubt) -> str:
    """Whether events came at all around that instant: silence says less when nothing was told of anybody."""
    others, heard = doubt_list.feed(session, one.provider, intent_at=one.intent_at, but=one.email_id)
    if not others:
        return "no other email within 10 min"
    return f"events of {heard} of {others} other emails within 10 min"
