"""Orders by column out of what the database says of them in a few values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from surveyor.core.calendar import offset_name
from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow
from surveyor.vector.cells import Unclear, days_of
from surveyor.vector.clock import DAY
from surveyor.vector.orders import NEVER, Coded, Orders, instant

#: From 1970 to 2000, which PostgreSQL counts from.
_MILLENNIUM = 946_684_800_000_000
_MIXING = np.uint64(0x9E3779B97F4A7C15)


class OrderPart(Protocol):
    """Some orders, as `db/replay_columns` gives them."""

    @property
    def count(self) -> int: ...
    @property
    def as_text(self) -> bool: ...
    @property
    def customers(self) -> bytes: ...
    @property
    def ordered(self) -> bytes: ...
    @property
    def fulfilled(self) -> bytes: ...
    @property
    def cancelled(self) -> bytes: ...
    @property
    def offsets(self) -> str: ...
    @property
    def stores(self) -> str: ...
    @property
    def segments(self) -> str: ...
    @property
    def order_ids(self) -> str: ...


class Customers(Protocol):
    """All customers, likewise."""

    @property
    def count(self) -> int: ...
    @property
    def ids(self) -> bytes: ...
    @property
    def names(self) -> str: ...
    @property
    def addresses(self) -> str: ...
    @property
    def segments(self) -> str: ...


class Words:
    """Texts that come often, each once."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.place: dict[str, int] = {}

    def places(self, texts: Sequence[str]) -> Any:
        """The place of each text."""
        for text in dict.fromkeys(texts):
            if text not in self.place:
                self.place[text] = len(self.names)
                self.names.append(text)
        return np.fromiter(map(self.place.__getitem__, texts), dtype=np.int64, count=len(texts))

    def of_column(self, text: str, count: int, mark: str) -> Any:
        """The same of a column; most have one text in all rows."""
        first, _, _ = text.partition(mark)
        same = (first + mark) * (count - 1) + first
        if text == same:
            return np.full(count, self.places([first])[0])
        return self.places(split(text, count, mark))


class Later:
    """The texts of a column, taken apart when one is asked for: a what-if may need none."""

    def __init__(self, mark: str) -> None:
        self.mark, self.parts = mark, list[str]()

    def take(self, text: str, count: int) -> None:
        """Add the texts of `count` rows. Raises Unclear when there are not so many."""
        if text.count(self.mark) != count - 1:
            raise Unclear("a text that holds the mark between texts")
        self.parts.append(text)

    def __getitem__(self, n: int) -> str:
        return self._texts[n]

    @cached_property
    def _texts(self) -> list[str]:
        return self.mark.join(self.parts).split(self.mark)


