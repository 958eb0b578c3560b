"""What a replay reads of an order file, gathered by person: each event at the instant at which it was received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from surveyor.core.history import Order, StoreFacts, day_of

CANCELLATION, ORDER = 0, 1


class OrderRow(NamedTuple):
    """One row. Instants are aware, in UTC; `zone` is the offset that `ordered_at` was written with ("+01:00").

    `fulfilled_at` None: not collected yet. `received_at` None: received at the basis instant of the rules.
    `address`: trimmed, in lower case, "" when none. `region` stands in for that of a store nobody described.
    """

    event_id: str
    type: str
    order_id: str
    customer_id: str
    address: str
    store_id: str
    segment: str
    region: str
    zone: str
    ordered_at: datetime
    fulfilled_at: datetime | None
    received_at: datetime | None


class Event(NamedTuple):
    """One thing that happens to a person. Sorted: at one instant cancellations first, then orders by id."""

    at: datetime
    kind: int
    order_id: str
    number: int
    customer_id: str
    order: Order | None
    event_id: str


@dataclass(slots=True)
class Group:
    """The events of one person: all the customers of an address."""

    customers: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Gathered:
    """A file, gathered. `ignored`: rows not used, by why ("guest", or their type). `last_day`: local date of
    the last order."""

    groups: list[Group]
    orders: int
    customers: int
    ignored: Counter[str]
    stores: dict[str, StoreFacts]
    last_day: int | None


class Gathering:
    """Takes rows in any order. `bases`: those of the rules to replay; `stores`: those that are described."""

    def __init__(self, bases: frozenset[str], stores: Mapping[str, StoreFacts]) -> None:
        self.bases = bases
        self.stores = dict(stores)
        self.ignored: Counter[str] = Counter()
        self.by_person: dict[str, Group] = {}
        self.person_of: dict[str, str] = {}
        self.owner: dict[str, tuple[str, str]] = {}
        self.cancelled: dict[str, datetime] = {}
        self.number = 0
        self.last_day: int | None = None

    def take(self, row: OrderRow) -> None:
        """Add one row."""
        self.number += 1
        if row.type == "order.cancelled":
            at = row.received_at or row.ordered_at
            self.cancelled[row.order_id] = min(at, self.cancelled.get(row.order_id, at))
        elif row.type not in ("order.completed", "order.placed"):
            self.ignored[row.type] += 1
        elif not row.customer_id:
            self.ignored["guest"] += 1
        else:
            self._order(row)

    def _order(self, row: OrderRow) -> None:
        customer, person = self.owner.setdefault(row.order_id, (row.customer_id, self._person(row)))
        group = self.by_person[person]
        group.customers[customer] = row.segment or group.customers.get(customer, "")
        store = self.stores.get(row.store_id)
        if store is None:
            store = self.stores[row.store_id] = StoreFacts("", row.region)
        zone = store.zone or row.zone
        order = Order(row.order_id, row.ordered_at, row.fulfilled_at, row.store_id, zone)
        for at, known in self._received(order, row):
            group.events.append(Event(at, ORDER, row.order_id, self.number, customer, known, row.event_id))
        for basis in self.bases:
            day = day_of(order, basis)
            if day is not None and (self.last_day is None or day > self.last_day):
                self.last_day = day

    def _person(self, row: OrderRow) -> str:
        """A customer stays the person that their first row says."""
        person = self.person_of.setdefault(row.customer_id, row.address or f"\0{row.customer_id}")
        self.by_person.setdefault(person, Group())
        return person

    def _received(self, order: Order, row: OrderRow) -> list[tuple[datetime, Order]]:
        """When it becomes known: as said, else at its basis instant; twice when the rules look at both dates."""
        if row.received_at is not None:
            return [(row.received_at, order)]
        if order.fulfilled_at is None or self.bases == {"ordered_at"}:
            return [(order.ordered_at, order)]
        if self.bases == {"fulfilled_at"} or order.fulfilled_at <= order.ordered_at:
            return [(order.fulfilled_at, order)]
        placed = Order(order.id, order.ordered_at, None, order.store_id, order.zone)
        return [(order.ordered_at, placed), (order.fulfilled_at, order)]

    def done(self) -> Gathered:
        """All that was taken; cancellations find their order, those without one change nothing."""
        unknown = 0
        for order_id, at in self.cancelled.items():
            owner = self.owner.get(order_id)
            if owner is None:
                unknown += 1
                continue
            event = Event(at, CANCELLATION, order_id, 0, owner[0], None, "")
            self.by_person[owner[1]].events.append(event)
        if unknown:
            self.ignored["cancellation of an unknown order"] = unknown
        groups = list(self.by_person.values())
        for group in groups:
            group.events.sort(key=_place)
        customers = len({customer for group in groups for customer in group.customers})
        return Gathered(groups, len(self.owner), customers, self.ignored, self.stores, self.last_day)


def _place(event: Event) -> tuple[datetime, int, str, int]:
    return event[:4]


def gather(rows: Iterable[OrderRow], *, bases: frozenset[str], stores: Mapping[str, StoreFacts]) -> Gathered:
    """All the rows at once."""
    gathering = Gathering(bases, stores)
    for row in rows:
        gathering.take(row)
    return gathering.done()
