"""Row 5: what an order costs with a thousand orders behind its customer, against ten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from benchmarks import data, databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.orders import OrderEvent
from surveyor.flows.record_orders import record_orders
from surveyor.ingest.payload import read_event

SIZES = {"small": (60, 30, 1000), "full": (200, 50, 1000)}
FEW = 10
#: Days between two orders of the past: ten of them fill what rules look at, however many were before.
APART = 10


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Customers with a long and with a short history; the same new orders for both."""
    customers, rounds, long = SIZES[size]
    for which in databases.engines(engine, "E", "P"):
        yield Case(
            "5",
            which,
            lambda place: order(place, customers, rounds),
            limit=lambda place: order(place, customers, rounds),
            fresh=_Alternating(which, customers, long),
            done=databases.close,
            check=lambda place: check(place, customers * rounds),
            servers=lambda which=which: databases.servers(which),
            cost=True,
        )


class _Alternating:
    """Short histories for the limit, long ones for ours: the kit asks for one before each."""

    def __init__(self, engine: str, customers: int, long: int) -> None:
        self.engine, self.customers, self.long = engine, customers, long
        self.turn = 0

    def __call__(self) -> Place:
        self.turn += 1
        place = databases.fresh(self.engine)
        past = self.long if self.turn % 2 == 0 else FEW
        events = [
            _event(customer, f"past{number}", data.START - timedelta(days=APART * (past - number)))
            for number in range(past)
            for customer in range(self.customers)
        ]
        for batch in data.batches(events):
            record_orders(place.sessions, batch, source="past", now=data.START, keys=data.KEYS, history=True)
        return place


def order(place: Place, customers: int, rounds: int) -> int:
    """The same orders of everybody, day after day."""
    accepted = 0
    for number in range(rounds):
        at = data.START + timedelta(days=1 + number)
        batch = [_event(customer, f"new{number}", at) for customer in range(customers)]
        now = at + timedelta(hours=1)
        accepted += record_orders(place.sessions, batch, source="bench", now=now, keys=data.KEYS).accepted
    place.notes["accepted"] = accepted
    return customers * rounds


def check(place: Place, expected: int) -> None:
    """Every order was taken."""
    if place.notes["accepted"] != expected:
        raise CheckError(f"{place.notes['accepted']} of {expected} orders taken")


def _event(customer: int, name: str, at: object) -> OrderEvent:
    item = {
        "event_id": f"{name}-{customer}",
        "type": "order.completed",
        "customer_id": f"c{customer}",
        "email": f"c{customer}@bench.example",
        "store_id": f"S{customer % 20}",
        "ordered_at": at.isoformat(),  # type: ignore[attr-defined]
    }
    return read_event(item, now=data.NOW)
