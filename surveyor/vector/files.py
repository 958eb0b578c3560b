"""Orders by column out of a plain CSV, as `core.replay.Gathering` would take its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from surveyor.core.calendar import offset_name
from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow
from surveyor.vector.cells import Page, Unclear
from surveyor.vector.clock import DAY, EPOCH_DAY
from surveyor.vector.orders import NEVER, Coded, Orders, instant

_TEXTS = ("event_id", "order_id", "type", "customer_id", "email", "store_id", "segment", "region")


class File:
    """The columns of a file, all rows; `orders` makes what is lived of them. Raises Unclear."""

    def __init__(self, body: bytes, names: Sequence[str], delimiter: str) -> None:
        page = Page(body, delimiter, len(names))
        cells = {name: page.column(names.index(name)) if name in names else page.empty() for name in _TEXTS}
        for column in cells.values():
            column.check_trimmed()
        if not (cells["event_id"].filled.all() and cells["type"].filled.all()):
            raise Unclear("a row without its id or its type")
        self.cells, self.rows = cells, len(page.starts)
        self.order_id = cells["order_id"].instead(cells["event_id"])
        times = {
            name: (page.column(names.index(name)) if name in names else page.empty()).instants(
                needed=name == "ordered_at"
            )
            for name in ("ordered_at", "fulfilled_at", "received_at")
        }
        (self.ordered, self.minutes), (self.fulfilled, _), (self.received, _) = times.values()
        self.kinds, self.kind = cells["type"].coded()
        self.kept: Any = np.ones(self.rows, dtype=bool)
        self.fulfilled = np.where((self.fulfilled == NEVER) & self._is("order.completed"), self.ordered, self.fulfilled)
        self.line_start, self.line_end = page.starts[:, 0], page.ends[:, -1]
        self.page = page

    def keep(self, first: int, last: int) -> None:
        """Leave out the rows whose day in UTC is not in [first, last]: when received, else fulfilled, else ordered."""
        at = np.where(self.received != NEVER, self.received, self.fulfilled)
        day = np.where(at != NEVER, at, self.ordered) // DAY + EPOCH_DAY
        self.kept = (day >= first) & (day <= last)

    def _is(self, *kinds: str) -> Any:
        return self.kept & np.isin(self.kind, [n for n, name in enumerate(self.kinds) if name in kinds])

    def orders(self, stores: Mapping[str, StoreFacts]) -> Orders:
        """Each order once. `stores`: those that are described."""
        telling = np.flatnonzero(self._is("order.completed", "order.placed"))
        named = self.cells["customer_id"].filled[telling]
        ignored = self._ignored(int(len(telling) - named.sum()))
        telling = telling[named]
        accounts, account = self.cells["customer_id"].of(telling).coded()
        first, again, of_again = self._once(telling)
        odd: Any = np.zeros(len(accounts), dtype=bool)
        again_rows = self._told_again(telling, account, first, again, of_again, odd)
        segments = self._segments(telling, account, len(accounts))
        self._share(telling[first], account[first], odd)
        names, store = self.cells["store_id"].of(telling[first]).coded()
        found = self._described(stores, names, store, telling[first])
        zones, zone = self._zones(found, names, store, self.minutes[telling[first]])
        cancelled, cancelling = self._cancelled(telling, first, ignored)
        rows = telling[first]
        return Orders(
            accounts,
            segments,
            odd,
            zones,
            names,
            account[first],
            self.ordered[rows],
            self.fulfilled[rows],
            cancelled,
            self.received[rows],
            zone,
            store,
            self.order_id.of(rows),
            self.cells["event_id"].of(rows),
            found,
            lambda left: self._rows_of(left, telling, account, first, cancelling),
            ignored,
            again_rows,
        )

    def _ignored(self, guests: int) -> Counter[str]:
        found = Counter({"guest": guests} if guests else {})
        for n, name in enumerate(self.kinds):
            if name not in ("order.completed", "order.placed", "order.cancelled"):
                found[name] = int((self.kept & (self.kind == n)).sum())
        return +found

    def _once(self, telling: Any) -> tuple[Any, Any, Any]:
        """Places of the first row of each order; those of the others, and of the first row of each of these."""
        ids = self.order_id.of(telling)
        keys, _ = ids.keys()
        by_key = np.argsort(keys, kind="stable")
        new = np.concatenate(([True], keys[by_key][1:] != keys[by_key][:-1])) if len(keys) else np.zeros(0, dtype=bool)
        firsts = by_key[new]
        again: Any = by_key[~new]
        of_again: Any = np.repeat(firsts, np.diff(np.append(np.flatnonzero(new), len(new))) - 1)
        if not ids.same(again, of_again):
            raise Unclear("two orders of one number")
        return np.sort(firsts), again, of_again

    def _told_again(
        self, telling: Any, account: Any, first: Any, again: Any, of_again: Any, odd: Any
    ) -> list[OrderRow]:
        """What a second row says of an order: nothing new, or its customer is odd. Unclear when it has another one."""
        del first
        if (account[again] != account[of_again]).any():
            raise Unclear("an order of two customers")
        body, found = self.page.body, []
        start, end = self.line_start[telling], self.line_end[telling]
        for here, there in zip(again.tolist(), of_again.tolist(), strict=True):
            if body[start[here] : end[here]] != body[start[there] : end[there]]:
                row = self._row(int(telling[here]))
                if row[2:] != self._row(int(telling[there]))[2:]:
                    odd[account[here]] = True
                    found.append(row)
        return found

    def _segments(self, telling: Any, account: Any, count: int) -> Coded:
        """Of each account, the last one that a row gives."""
        names, code = self.cells["segment"].of(telling).coded()
        empty = np.array([not name for name in names], dtype=bool)
        saying = np.flatnonzero(~empty[code]) if len(names) else np.zeros(0, dtype=np.int64)
        last: Any = np.full(count, -1, dtype=np.int64)
        last[account[saying]] = code[saying]
        return Coded(names, last)

    def _share(self, rows: Any, account: Any, odd: Any) -> None:
        """Customers whose first row has the address of another's are one person: odd."""
        first: Any = np.zeros(len(odd), dtype=np.int64)
        first[account[::-1]] = rows[::-1]
        known: dict[str, int] = {}
        for n, address in enumerate(self.cells["email"].texts(first)):
            if address and (other := known.setdefault(address.lower(), n)) != n:
                odd[[n, other]] = True

    def _described(
        self, stores: Mapping[str, StoreFacts], names: list[str], store: Any, rows: Any
    ) -> dict[str, StoreFacts]:
        found = dict(stores)
        first: Any = np.zeros(len(names), dtype=np.int64)
        first[store[::-1]] = rows[::-1]
        for name, region in zip(names, self.cells["region"].texts(first), strict=True):
            found.setdefault(name, StoreFacts("", region))
        return found

    @staticmethod
    def _zones(stores: dict[str, StoreFacts], names: list[str], store: Any, minutes: Any) -> tuple[list[str], Any]:
        """The zone of each order: that of its store, else the offset that it was written with."""
        zones: dict[str, int] = {}
        own = np.array([zones.setdefault(stores[n].zone, len(zones)) if stores[n].zone else -1 for n in names])
        zone: Any = own[store] if len(names) else store
        written = np.flatnonzero(zone < 0)
        for offset in np.unique(minutes[written]).tolist():
            place = zones.setdefault(offset_name(offset), len(zones))
            zone[written[minutes[written] == offset]] = place
        return list(zones), zone

    def _cancelled(self, telling: Any, first: Any, ignored: Counter[str]) -> tuple[Any, dict[int, list[int]]]:
        """When each order was cancelled; the rows that say so, by its place. Those of unknown orders are counted."""
        at: Any = np.full(len(first), NEVER)
        rows = np.flatnonzero(self._is("order.cancelled"))
        known: dict[str, int] = {}
        if rows.size:
            known = {order_id: n for n, order_id in enumerate(self.order_id.texts(telling[first]))}
        cancelling: dict[int, list[int]] = {}
        unknown: set[str] = set()
        for row, order_id in zip(rows.tolist(), self.order_id.texts(rows), strict=True):
            place = known.get(order_id)
            if place is None:
                unknown.add(order_id)
                continue
            when = self.ordered[row] if self.received[row] == NEVER else self.received[row]
            at[place] = when if at[place] == NEVER else min(at[place], when)
            cancelling.setdefault(place, []).append(row)
        if unknown:
            ignored["cancellation of an unknown order"] = len(unknown)
        return at, cancelling

    def _rows_of(
        self, left: Any, telling: Any, account: Any, first: Any, cancelling: dict[int, list[int]]
    ) -> list[OrderRow]:
        mine = np.isin(account, left)
        rows = telling[mine].tolist()
        if cancelling:
            rows += [row for n in np.flatnonzero(mine[first]).tolist() for row in cancelling.get(n, ())]
        return [self._row(row) for row in sorted(rows)]

    def _row(self, n: int) -> OrderRow:
        cells = self.cells
        return OrderRow(
            cells["event_id"][n],
            self.kinds[self.kind[n]],
            self.order_id[n],
            cells["customer_id"][n],
            cells["email"][n].lower(),
            cells["store_id"][n],
            cells["segment"][n],
            cells["region"][n],
            offset_name(int(self.minutes[n])),
            instant(self.ordered[n]),
            None if self.fulfilled[n] == NEVER else instant(self.fulfilled[n]),
            None if self.received[n] == NEVER else instant(self.received[n]),
        )
