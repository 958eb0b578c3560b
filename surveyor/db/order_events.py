"""Order events as delivered, each stored once: the first table of the line."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.core.orders import OrderEvent
from surveyor.db import bulk
from surveyor.db.base import new_id, new_ids
from surveyor.db.engine import dialect_name
from surveyor.db.tables.orders import OrderEventRow

_OF_EVENT = ("id", "event_id", "content_sha256", "body", "state")
#: The condition of the index `order_event_once`.
_OF_SOURCE = "AND source = ? AND state <> 'conflict'"


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
    first: dict[str, OrderEvent] = {}
    for event in events:
        first.setdefault(event.event_id, event)
    fresh = _store(session, first, source, now)
    if len(fresh) == len(events):
        return Once(("accepted",) * len(events), tuple(fresh[e.event_id] for e in events), ((),) * len(events))
    known = {event_id: first[event_id].content_sha256 for event_id in fresh} | _known(
        session, source, [event_id for event_id in first if event_id not in fresh]
    )
    verdicts: list[str] = []
    ids: list[UUID | None] = []
    for event in events:
        row_id = fresh.pop(event.event_id, None)
        ids.append(row_id)
        same = known[event.event_id] == event.content_sha256
        verdicts.append("accepted" if row_id is not None else "duplicate" if same else "conflict")
    differs: list[tuple[str, ...]] = [()] * len(events)
    if "conflict" in verdicts:
        differs = _keep_aside(session, events, verdicts, source=source, now=now)
    return Once(tuple(verdicts), tuple(ids), tuple(differs))


def _store(session: Session, first: dict[str, OrderEvent], source: str, now: datetime) -> dict[str, UUID]:
    """Insert the events that are not known; their rows by event id. SQLite has one writer: what it sees is so."""
    if dialect_name(session) != "postgresql":
        known = _known(session, source, first)
        first = {event_id: event for event_id, event in first.items() if event_id not in known} if known else first
    names = sorted(first)
    ids = new_ids(now, len(names))
    rows = [_values(row_id, first[name]) for row_id, name in zip(ids, names, strict=True)]
    same = {"source": source, "received_at": now}
    new = bulk.insert_new(session, OrderEventRow, _OF_EVENT, rows, same=same, known_by="event_id")
    return {name: row_id for name, row_id in zip(names, ids, strict=True) if name in new}


def _keep_aside(
    session: Session, events: Sequence[OrderEvent], verdicts: Sequence[str], *, source: str, now: datetime
) -> list[tuple[str, ...]]:
    """Keep what came again with other content, once per content; the names of the fields that differ, by event."""
    apart = {
        (event.event_id, event.content_sha256): event
        for event, verdict in zip(events, verdicts, strict=True)
        if verdict == "conflict"
    }
    bodies = _bodies(session, source, list({event_id for event_id, _ in apart}))
    kept = [(new_id(now), event.event_id, event.content_sha256, _body(event)) for _, event in sorted(apart.items())]
    same = {"source": source, "received_at": now, "state": "conflict"}
    bulk.insert(session, OrderEventRow, _OF_EVENT[:4], kept, same=same, conflict="DO NOTHING")
    return [
        _differing(bodies.get(event.event_id), event) if verdict == "conflict" else ()
        for event, verdict in zip(events, verdicts, strict=True)
    ]


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


def _known(session: Session, source: str, event_ids: Collection[str]) -> dict[str, bytes]:
    """The hashes of these events of a source, of those that are known."""
    columns = ("event_id", "content_sha256")
    return dict(bulk.read(session, OrderEventRow, columns, "event_id", event_ids, tail=_OF_SOURCE, given=(source,)))


def _bodies(session: Session, source: str, event_ids: Collection[str]) -> dict[str, str | None]:
    columns = ("event_id", "body")
    return dict(bulk.read(session, OrderEventRow, columns, "event_id", event_ids, tail=_OF_SOURCE, given=(source,)))


def _differing(body: str | None, event: OrderEvent) -> tuple[str, ...]:
    """The names whose values are not the same; none when a body was emptied or is none of our form."""
    try:
        then, now = json.loads(body or ""), json.loads(event.body)
    except ValueError:
        return ()
    if not isinstance(then, dict) or not isinstance(now, dict):
        return ()
    return tuple(sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name)))


def _body(event: OrderEvent) -> str:
    body = event.body.decode("utf-8", "replace")
    return body.replace("\x00", "") if "\x00" in body else body


def _values(row_id: UUID, event: OrderEvent) -> tuple[Any, ...]:
    state = "ignored" if event.ignored else "decided"
    return (row_id, event.event_id, event.content_sha256, _body(event), state)
