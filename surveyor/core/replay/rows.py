"""What a replay reads of an order file, gathered by person: each event at the instant at which it was received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from surveyor.core.history import Order, StoreFacts, new_order

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


#: One thing that happens to a person: (instant, kind, order id, number of the row, customer id, order, event id).
#: They sort: at one instant cancellations first, then orders by id and row. A cancellation has no order.
Event = tuple[datetime, int, str, int, str, Order | None, str]


@dataclass(slots=True)
class Group:
    """The events of one person: all the customers of an address. `cancelled`: some are cancellations."""

    customers: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    cancelled: bool = False


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


#: A customer, and the person that it is, with the events of that one.
_Owner = tuple[str, Group, list[Event]]


class Gathering:
    """Takes rows in any order. `bases`: those of the rules to replay; `stores`: those that are described."""

    def __init__(self, bases: frozenset[str], stores: Mapping[str, StoreFacts]) -> None:
        self.by_order, self.by_fulfilment = ("ordered_at" in bases), ("fulfilled_at" in bases)
        self.stores = dict(stores)
        self.ignored: Counter[str] = Counter()
        self.by_person: dict[str, Group] = {}
        self.known: dict[str, _Owner] = {}
        self.owner: dict[str, _Owner] = {}
        self.cancelled: dict[str, datetime] = {}
        self.number = 0
        self.latest = 0
        #: The one date that the rules look at; an order is received then, unless its row says otherwise.
        self.only = next(iter(bases)) if len(bases) == 1 else None

    def take(self, rows: Iterable[OrderRow]) -> None:
        """Add rows. Here a what-if spends most of its reading: names are looked up once, not for every row."""
        number, owners, known, stores, only = self.number, self.owner, self.known, self.stores, self.only
        latest, by_order, by_fulfilment = self.latest, self.by_order, self.by_fulfilment
        for row in rows:
            number += 1
            event_id, kind, order_id, customer, _, store_id, segment, region, zone, ordered_at, fulfilled_at, at = row
            if not customer or (kind != "order.completed" and kind != "order.placed"):
                self._not_an_order(row)
                continue
            owner = owners.get(order_id)
            if owner is None:
                owner = owners[order_id] = known.get(customer) or self._person(row)
            customer, group, events = owner
            if segment or customer not in group.customers:
                group.customers[customer] = segment
            store = stores.get(store_id) or self._store(store_id, region)
            order = new_order(order_id, ordered_at, fulfilled_at, store_id, store.zone or zone)
            if at is None and only is not None:
                at = fulfilled_at or ordered_at if only == "fulfilled_at" else ordered_at
            if at is not None:
                events.append((at, ORDER, order_id, number, customer, order, event_id))
            else:
                for at, then in _twice(order):
                    events.append((at, ORDER, order_id, number, customer, then, event_id))
            if order.ordered_day > latest and by_order:
                latest = order.ordered_day
            if by_fulfilment and (collected := order.fulfilled_day) is not None and collected > latest:
                latest = collected
        self.number, self.latest = number, latest

    def _not_an_order(self, row: OrderRow) -> None:
        if row.type == "order.cancelled":
            at = row.received_at or row.ordered_at
            self.cancelled[row.order_id] = min(at, self.cancelled.get(row.order_id, at))
        elif row.type in ("order.completed", "order.placed"):
            self.ignored["guest"] += 1
        else:
            self.ignored[row.type] += 1

    def _person(self, row: OrderRow) -> _Owner:
        """Whose customer this is, not met before: one stays the person that their first row says."""
        person = row.address or f"\0{row.customer_id}"
        group = self.by_person.get(person)
        if group is None:
            group = self.by_person[person] = Group()
        owner = self.known[row.customer_id] = row.customer_id, group, group.events
        return owner

    def _store(self, store_id: str, region: str) -> StoreFacts:
        """A store that nobody described."""
        store = self.stores[store_id] = StoreFacts("", region)
        return store

    def done(self) -> Gathered:
        """All that was taken; cancellations find their order, those without one change nothing."""
        unknown = 0
        for order_id, at in self.cancelled.items():
            owner = self.owner.get(order_id)
            if owner is None:
                unknown += 1
                continue
            owner[1].cancelled = True
            owner[1].events.append((at, CANCELLATION, order_id, 0, owner[0], None, ""))
        if unknown:
            self.ignored["cancellation of an unknown order"] = unknown
        groups = list(self.by_person.values())
        for group in groups:
            group.events.sort()
        customers = len({customer for group in groups for customer in group.customers})
        return Gathered(groups, len(self.owner), customers, self.ignored, self.stores, self.latest or None)


def _twice(order: Order) -> list[tuple[datetime, Order]]:
    """When it becomes known to rules that look at both dates: at each of them."""
    ordered, fulfilled = order.ordered_at, order.fulfilled_at
    if fulfilled is None or fulfilled <= ordered:
        return [(fulfilled or ordered, order)]
    return [(ordered, Order(order.id, ordered, None, order.store_id, order.zone)), (fulfilled, order)]


def gather(rows: Iterable[OrderRow], *, bases: frozenset[str], stores: Mapping[str, StoreFacts]) -> Gathered:
    """All the rows at once."""
    gathering = Gathering(bases, stores)
    gathering.take(rows)
    return gathering.done()
