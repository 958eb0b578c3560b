"""Apply what a provider said after the hand-over: proofs, the forward-only ladder, oppositions and tallies (side A)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from surveyor.core.delivery import counted
from surveyor.core.emails import RANK, Delivery
from surveyor.core.tally import Tally
from surveyor.core.tokens import Keyring
from surveyor.db import emails, instance, streams, tallies
from surveyor.db import provider_events as rows
from surveyor.db.alerts import raise_alert
from surveyor.db.emails import Forgotten
from surveyor.db.provider_events import Cell, NewEvent, Rung
from surveyor.db.tallies import Delta
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.flows.record_provider_events import meaning
from surveyor.flows.record_provider_events.addresses import about_addresses
from surveyor.flows.record_provider_events.matching import Matched, match
from surveyor.flows.record_provider_events.slowing import slow_down
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts.evidence import Fact, accept_on_evidence
from surveyor.mail.providers.base import EventKind, ProviderEvent

__all__ = ["Applied", "Means", "apply_events", "count_undelivered", "record_provider_events"]

UNDELIVERED_AFTER = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Applied:
    """How many events were new, how many of them belong to an email of ours, how many to another installation."""

    new: int = 0
    matched: int = 0
    foreign: int = 0

    def __add__(self, other: Applied) -> Applied:
        """Both together."""
        return Applied(self.new + other.new, self.matched + other.matched, self.foreign + other.foreign)


@dataclass(frozen=True, slots=True)
class Means:
    """What every step needs. `provider`: its name."""

    provider: str
    journeys: Journeys
    keys: Keyring
    now: datetime


def record_provider_events(
    sessions: Any, provider: str, events: Sequence[ProviderEvent], *, journeys: Journeys, keys: Keyring, now: datetime
) -> Applied:
    """Apply verified events (at most some 500) in one transaction: each once, in any order, however often they come."""
    means = Means(provider, journeys, keys, now)

    def once() -> Applied:
        with sessions.begin() as session:
            return apply_events(session, events, means)

    return again(once)


def apply_events(session: Any, events: Sequence[ProviderEvent], means: Means) -> Applied:
    """The same in the caller's transaction, as its last step but for the row of the batch they came in."""
    installation = instance.name(session)[:16] if any(event.installation for event in events) else ""
    matched, ladders = match(session, means.provider, events, keys=means.keys, installation=installation)
    new = rows.keep(session, [_new(means.provider, one) for one in matched], now=means.now)
    fresh = [one for one, is_new in zip(matched, new, strict=True) if is_new]
    tallies.add(session, _apply(session, fresh, ladders, means))
    fault("hook.in_tx")
    known = sum(1 for one in fresh if one.certain)
    return Applied(len(fresh), known, sum(1 for one in fresh if one.foreign))


def _new(provider: str, one: Matched) -> NewEvent:
    event = one.event
    print_of = meaning.fingerprint(provider, event)
    kind = meaning.word(event)
    return (
        provider, event.event_id or None, print_of, one.email_id, one.n, one.by, kind, event.at, _detail(one)
    )  # fmt: skip


def _detail(one: Matched) -> dict[str, Any]:
    event = one.event
    said = (
        ("provider_ref", event.provider_ref),
        ("bounce", event.bounce),
        ("bounce_class", event.bounce_class),
        ("status", event.status),
        ("reject_reason", event.reject_reason),
        ("mta_response", event.mta_response),
        ("click_url", event.click_url),
        ("retry", event.retry),
    )
    detail: dict[str, Any] = {name: value[:500] for name, value in said if value}
    if event.machine:
        detail["machine"] = True
    if one.foreign:
        detail["installation"] = event.installation[:64]
    if event.kind is EventKind.UNKNOWN and event.word:
        detail["word"] = event.word[:100]
    return detail


def _apply(session: Any, fresh: Sequence[Matched], before: Mapping[UUID, Rung], means: Means) -> list[Delta]:
    for one in fresh:
        if one.event.kind is EventKind.ACCOUNT and not one.foreign:
            raise_alert(session, "provider_account", now=means.now, subject=means.provider)
            streams.pause(
                session, means.provider, streams.EVERY_KIND, cause="account_status_change", detail="", now=means.now
            )
    sure = [one for one in fresh if one.certain]
    deltas, proved = _proofs(session, sure, before, means)
    if proved:
        before = {**before, **rows.rungs(session, proved)}
    after = _climb(session, sure, before)
    deltas += counts(before, after)
    source = f"event:{means.provider}"
    deltas += about_addresses(session, fresh, source=source, journeys=means.journeys, now=means.now)
    slow_down(session, fresh, provider=means.provider, now=means.now)
    return deltas


