"""Rows 2 to 4: order events stored, decided upon and invited, against bare orders, bare rows and an ORM loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from benchmarks import data, databases, naive, rows_alone
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.orders import OrderEvent
from surveyor.db.base import new_id
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.flows.record_orders import record_orders

SIZES = {"small": (20_000, 300), "full": (100_000, 600)}
#: What the line fills of an order: the limit writes the same values into the same indexes.
COLUMNS = (
    "id order_id customer_id store_id ordered_at ordered_offset fulfilled_at amount currency segment channel language "
    "history source received_at"
).split()


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """2 on PostgreSQL, 3 on SQLite, 4 on both; of 2 and 3 also what all the rows cost that the line leaves."""
    many, few = SIZES[size]
    made = data.items(many)
    events = data.events(made)
    dated = data.dated(events)
    # All the orders of a few customers: as many of their orders are invited for as in the whole.
    some = [event for event in events if int(event.customer_id.removeprefix("c")) < few // 10]
    for which in databases.engines(engine, "P", "E"):
        common: dict[str, Any] = {
            "ours": lambda place: record(place, dated),
            "fresh": lambda which=which: databases.fresh(which),
            "done": databases.close,
            "check": lambda place: check(place, many),
            "servers": lambda which=which: databases.servers(which),
        }
        limit: Callable[[Place], int] = (lambda p: copy(p, events)) if which == "P" else (lambda p: insert(p, events))
        name = "2" if which == "P" else "3"
        yield Case(name, which, limit=limit, **common)
        yield Case(f"{name}, rows alone", which, limit=bare(which, dated), **common)
        yield Case("4", which, limit=limit, peer=lambda place: naive.take(place, some), peer_of=True, **common)


def record(place: Place, dated: list[tuple[datetime, list[OrderEvent]]]) -> int:
    """The line: a thousand a transaction."""
    place.notes["accepted"] = 0
    for now, batch in dated:
        receipt = record_orders(place.sessions, batch, source="bench", now=now, keys=data.KEYS)
        place.notes["accepted"] += receipt.accepted
    return sum(len(batch) for _, batch in dated)


def bare(which: str, dated: list[tuple[datetime, list[OrderEvent]]]) -> Callable[[Place], int]:
    """All the rows that the line leaves, written in as many transactions and nothing else."""
    place, before = databases.fresh(which), databases.fresh(which)
    items = record(place, dated)
    left = rows_alone.left_by(place, before)
    databases.close(place)
    databases.close(before)

    def write(place: Place) -> int:
        rows_alone.write(place, left, batches=len(dated))
        return items

    return write


def check(place: Place, distinct: int) -> None:
    """Stored once each, one decision an order, as many emails as invitations."""
    with place.sessions() as session:
        counted = {
            name: int(session.scalar(select(func.count()).select_from(table)) or 0)
            for name, table in (
                ("events", OrderEventRow),
                ("orders", Order),
                ("decisions", DecisionRow),
                ("invitations", Invitation),
                ("emails", Email),
            )
        }
    expected = {"events": distinct, "orders": distinct, "decisions": distinct}
    wrong = {name: n for name, n in counted.items() if name in expected and n != expected[name]}
    if wrong or place.notes["accepted"] != distinct:
        raise CheckError(f"expected {distinct} of each, found {counted}, accepted {place.notes['accepted']}")
    if not counted["invitations"] or counted["invitations"] != counted["emails"]:
        raise CheckError(f"invitations and emails differ: {counted}")


def _values(events: list[OrderEvent]) -> list[tuple[Any, ...]]:
    """The rows of `orders`, once each; a customer has an id from their first order on."""
    at = data.NOW
    customers: dict[str, Any] = {}
    for event in events:
        if event.customer_id not in customers:
            customers[event.customer_id] = new_id(at)
    return [
        (
            new_id(at),
            e.order_id,
            customers[e.customer_id],
            e.store_id,
            e.ordered_at,
            0,
            e.completion(),
            e.amount,
            e.currency,
            e.segment,
            "",
            "",
            False,
            "bench",
            at,
        )
        for e in {event.order_id: event for event in events}.values()
    ]


def copy(place: Place, events: list[OrderEvent]) -> int:
    """COPY into the same table with the same indexes."""
    rows = _values(events)
    with place.engine.begin() as connection:
        cursor = connection.connection.driver_connection.cursor()
        with cursor.copy(f"COPY orders ({', '.join(COLUMNS)}) FROM STDIN") as out:
            for row in rows:
                out.write_row(row)
    return len(rows)


def insert(place: Place, events: list[OrderEvent]) -> int:
    """executemany INSERT OR IGNORE of the orders alone, a thousand a transaction."""
    statement = f"INSERT OR IGNORE INTO orders ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
    for batch in data.batches(_values(events)):
        rows = [
            (
                r[0].bytes,
                r[1],
                r[2].bytes,
                r[3],
                r[4].isoformat(),
                r[5],
                r[6].isoformat(),
                str(r[7]),
                *r[8:14],
                r[14].isoformat(),
            )
            for r in batch
        ]
        with place.engine.begin() as connection:
            connection.exec_driver_sql(statement, rows)
    return len({event.order_id for event in events})
