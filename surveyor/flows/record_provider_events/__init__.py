"""Apply what a provider said after the hand-over: proofs, the forward-only ladder, oppositions and tallies (side A)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.delivery import counted
from surveyor.core.emails import Delivery
from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import emails as emails_db
from surveyor.db import provider_events as rows
from surveyor.db import tallies
from surveyor.db.alerts import raise_alert
from surveyor.db.provider_events import NewEvent
from surveyor.db.suppressions import suppress
from surveyor.db.tallies import Delta
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.flows.record_provider_events import meaning
from surveyor.flows.send_emails.follow import sending
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts.evidence import Fact, accept_on_evidence
from surveyor.flows.unsubscribe.oppose import oppose
from surveyor.mail.providers.base import EventKind, ProviderEvent

__all__ = ["Applied", "count_undelivered", "record_provider_events"]

UNDELIVERED_AFTER = timedelta(hours=72)
_OPPOSITIONS = frozenset({"complained", "unsubscribed"})
_DETAIL = ("provider_ref", "bounce", "bounce_class", "status", "reject_reason", "mta_response", "click_url")


@dataclass(frozen=True, slots=True)
class Applied:
    """How many events were new, and how many of them belong to an email of ours."""

    new: int = 0
    matched: int = 0


@dataclass(frozen=True, slots=True)
class _Means:
    """What every step needs. `provider`: its name."""

    provider: str
    journeys: Journeys
    keys: Keyring
    now: datetime


def record_provider_events(
    sessions: Any, provider: str, events: Sequence[ProviderEvent], *, journeys: Journeys, keys: Keyring, now: datetime
) -> Applied:
    """Apply verified events (at most some 500) in one transaction: each once, in any order, however often they come."""
    means = _Means(provider, journeys, keys, now)
    return again(lambda: _once(sessions, provider, events, means))


def _once(sessions: Any, provider: str, events: Sequence[ProviderEvent], means: _Means) -> Applied:
    with sessions.begin() as session:
        matched = _match(session, provider, events)
        known = rows.rungs(session, {found[0] for _, found, _ in matched if found is not None})
        ids = sorted(known)
        emails_db.lock(session, address_keys={rung.address_key for rung in known.values()}, email_ids=ids)
        new = rows.keep(session, [_new(provider, event, found, by) for event, found, by in matched], now=means.now)
        fresh = [one for one, is_new in zip(matched, new, strict=True) if is_new]
        deltas = _apply(session, fresh, means)
        tallies.add(session, deltas)
        fault("hook.in_tx")
    return Applied(len(fresh), sum(1 for _, found, _ in fresh if found is not None))


_Matched = tuple[ProviderEvent, tuple[UUID, int | None] | None, str]


def _match(session: Any, provider: str, events: Sequence[ProviderEvent]) -> list[_Matched]:
    """Each event with the email (and attempt) it is about, and how that was found."""
    ours = rows.rungs(session, {event.email_id for event in events if event.email_id is not None})
    refs = rows.by_request(session, provider, {event.provider_ref for event in events if event.provider_ref})
    found: list[_Matched] = []
    for event in events:
        if event.email_id is not None and event.email_id in ours:
            found.append((event, (event.email_id, event.attempt), "email"))
        elif event.provider_ref in refs:
            found.append((event, refs[event.provider_ref], "request"))
        else:
            found.append((event, None, "address" if event.address else "none"))
    return found


def _new(provider: str, event: ProviderEvent, found: tuple[UUID, int | None] | None, by: str) -> NewEvent:
    detail = {name: getattr(event, name)[:500] for name in _DETAIL if getattr(event, name)}
    if event.machine:
        detail["machine"] = True
    email_id, n = found if found is not None else (None, None)
    return NewEvent(provider, event.event_id, email_id, n, by, meaning.word(event), event.at, detail)


def _apply(session: Any, fresh: Sequence[_Matched], means: _Means) -> list[Delta]:
    ids = {found[0] for _, found, _ in fresh if found is not None}
    deltas = _proofs(session, fresh, means)
    invitations = emails_db.of_invitations(session, ids)
    before = rows.rungs(session, ids)
    moves: list[tuple[UUID, Delivery, datetime]] = []
    for event, found, _ in sorted(fresh, key=lambda one: one[0].at):
        to = meaning.rung(event)
        if found is not None and to is not None:
            moves.append((found[0], to, event.at))
        if event.kind is EventKind.ACCOUNT:
            raise_alert(session, "provider_account", now=means.now, subject=means.provider)
    rows.climb(session, moves)
    after = rows.rungs(session, ids)
    for email_id, invitation in invitations.items():
        was, now = before[email_id], after[email_id]
        if now.first and invitation.sent_day is not None:
            change = counted(now.delivery, now.rank, visited=now.visited) - counted(
                was.delivery, was.rank, visited=was.visited
            )
            deltas.append(sending(invitation, invitation.sent_day, change))
    for event, found, _ in fresh:
        key = after[found[0]].address_key if found is not None else _key(event, means.keys)
        if key is not None:
            deltas += _about_address(session, event, key, means)
    return deltas


def _proofs(session: Any, fresh: Sequence[_Matched], means: _Means) -> list[Delta]:
    """Any event proves that its attempt was accepted; one about an attempt that was not the last is an alert."""
    attempts: dict[int | None, set[UUID]] = {}
    for _, found, _ in fresh:
        if found is not None:
            attempts.setdefault(found[1], set()).add(found[0])
    deltas: list[Delta] = []
    for n, ids in attempts.items():
        fact = Fact(f"event of {means.provider}", n)
        deltas += accept_on_evidence(session, ids, fact, journeys=means.journeys, now=means.now)
        for rung in rows.rungs(session, ids).values():
            if n is not None and n < rung.attempts:
                raise_alert(session, "handed_over_twice", now=means.now, subject=rung.email_id.hex)
    return deltas


def _about_address(session: Any, event: ProviderEvent, key: bytes, means: _Means) -> list[Delta]:
    found = meaning.suppression(event)
    source = f"event:{means.provider}"
    if found is not None and found.reason in _OPPOSITIONS:
        return oppose(session, key, found.reason, source=source, journeys=means.journeys, now=means.now)[1]
    if found is not None:
        until = event.at + found.lasts if found.lasts is not None else None
        suppress(session, key, found.reason, source=source, now=means.now, until=until)
    elif meaning.rung(event) is Delivery.BOUNCED_SOFT:
        since = means.now - meaning.SOFT_LASTS
        if rows.soft_bounces(session, key, since=since) >= meaning.SOFT_BOUNCES:
            until = means.now + meaning.SOFT_LASTS
            suppress(session, key, "bounced_soft", source=source, now=means.now, until=until)
    return []


def _key(event: ProviderEvent, keys: Keyring) -> bytes | None:
    try:
        return keys.address_key(event.address) if event.address else None
    except AddressError:
        return None


def count_undelivered(sessions: Any, *, now: datetime) -> int:
    """Count sent invitations that nobody said anything final of in 72 hours; how many in this pass (at most 500)."""
    with sessions.begin() as session:
        waiting = rows.without_outcome(session, now=now, after=UNDELIVERED_AFTER)
        emails_db.lock(session, address_keys=[], email_ids=waiting.keys())
        invitations = emails_db.of_invitations(session, waiting.keys())
        before = rows.rungs(session, waiting.keys())
        rows.mark_undelivered(session, waiting.keys())
        after = rows.rungs(session, waiting.keys())
        deltas = []
        for email_id, invitation in invitations.items():
            was, now_at = before[email_id], after[email_id]
            change = counted(now_at.delivery, now_at.rank, visited=now_at.visited) - counted(
                was.delivery, was.rank, visited=was.visited
            )
            if invitation.sent_day is not None:
                deltas.append(sending(invitation, invitation.sent_day, change))
        tallies.add(session, deltas)
    return len(waiting)
