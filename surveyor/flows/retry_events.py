"""Events that could not be decided come back: five tries, then they wait for a person, with an alert."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import Keyring
from surveyor.db import order_events, orders, tallies
from surveyor.db.alerts import raise_alert
from surveyor.db.order_events import Waiting
from surveyor.errors import Refused
from surveyor.flows.again import again
from surveyor.flows.customer_journey import DEFAULTS, Defaults, ReadRules, active_rules
from surveyor.flows.record_orders import Batch, decide_events
from surveyor.ingest.payload import read_event

TRIES = 5


@dataclass(frozen=True, slots=True)
class Retried:
    """How many waiting events were decided, wait on, or were given up to a person."""

    decided: int = 0
    waiting: int = 0
    quarantined: int = 0

    def __add__(self, other: Retried) -> Retried:
        """Both together."""
        return Retried(self.decided + other.decided, self.waiting + other.waiting, self.quarantined + other.quarantined)


def retry_events(
    sessions: Any,
    *,
    keys: Keyring,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    limit: int = 200,
    read: ReadRules = active_rules,
) -> Retried:
    """Try each event that waits once more, one transaction each, the oldest first; at most `limit` of them."""
    total = Retried()
    with sessions.begin() as session:
        waiting = order_events.waiting(session, limit=limit)
    for one in waiting:
        batch = Batch(one.source, now, keys, defaults, read=read)
        total += again(_attempt(sessions, one, batch))
    return total


def decide_again(sessions: Any, event: UUID, *, keys: Keyring, now: datetime, defaults: Defaults = DEFAULTS) -> str:
    """One try for one event that waits, now; why it failed, "" when it was decided or waits no more."""
    with sessions.begin() as session:
        found = order_events.waiting_one(session, event)
    if found is None:
        return ""
    batch = Batch(found.source, now, keys, defaults)
    retried = again(_attempt(sessions, found, batch))
    if retried.decided:
        return ""
    with sessions() as session:
        return order_events.error_of(session, event)


def _attempt(sessions: Any, one: Waiting, batch: Batch) -> Callable[[], Retried]:
    def act() -> Retried:
        why = _try(sessions, one, batch)
        return Retried(decided=1) if why is None else _failed(sessions, one, why, now=batch.now)

    return act


def _try(sessions: Any, one: Waiting, batch: Batch) -> str | None:
    """Decide upon one event; what went wrong, None when nothing did. A failure leaves no trace of the try."""
    try:
        event = _read(one, now=batch.now)
    except (ValueError, Refused) as error:
        return f"{type(error).__name__}: the body cannot be read again"
    try:
        with sessions.begin() as session:
            if not order_events.still_waiting(session, one.id):
                return None
            unknown = event.order_id not in orders.by_order_id(session, {event.order_id})
            orders.lock_marks(session, unknown=unknown)
            deltas, failures = decide_events(session, [(one.id, event)], batch)
            if failures:
                raise _Undecided(failures[one.id])
            order_events.set_states(session, [(one.id, "decided", one.tries + 1, None)])
            tallies.add(session, deltas)
    except _Undecided as error:
        return str(error)
    return None


class _Undecided(Exception):
    """The decision failed again: what was written on the way is given up."""


def _read(one: Waiting, *, now: datetime) -> OrderEvent:
    return read_event(json.loads(one.body or ""), now=now)


def _failed(sessions: Any, one: Waiting, why: str, *, now: datetime) -> Retried:
    tries = one.tries + 1
    state = "quarantined" if tries >= TRIES else "new"
    with sessions.begin() as session:
        order_events.set_states(session, [(one.id, state, tries, why)])
        if state == "quarantined":
            raise_alert(session, "order_event_quarantined", now=now, subject=one.source, detail=why.partition(":")[0])
    return Retried(quarantined=1) if state == "quarantined" else Retried(waiting=1)
