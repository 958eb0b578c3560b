"""Row 25, of stage `growth`: what taking an order costs when ten and a hundred times as many were taken before it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache, partial

from sqlalchemy import func, select

from benchmarks import data, databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.orders import OrderEvent
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.flows.record_orders import record_orders
from surveyor.ingest.payload import read_event

#: Orders behind "x1", and how many come on top of each history.
SIZES = {"small": (2_000, 4_000), "full": (100_000, 20_000)}
TIMES = {"25a": 10, "25b": 100}
A_CUSTOMER = 10
APART = timedelta(days=28)
STORES = 200


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """The same count of new orders, from customers drawn among all, on a short history and on a long one."""
    base, new = SIZES[size]
    for which in databases.engines(engine, "E", "P"):
        for row, times in TIMES.items():
            yield Case(
                row,
                which,
                order,
                limit=order,
                fresh=partial(ready, which, base * times, new),
                fresh_limit=partial(ready, which, base, new),
                done=databases.close,
                check=check,
                servers=partial(databases.servers, which),
                cost=True,
            )


@cache
def history(which: str, count: int) -> Place:
    """A database in which the line itself has taken `count` orders, ten a customer."""
    place = databases.fresh(which)
    for batch in batches(count):
        record_orders(place.sessions, batch, source="bench", now=_clock(batch), keys=data.KEYS)
    databases.settle_down(place)
    return place


def batches(count: int, each: int = data.BATCH) -> Iterator[list[OrderEvent]]:
    """`count` orders, ten a customer, in the order of their dates, `each` at a time."""
    for start in range(0, count, each):
        numbers = range(start, min(count, start + each))
        yield [_event(f"past{number}", *_past(number, count)) for number in numbers]


def ready(which: str, count: int, new: int) -> Place:
    """A copy of that history, and the orders to come: of anybody, in the four weeks after it."""
    place = databases.copy(history(which, count))
    databases.settle_down(place)
    draw = random.Random(data.SEED)
    start = data.START + APART * A_CUSTOMER
    coming = [
        _event(f"new{number}", draw.randrange(count // A_CUSTOMER), start + APART * number / new)
        for number in range(new)
    ]
    place.notes |= {"history": count, "coming": list(data.batches(coming)), "accepted": 0}
    return place


def order(place: Place) -> int:
    """Take what comes: a thousand a transaction."""
    taken = 0
    for batch in place.notes["coming"]:
        receipt = record_orders(place.sessions, batch, source="bench", now=_clock(batch), keys=data.KEYS)
        place.notes["accepted"] += receipt.accepted
        taken += len(batch)
    return taken


def check(place: Place) -> None:
    """Each new order was taken, stored and decided once, and nothing of the history is gone; again, all are known."""
    coming = place.notes["coming"]
    new = sum(len(batch) for batch in coming)
    with place.sessions() as session:
        stored = [session.scalar(select(func.count()).select_from(of)) for of in (OrderEventRow, Order, DecisionRow)]
    if place.notes["accepted"] != new or stored != [place.notes["history"] + new] * 3:
        raise CheckError(f"{new} orders on {place.notes['history']}: {place.notes['accepted']} taken, {stored} stored")
    again = record_orders(place.sessions, coming[0], source="bench", now=_clock(coming[-1]), keys=data.KEYS)
    if again.duplicates != len(coming[0]):
        raise CheckError(f"{again.duplicates} of {len(coming[0])} orders were known the second time")


def _past(number: int, count: int) -> tuple[int, datetime]:
    """Whose order the history's number is, and when it was made: everybody orders every four weeks."""
    turn, customer = divmod(number, count // A_CUSTOMER)
    return customer, data.START + APART * (turn + customer * A_CUSTOMER / count)


def _clock(batch: list[OrderEvent]) -> datetime:
    """An hour after the last order: nothing comes before it has happened."""
    return batch[-1].ordered_at + timedelta(hours=1)


def _event(name: str, customer: int, at: datetime) -> OrderEvent:
    item = {
        "event_id": name,
        "type": "order.completed",
        "order_id": f"o-{name}",
        "customer_id": f"c{customer}",
        "email": f"c{customer}@bench.example",
        "ordered_at": at.isoformat(),
        "store_id": f"S{customer % STORES:03d}",
        "segment": f"g{customer % 4}",
        "amount": "19.90",
        "currency": "EUR",
    }
    return read_event(item, now=at)
