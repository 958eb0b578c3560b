"""The world after the outbox: files become provider events, by address, through the way that real events take."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from surveyor.core.tokens import Keyring
from surveyor.db import provider_events as rows
from surveyor.db.provider_events import Silent
from surveyor.flows.record_provider_events import record_provider_events
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.mail.providers.base import EventKind, ProviderEvent

#: Providers that hand over to nobody: what a mailbox would have done is made up.
SIMULATED = frozenset({"outbox", "memory"})
AFTER = timedelta(seconds=5)


def simulate_deliveries(sessions: Any, provider: str, *, journeys: Journeys, keys: Keyring, now: datetime) -> int:
    """Deliver what was sent 5 s ago or more, by address: `hard+`, `soft+`, `block+`, `defer+`, `complaint+`, `drop+`.

    Any other address is delivered. How many emails were told about; nothing for a provider that carries emails.
    """
    if provider not in SIMULATED:
        return 0
    with sessions() as session:
        silent = rows.silent(session, provider, now=now, after=AFTER)
    events = [event for one in silent for event in _events(one)]
    if events:
        record_provider_events(sessions, provider, events, journeys=journeys, keys=keys, now=now)
    return len(silent)


def _events(one: Silent) -> list[ProviderEvent]:
    """What a mailbox would have said of one email."""
    prefix = one.address.partition("+")[0] if "+" in one.address.partition("@")[0] else ""
    if prefix == "hard":
        return [_event(one, EventKind.BOUNCED, bounce="hard", status="5.1.1")]
    if prefix in ("soft", "block"):
        return [_event(one, EventKind.BOUNCED, bounce=prefix, status="4.2.2")]
    if prefix == "drop":
        return [_event(one, EventKind.REJECTED, reject_reason="bounced")]
    if prefix == "defer":
        return [_event(one, EventKind.DEFERRED), _event(one, EventKind.DELIVERED, seconds=3600)]
    if prefix == "complaint":
        return [_event(one, EventKind.DELIVERED), _event(one, EventKind.COMPLAINED, seconds=60)]
    return [_event(one, EventKind.DELIVERED)]


def _event(one: Silent, kind: EventKind, *, seconds: int = 2, **said: Any) -> ProviderEvent:
    return ProviderEvent(
        kind=kind,
        at=one.sent_at + timedelta(seconds=seconds),
        event_id=f"{one.email_id.hex}.{one.n}.{kind}",
        email_id=one.email_id,
        attempt=one.n,
        **said,
    )
