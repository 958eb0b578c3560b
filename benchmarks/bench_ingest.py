"""Row 1: from the bytes of a body to the committed event, against COPY into the same table with the same indexes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from benchmarks import data, databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.orders import OrderEvent
from surveyor.db import order_events
from surveyor.db.base import new_id
from surveyor.db.tables.orders import OrderEventRow
from surveyor.ingest.payload import read_events

SIZES = {"small": (10_000, 200), "full": (200_000, 600)}
COLUMNS = ("id", "source", "event_id", "content_sha256", "body", "state", "tries", "received_at")


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """PostgreSQL, as the row says."""
    many, few = SIZES[size]
    made = data.items(many)
    bodies, events = data.bodies(made), data.events(made)
    for which in databases.engines(engine, "P"):
        yield Case(
            "1",
            which,
            lambda place: store(place, bodies),
            limit=lambda place: copy(place, events),
            peer=lambda place: one_by_one(place, events[:few]),
            fresh=lambda which=which: databases.fresh(which),
            done=databases.close,
            check=lambda place: check(place, many),
            servers=lambda which=which: databases.servers(which),
        )


def store(place: Place, bodies: list[bytes]) -> int:
    """Parse, validate, store once, commit: a thousand a transaction."""
    count, accepted = 0, 0
    for body in bodies:
        batch = [one for one in read_events(body, now=data.NOW, ndjson=True) if isinstance(one, OrderEvent)]
        with place.sessions.begin() as session:
            found = order_events.store_once(session, batch, source="bench", now=data.NOW)
        accepted += found.verdicts.count("accepted")
        count += len(batch)
    place.notes["accepted"] = accepted
    return count


def check(place: Place, distinct: int) -> None:
    """One row an id; what was said to be accepted is what is there."""
    with place.sessions() as session:
        stored = session.scalar(select(func.count()).select_from(OrderEventRow))
    if stored != distinct or place.notes["accepted"] != distinct:
        raise CheckError(f"{distinct} distinct events, {stored} stored, {place.notes['accepted']} said to be accepted")


def copy(place: Place, events: list[OrderEvent]) -> int:
    """COPY of the distinct rows."""
    rows = [
        (new_id(data.NOW), "bench", e.event_id, e.content_sha256, e.body.decode(), "decided", 0, data.NOW)
        for e in {event.event_id: event for event in events}.values()
    ]
    with place.engine.begin() as connection:
        cursor = connection.connection.driver_connection.cursor()
        with cursor.copy(f"COPY order_events ({', '.join(COLUMNS)}) FROM STDIN") as out:
            for row in rows:
                out.write_row(row)
    return len(rows)


def one_by_one(place: Place, events: list[OrderEvent]) -> int:
    """ORM get, add, commit."""
    for event in events:
        with place.sessions.begin() as session:
            known = select(OrderEventRow.id).where(OrderEventRow.event_id == event.event_id)
            if session.scalar(known) is None:
                session.add(
                    OrderEventRow(
                        id=new_id(data.NOW),
                        source="bench",
                        event_id=event.event_id,
                        content_sha256=event.content_sha256,
                        body=event.body.decode(),
                        state="decided",
                        received_at=data.NOW,
                    )
                )
    return len(events)