def _proofs(
    session: Any, sure: Sequence[Matched], before: Mapping[UUID, Rung], means: Means
) -> tuple[list[Delta], set[UUID]]:
    """Any event proves that its attempt was accepted; one about an attempt that was not the last is an alert.

    One about an attempt that this database never made tells of a hand-over that a failover or a restore forgot.
    """
    attempts: dict[tuple[int | None, bool], set[UUID]] = {}
    forgotten: dict[tuple[UUID, int], datetime] = {}
    for one in sure:
        assert one.email_id is not None  # or it would not be certain
        email = before[one.email_id]
        if one.n is not None and one.n < email.attempts:
            raise_alert(session, "handed_over_twice", now=means.now, subject=one.email_id.hex)
        elif email.state != "sent":
            lost = one.n is not None and one.n > email.attempts
            if one.n is not None and lost:
                heard = one.email_id, one.n
                forgotten[heard] = min(one.event.at, forgotten.get(heard, one.event.at))
            attempts.setdefault((one.n, lost), set()).add(one.email_id)
    emails.recall(
        session,
        [Forgotten(*which, at) for which, at in sorted(forgotten.items())],
        provider=means.provider,
        now=means.now,
    )
    deltas: list[Delta] = []
    for (n, lost), ids in attempts.items():
        fact = Fact(f"event of {means.provider}", n, forgotten=lost)
        deltas += accept_on_evidence(session, ids, fact, journeys=means.journeys, now=means.now)
    return deltas, {one for ids in attempts.values() for one in ids}


def _climb(session: Any, sure: Sequence[Matched], before: Mapping[UUID, Rung]) -> dict[UUID, Rung]:
    """Every email to its highest rung, in any order of its events; where each is afterwards."""
    moves: dict[UUID, tuple[UUID, Delivery, datetime]] = {}
    told = []
    for one in sorted(sure, key=lambda one: one.event.at):
        to, email_id = meaning.rung(one.event), one.email_id
        if to is None or email_id is None:
            continue
        moved, at = moves.get(email_id), before[email_id]
        if RANK[to] > (at.rank if moved is None else RANK[moved[1]]):
            moves[email_id] = (email_id, to, one.event.at)
        elif moved is None and at.delivery == to and not at.told:
            told.append((email_id, to, one.event.at))
    rows.climb(session, list(moves.values()))
    rows.tell(session, told)
    return {email_id: before[email_id].at(to) for email_id, to, _ in moves.values()}


def counts(before: Mapping[UUID, Rung], after: Mapping[UUID, Rung]) -> list[Delta]:
    """What new rungs change in the tallies of the days on which invitations were sent: one change a cell and move."""
    moves: dict[tuple[Cell, tuple[str | None, int, str | None, int, bool]], int] = {}
    for email_id, now in after.items():
        was = before[email_id]
        if now.cell is not None:
            move = now.cell, (was.delivery, was.rank, now.delivery, now.rank, now.visited)
            moves[move] = moves.get(move, 0) + 1
    changes = [(cell, _change(*steps), n) for (cell, steps), n in moves.items()]
    return [Delta(*cell, counts=_many(change, n)) for cell, change, n in changes if change]


@lru_cache(maxsize=256)
def _change(was: str | None, rank_before: int, now: str | None, rank: int, visited: bool) -> Tally:
    return counted(now, rank, visited=visited) - counted(was, rank_before, visited=visited)


def _many(change: Tally, n: int) -> Tally:
    return Tally(**{name: value * n for name, value in change.changes().items()})


def count_undelivered(sessions: Any, *, now: datetime) -> int:
    """Count sent invitations that nobody said anything final of in 72 hours; how many in this pass (at most 500)."""
    with sessions.begin() as session:
        waiting = rows.without_outcome(session, now=now, after=UNDELIVERED_AFTER)
        before = rows.rungs(session, waiting.keys())
        rows.mark_undelivered(session, waiting.keys())
        tallies.add(session, counts(before, rows.rungs(session, waiting.keys())))
    return len(waiting)
