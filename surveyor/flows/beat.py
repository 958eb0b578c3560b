"""The heartbeat of an installation: it counts the minutes, and holds its emails when it is not sure to be itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.guard import Identity, held_because
from surveyor.db import instance
from surveyor.db.alerts import raise_alert, resolve

#: How far this machine's clock may stand behind the last heartbeat before a person hears of it.
CLOCK_BEHIND = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Beat:
    """The epoch to copy to the witnesses, and whether emails are held. `epoch` None: nothing is to be copied."""

    epoch: int | None
    held: bool
    reason: str | None = None


def beat(sessions: Any, *, name: str, pepper_id: str, witnesses: Sequence[int | None], now: datetime) -> Beat:
    """Once a minute and at the start. name: of this installation (core/guard); witnesses: epochs read outside.

    The first beat of a new database makes its row. While emails are held the epoch stands still, so that the witnesses
    keep what they know until a person releases.
    """
    with sessions.begin() as session:
        system, timeline = instance.cluster(session)
        here = Identity(name, system=system, timeline=timeline)
        instance.create(session, here, pepper_id=pepper_id)
        row = instance.lock(session)
        why = held_because(instance.identity_of(row), now, here, witnesses)
        _hold(session, row, why, now)
        if row.sending == "held":
            return Beat(None, True, row.reason)
        if row.heartbeat_at is not None and row.heartbeat_at - now > CLOCK_BEHIND:
            raise_alert(session, "clock_behind", now=now, detail="this machine's clock is behind what was recorded")
        row.epoch += 1
        row.heartbeat_at = now if row.heartbeat_at is None else max(now, row.heartbeat_at)
        row.pg_system, row.pg_timeline = system, timeline
        return Beat(row.epoch, False)


def check_sending(sessions: Any, *, name: str, witnesses: Sequence[int | None], now: datetime) -> Beat:
    """The same look without counting a minute: what a worker does before it hands anything over, and each minute.

    A database without its row sends nothing yet, and is left to the clock.
    """
    with sessions.begin() as session:
        row = instance.lock_if_any(session)
        if row is None:
            return Beat(None, True, "the clock has not begun")
        system, timeline = instance.cluster(session)
        why = held_because(instance.identity_of(row), now, Identity(name, system=system, timeline=timeline), witnesses)
        _hold(session, row, why, now)
        return Beat(None, row.sending == "held", row.reason)


def _hold(session: Any, row: Any, why: str | None, now: datetime) -> None:
    if why is not None and row.sending == "released":
        row.sending, row.reason, row.released_by = "held", why, None
        raise_alert(session, "sending_held", now=now, detail=why)


def release_sends(sessions: Any, *, who: str, name: str, witnesses: Sequence[int | None], now: datetime) -> Beat:
    """A person says that this database is the one: it takes our name and goes ahead of every witness."""
    with sessions.begin() as session:
        row = instance.lock(session)
        row.name = name
        row.pg_system, row.pg_timeline = instance.cluster(session)
        row.epoch = max([row.epoch, *(epoch for epoch in witnesses if epoch is not None)]) + 1
        row.heartbeat_at = now
        row.sending, row.reason, row.released_by = "released", None, who
        resolve(session, "sending_held", now=now)
        return Beat(row.epoch, False)