class Stored:
    """Takes the parts of a table one by one, so that their texts need not be kept."""

    def __init__(self, customers: Customers, stores: Mapping[str, StoreFacts], mark: str) -> None:
        self.mark, self.stores = mark, dict(stores)
        self.names = split(customers.names, customers.count, mark)
        self.addresses = [text.strip().lower() for text in split(customers.addresses, customers.count, mark)]
        self.of_customer = split(customers.segments, customers.count, mark)
        self.ids = _pairs(customers.ids)
        self.by_mix = np.argsort(_mixed(self.ids))
        self.sorted_mix = _mixed(self.ids)[self.by_mix]
        self.store, self.segment, self.offset = Words(), Words(), Words()
        self.order_ids = Later(mark)
        self.columns: list[tuple[Any, ...]] = []

    def take(self, part: OrderPart) -> None:
        """Add some orders; those of nobody known are left out."""
        store = self.store.of_column(part.stores, part.count, self.mark)
        segment = self.segment.of_column(part.segments, part.count, self.mark)
        offset = self.offset.of_column(part.offsets, part.count, ",")
        read = _written if part.as_text else _counted
        times = [read(value) for value in (part.ordered, part.fulfilled, part.cancelled)]
        account = self._accounts(_pairs(part.customers))
        self.columns.append((account, *times, store, segment, offset))
        self.order_ids.take(part.order_ids, part.count)

    def _accounts(self, ids: Any) -> Any:
        """The place of each id among the customers. Raises Unclear for one that is not there."""
        if not len(self.ids):
            raise Unclear("orders without customers")
        mixed = _mixed(ids)
        found = self.by_mix[np.minimum(np.searchsorted(self.sorted_mix, mixed), len(self.ids) - 1)]
        if not np.array_equal(self.ids[found], ids):
            raise Unclear("an order whose customer is not stored")
        return found

    def done(self) -> Orders:
        """All that was taken."""
        joined = [np.concatenate(column) for column in zip(*self.columns, strict=True)] if self.columns else _NOTHING
        account, ordered, fulfilled, cancelled, store, segment, offset = joined
        for name in self.store.names:
            self.stores.setdefault(name, StoreFacts(""))
        zones, zone = self._zones(store, offset)
        segments, unsettled = self._segments(account, ordered, segment)
        orders = Orders(
            self.names,
            segments,
            self._shared(account) | unsettled,
            zones,
            self.store.names,
            account,
            ordered,
            fulfilled,
            cancelled,
            np.full(len(account), NEVER),
            zone,
            store,
            self.order_ids,
            self.order_ids,
            self.stores,
            lambda left: self._rows(orders, segment, offset, left),
        )
        return orders

    def _zones(self, store: Any, offset: Any) -> tuple[list[str], Any]:
        """The zone of each order: that of its store, or the one that it was written with."""
        written = [offset_name(int(text)) for text in self.offset.names]
        pairs = store * max(1, len(written)) + offset
        words = Words()
        of_pair: Any = np.zeros(max(1, len(self.store.names) * len(written)), dtype=np.int64)
        for pair in np.flatnonzero(np.bincount(pairs, minlength=1)).tolist():
            place, minutes = divmod(pair, len(written))
            of_pair[pair] = words.places([self.stores[self.store.names[place]].zone or written[minutes]])[0]
        return words.names, of_pair[pairs]

    def _segments(self, account: Any, ordered: Any, segment: Any) -> tuple[Coded, Any]:
        """Each customer's as the latest order that says one has it; those whose latest orders disagree."""
        names = [*self.segment.names, *self.of_customer]
        empty = np.array([not name for name in names], dtype=bool)
        said = np.where(empty[segment], len(self.segment.names) + account, segment)
        if empty.any():
            saying = np.flatnonzero(~empty[said])
            account, ordered, said = account[saying], ordered[saying], said[saying]
        last: Any = np.full(len(self.names), -1, dtype=np.int64)
        last[account] = said
        unsettled: Any = np.zeros(len(self.names), dtype=bool)
        changing: Any = np.zeros(len(self.names), dtype=bool)
        changing[account[last[account] != said]] = True
        if changing.any():
            mine = np.flatnonzero(changing[account])
            by_time = mine[np.lexsort((ordered[mine], account[mine]))]
            last[account[by_time]] = said[by_time]
            before, after = by_time[:-1], by_time[1:]
            tied = (account[before] == account[after]) & (ordered[before] == ordered[after])
            unsettled[account[after[tied & (said[before] != said[after])]]] = True
        return Coded(names, last), unsettled

    def _shared(self, account: Any) -> Any:
        """Customers with orders who have one address together."""
        shared: Any = np.zeros(len(self.names), dtype=bool)
        first: dict[str, int] = {}
        for place in np.flatnonzero(np.bincount(account, minlength=len(self.names))).tolist():
            address = self.addresses[place]
            if address and (other := first.setdefault(address, place)) != place:
                shared[[place, other]] = True
        return shared

    def _rows(self, orders: Orders, segment: Any, offset: Any, left: Any) -> list[OrderRow]:
        """As `db/replay_rows` gives them."""
        wanted: Any = np.zeros(len(self.names), dtype=bool)
        wanted[left] = True
        places = np.flatnonzero(wanted[orders.account]).tolist()
        found = []
        for n in sorted(places, key=lambda place: (orders.ordered[place], self.order_ids[place])):
            row = self._row(orders, n, self.segment.names[segment[n]], int(self.offset.names[offset[n]]))
            found.append(row)
            if orders.cancelled[n] != NEVER:
                at = instant(orders.cancelled[n])
                found.append(row._replace(type="order.cancelled", ordered_at=at, fulfilled_at=None))
        return found

    def _row(self, orders: Orders, n: int, segment: str, minutes: int) -> OrderRow:
        account, order_id = orders.account[n], self.order_ids[n]
        return OrderRow(
            order_id,
            "order.completed",
            order_id,
            self.names[account],
            self.addresses[account],
            self.store.names[orders.store[n]],
            segment or self.of_customer[account],
            "",
            offset_name(minutes),
            instant(orders.ordered[n]),
            None if orders.fulfilled[n] == NEVER else instant(orders.fulfilled[n]),
            None,
        )


def split(text: str, count: int, mark: str) -> list[str]:
    """The texts of a column. Raises Unclear when there are not `count`."""
    found = text.split(mark) if count else []
    if len(found) != count:
        raise Unclear(f"{len(found)} texts for {count} rows")
    return found


def _pairs(ids: bytes) -> Any:
    return np.frombuffer(ids, dtype=">u8").reshape(-1, 2).astype(np.uint64)


def _mixed(ids: Any) -> Any:
    return ids[:, 0] * _MIXING ^ ids[:, 1]


def _counted(value: bytes) -> Any:
    """Microseconds since 2000, the highest byte first; the lowest number for none."""
    found = np.frombuffer(value, dtype=">i8").astype(np.int64)
    return np.where(found == NEVER, NEVER, found + _MILLENNIUM)


def _written(value: bytes) -> Any:
    """ "2026-11-22T09:00:00.000000", 26 bytes each, in UTC; a year 0 for none."""
    digits = (np.frombuffer(value, dtype=np.uint8).reshape(-1, 26) - ord("0")).T.astype(np.int32, order="C")
    year, month, day = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3], _two(digits, 5), _two(digits, 8)
    seconds = _two(digits, 11) * 3600 + _two(digits, 14) * 60 + _two(digits, 17)
    fraction = (_two(digits, 20) * 100 + _two(digits, 22)) * 100 + _two(digits, 24)
    found = days_of(year, month, day).astype(np.int64) * DAY + seconds.astype(np.int64) * 1_000_000 + fraction
    return np.where(year == 0, NEVER, found)


def _two(digits: Any, first: int) -> Any:
    return digits[first] * 10 + digits[first + 1]


_NOTHING: Any = [np.zeros(0, dtype=np.int64)] * 7
