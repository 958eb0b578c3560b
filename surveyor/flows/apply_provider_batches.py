"""Apply the raw bodies that providers posted: parsed, 500 events a transaction, one bad event never stops the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.tokens import Keyring
from surveyor.db import provider_batches as rows
from surveyor.db.alerts import raise_alert
from surveyor.db.health import is_away
from surveyor.db.provider_batches import Batch
from surveyor.flows.again import again
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.record_provider_events import Applied, Means, apply_events
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.mail.providers import parse_batch
from surveyor.mail.providers.base import EventKind, ProviderEvent

#: Events of one transaction.
CHUNK = 500
#: Bodies of one pass: several minutes of a busy provider.
BATCHES = 50
KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class AppliedBatches:
    """How many bodies one pass applied, what their events were, and how many events could not be applied."""

    batches: int = 0
    events: Applied = field(default_factory=Applied)
    bad: int = 0


def apply_provider_batches(
    sessions: Any, *, journeys: Journeys, keys: Keyring, now: datetime, limit: int = BATCHES
) -> AppliedBatches:
    """One pass over the bodies that wait. Two workers at once, or a kill between two chunks, apply nothing twice."""
    with sessions() as session:
        waiting = rows.waiting(session, limit=limit)
    total, bad = Applied(), 0
    for batch in waiting:
        means = Means(batch.provider, journeys, keys, now)
        with quiet_memory():
            found, wrong = _apply(sessions, batch, means)
        total += found
        bad += wrong
    return AppliedBatches(len(waiting), total, bad)


def forget_batches(sessions: Any, *, now: datetime) -> int:
    """Let go of bodies older than 90 days; how many."""
    with sessions.begin() as session:
        return rows.forget(session, before=now - KEPT_FOR)


def _apply(sessions: Any, batch: Batch, means: Means) -> tuple[Applied, int]:
    events = parse_batch(batch.provider, batch.body, batch.received_at)
    unread = sum(1 for event in events if event.kind is EventKind.UNKNOWN and not event.word)
    total = Applied()
    failures: list[str] = []
    for start in range(0, max(len(events), 1), CHUNK):
        last = start + CHUNK >= len(events) and not unread and not failures
        found, wrong = _chunk(sessions, batch, events[start : start + CHUNK], means, last=last)
        if found is None:
            return total, len(failures)
        total += found
        failures += wrong
    if unread or failures:
        _finish(sessions, batch, means, unread=unread, events=len(events), failures=failures)
    return total, len(failures)


def _chunk(
    sessions: Any, batch: Batch, events: Sequence[ProviderEvent], means: Means, *, last: bool
) -> tuple[Applied | None, list[str]]:
    """Apply some events together, one by one when that fails; None when another worker has the batch."""
    try:
        return _together(sessions, batch, events, means, last=last), []
    except Exception as error:
        if is_away(error):
            raise
    total = Applied()
    failures: list[str] = []
    for event in events:
        try:
            found = _together(sessions, batch, [event], means, last=False)
        except Exception as error:
            if is_away(error):
                raise
            failures.append(type(error).__name__)
            continue
        if found is None:
            return None, failures
        total += found
    return total, failures


def _together(
    sessions: Any, batch: Batch, events: Sequence[ProviderEvent], means: Means, *, last: bool
) -> Applied | None:
    """One transaction; the last of a body also says that it was applied."""

    def once() -> Applied | None:
        with sessions.begin() as session:
            if not rows.hold(session, batch.id):
                return None
            found = apply_events(session, events, means)
            if last:
                rows.done(session, batch.id, state="applied")
            return found

    return again(once)


def _finish(sessions: Any, batch: Batch, means: Means, *, unread: int, events: int, failures: Sequence[str]) -> None:
    """Say what became of a body that was not all good; a person hears of what could not be read or applied."""
    said = [f"{unread} unreadable"] if unread else []
    said += [f"{len(failures)} failed: {', '.join(sorted(set(failures)))}"] if failures else []
    with sessions.begin() as session:
        state = "failed" if events and len(failures) == events else "applied"
        rows.done(session, batch.id, state=state, error="; ".join(said))
        detail = f"{'; '.join(said)} of {events}"
        raise_alert(session, "provider_events_unusable", now=means.now, subject=batch.provider, detail=detail)
