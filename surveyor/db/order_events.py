"""Order events as delivered, each stored once: the first table of the line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.core.orders import OrderEvent
from surveyor.db import bulk
from surveyor.db.base import new_id
from surveyor.db.tables.orders import OrderEventRow

_COLUMNS = ("id", "source", "event_id", "content_sha256", "body", "state", "received_at")


@dataclass(frozen=True, slots=True)
class Once:
    """What storing a batch found, event by event, in order.

    verdicts: accepted, duplicate or conflict. ids: the rows of those that are new. differs: of a conflict, the fields
    that are not those of the event known first.
    """

    verdicts: tuple[str, ...]
    ids: tuple[UUID | None, ...]
    differs: tuple[tuple[str, ...], ...]


def store_once(session: Session, events: Sequence[OrderEvent], *, source: str, now: datetime) -> Once:
    """Store each event once (G2); another content under a known id is kept aside, once per content, as `conflict`."""
    first: dict[str, tuple[UUID, OrderEvent]] = {}
    for event in events:
        first.setdefault(event.event_id, (new_id(now), event))
    rows = [_row(key, event, source, _state(event), now) for _, (key, event) in sorted(first.items())]
    bulk.insert(session, OrderEventRow, _COLUMNS, rows, conflict="DO NOTHING")
    known = _known(session, source, list(first))
    verdicts: list[str] = []
    ids: list[UUID | None] = []
    taken: set[str] = set()
    apart: dict[tuple[str, bytes], OrderEvent] = {}
    for event in events:
        row_id, content = known[event.event_id]
        new = row_id == first[event.event_id][0] and event.event_id not in taken
        taken.add(event.event_id)
        if not new and content != event.content_sha256:
            apart[event.event_id, event.content_sha256] = event
            verdicts.append("conflict")
        else:
            verdicts.append("accepted" if new else "duplicate")
        ids.append(row_id if new else None)
    bodies = _bodies(session, [known[event_id][0] for event_id, _ in apart])
    differs = [
        _differing(bodies.get(known[event.event_id][0]), event) if verdict == "conflict" else ()
        for event, verdict in zip(events, verdicts, strict=True)
    ]
    kept = [_row(new_id(now), event, source, "conflict", now) for _, event in sorted(apart.items())]
    bulk.insert(session, OrderEventRow, _COLUMNS, kept, conflict="DO NOTHING")
    return Once(tuple(verdicts), tuple(ids), tuple(differs))


def set_states(session: Session, rows: Sequence[tuple[UUID, str, int, str | None]]) -> None:
    """Say where events stand: (id, state, tries, error)."""
    bulk.update(session, OrderEventRow, ("id",), ("state", "tries", "error"), sorted(rows))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that could not be decided yet; `tries` so far."""

    id: UUID
    source: str
    event_id: str
    body: str | None
    tries: int


def waiting(session: Session, *, limit: int) -> list[Waiting]:
    """Events that could not be decided yet, the oldest first."""
    row = OrderEventRow
    query = select(row.id, row.source, row.event_id, row.body, row.tries).where(row.state == "new")
    return [Waiting(*one) for one in session.execute(query.order_by(row.received_at, row.id).limit(limit))]


def waiting_one(session: Session, event: UUID) -> Waiting | None:
    """One event that could not be decided yet; None when it waits no more."""
    row = OrderEventRow
    query = select(row.id, row.source, row.event_id, row.body, row.tries).where(row.id == event, row.state == "new")
    found = session.execute(query).first()
    return None if found is None else Waiting(*found)


def error_of(session: Session, event: UUID) -> str:
    """Why an event could not be decided upon; "" when it could."""
    return session.scalar(select(OrderEventRow.error).where(OrderEventRow.id == event)) or ""


def still_waiting(session: Session, event: UUID) -> bool:
    """Whether this event waits, its row locked: one worker at a time tries it."""
    row = OrderEventRow
    query = select(row.id).where(row.id == event, row.state == "new").with_for_update()
    return session.execute(query).first() is not None


def counts(session: Session) -> dict[str, int]:
    """How many events stand in each state."""
    row = OrderEventRow
    found = session.execute(select(row.state, func.count().label("n")).group_by(row.state))
    return {one.state: one.n for one in found}


def _known(session: Session, source: str, event_ids: list[str]) -> dict[str, tuple[UUID, bytes]]:
    row = OrderEventRow
    found = session.execute(
        select(row.event_id, row.id, row.content_sha256).where(
            row.source == source, bulk.among(session, row.event_id, event_ids), row.state != "conflict"
        )
    )
    return {event_id: (key, content) for event_id, key, content in found}


def _bodies(session: Session, ids: list[UUID]) -> dict[UUID, str | None]:
    if not ids:
        return {}
    row = OrderEventRow
    return {one.id: one.body for one in session.execute(select(row.id, row.body).where(row.id.in_(ids)))}


def _differing(body: str | None, event: OrderEvent) -> tuple[str, ...]:
    """The names whose values are not the same; none when a body was emptied or is none of our form."""
    try:
        then, now = json.loads(body or ""), json.loads(event.body)
    except ValueError:
        return ()
    if not isinstance(then, dict) or not isinstance(now, dict):
        return ()
    return tuple(sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name)))


def _state(event: OrderEvent) -> str:
    return "ignored" if event.ignored else "decided"


def _row(key: UUID, event: OrderEvent, source: str, state: str, now: datetime) -> tuple[Any, ...]:
    body = event.body.decode("utf-8", "replace").replace("\x00", "")
    return (key, source, event.event_id, event.content_sha256, body, state, now)
