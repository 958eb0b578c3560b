"""Orders by column out of rows of any source: the way in for files that are read one line at a time, and for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow
from surveyor.vector.orders import NEVER, Coded, Orders, micros

_ORDERS = ("order.completed", "order.placed")


class Telling:
    """Takes rows as `core.replay.Gathering` does; `done` gives columns. What is told twice is left to `decide`."""

    def __init__(self, stores: Mapping[str, StoreFacts]) -> None:
        self.stores = dict(stores)
        self.ignored: Counter[str] = Counter()
        self.rows: list[OrderRow] = []
        self.first: dict[str, int] = {}
        self.cancelled: dict[str, Any] = {}
        self.odd: set[str] = set()
        self.of_customer: dict[str, list[int]] = {}
        self.cancelling: dict[str, list[int]] = {}
        self.segments: dict[str, str] = {}
        self.persons: dict[str, str] = {}
        self.of_person: dict[str, str] = {}
        self.usable = True
        self.again: list[OrderRow] = []

    def take(self, row: OrderRow) -> None:
        """Add one row."""
        number = len(self.rows)
        self.rows.append(row)
        kind = row.type
        if kind == "order.cancelled":
            at = row.received_at or row.ordered_at
            self.cancelled[row.order_id] = min(at, self.cancelled.get(row.order_id, at))
            self.cancelling.setdefault(row.order_id, []).append(number)
        elif kind not in _ORDERS:
            self.ignored[kind] += 1
        elif not row.customer_id:
            self.ignored["guest"] += 1
        else:
            self._order(row, number)

    def _order(self, row: OrderRow, number: int) -> None:
        customer = row.customer_id
        known = self.first.setdefault(row.order_id, number)
        if known != number:
            before = self.rows[known]
            if before.customer_id != customer:
                self.usable = False  # whose order it is depends on the order of rows
            elif before[2:] != row[2:]:
                self.odd.add(customer)
                self.again.append(row)
        self.of_customer.setdefault(customer, []).append(number)
        if row.segment or customer not in self.segments:
            self.segments[customer] = row.segment
        if customer not in self.persons:
            person = self.persons[customer] = row.address or f"\0{customer}"
            other = self.of_person.setdefault(person, customer)
            if other != customer:
                self.odd |= {customer, other}
        if row.store_id not in self.stores:
            self.stores[row.store_id] = StoreFacts("", row.region)

    def done(self) -> Orders:
        """All that was taken."""
        rows = [self.rows[number] for number in self.first.values()]
        unknown = sum(1 for order_id in self.cancelled if order_id not in self.first)
        if unknown:
            self.ignored["cancellation of an unknown order"] = unknown
        accounts = list(self.of_customer)
        account_of = {name: n for n, name in enumerate(accounts)}
        zones: dict[str, int] = {}
        places: dict[str, int] = {}
        zone = [zones.setdefault(self.stores[row.store_id].zone or row.zone, len(zones)) for row in rows]
        store = [places.setdefault(row.store_id, len(places)) for row in rows]
        return Orders(
            accounts,
            Coded.of([self.segments[name] for name in accounts]),
            np.array([name in self.odd for name in accounts], dtype=bool),
            list(zones),
            list(places),
            np.array([account_of[row.customer_id] for row in rows], dtype=np.int64),
            _instants(row.ordered_at for row in rows),
            _instants(row.fulfilled_at for row in rows),
            _instants(self.cancelled.get(row.order_id) for row in rows),
            _instants(row.received_at for row in rows),
            np.array(zone, dtype=np.int64),
            np.array(store, dtype=np.int64),
            [row.order_id for row in rows],
            [row.event_id for row in rows],
            self.stores,
            lambda left: self._rows(accounts, left),
            self.ignored,
            self.again,
        )

    def _rows(self, accounts: list[str], left: Any) -> list[OrderRow]:
        numbers: set[int] = set()
        for n in left.tolist():
            for number in self.of_customer[accounts[n]]:
                numbers.add(number)
                numbers.update(self.cancelling.get(self.rows[number].order_id, ()))
        return [self.rows[number] for number in sorted(numbers)]


def _instants(found: Iterable[Any]) -> Any:
    return np.array([NEVER if at is None else micros(at) for at in found], dtype=np.int64)
