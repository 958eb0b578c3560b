"""The emails of a run, by column: counted as they are, made one by one only when somebody asks for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np

from surveyor.core.replay import CountedSends, Send
from surveyor.vector.orders import Orders


class Emails(CountedSends):
    """Emails by day, then by customer. `place`: the order of each in `orders`; `others`: those that `decide` found."""

    def __init__(self, orders: Orders, rules: Sequence[str], columns: Sequence[Any], others: Sequence[Send]) -> None:
        """`columns`: place, day of the order, day of sending, orders counted, rule (a place in `rules`)."""
        self.orders, self.rules, self.others = orders, rules, others
        self.place, self.trigger_day, self.day, self.counted_orders, self.rule = columns

    def __len__(self) -> int:
        return len(self.place) + len(self.others)

    @overload
    def __getitem__(self, n: int) -> Send: ...
    @overload
    def __getitem__(self, n: slice) -> list[Send]: ...
    def __getitem__(self, n: int | slice) -> Send | list[Send]:
        return self._made[n]

    def __iter__(self) -> Iterator[Send]:
        return iter(self._made)

    def __eq__(self, other: object) -> bool:
        return self._made == (other._made if isinstance(other, Emails) else other)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def _made(self) -> list[Send]:
        account = self.orders.account[self.place]
        reached = np.unique(account)
        names = self.orders.accounts
        rank: Any = np.zeros(len(names), dtype=np.int64)
        rank[sorted(reached.tolist(), key=names.__getitem__)] = np.arange(len(reached))
        found = self._sends(np.lexsort((rank[account], self.day)))
        if self.others:
            found = sorted([*found, *self.others], key=lambda send: (send.send_day, send.customer_id))
        return found

    def among(self, accounts: Any) -> list[Send]:
        """Those of some accounts, by place, in their order."""
        mine = np.flatnonzero(np.isin(self.orders.account[self.place], accounts))
        names = {self.orders.accounts[n] for n in accounts.tolist()}
        found = [*self._sends(mine), *(send for send in self.others if send.customer_id in names)]
        return sorted(found, key=lambda send: (send.send_day, send.customer_id))

    def _sends(self, chosen: Any) -> list[Send]:
        orders, place = self.orders, self.place[chosen]
        account, store = orders.account[place].tolist(), orders.store[place].tolist()
        columns = (
            map(orders.accounts.__getitem__, account),
            map(orders.event_ids.__getitem__, place.tolist()),
            self.trigger_day[chosen].tolist(),
            self.day[chosen].tolist(),
            self.counted_orders[chosen].tolist(),
            map(self.rules.__getitem__, self.rule[chosen].tolist()),
            map(orders.store_ids.__getitem__, store),
            map(orders.segments.__getitem__, account),
        )
        return list(map(Send._make, zip(*columns, strict=True)))

    @cached_property
    def _by_account(self) -> Any:
        """How many emails each account got, without those of `others`."""
        return np.bincount(self.orders.account[self.place], minlength=len(self.orders.accounts))

    def loads(self) -> list[int]:
        """How many emails each customer reached got, the fewest first; nobody is in both parts."""
        times = self._by_account
        others = Counter(send.customer_id for send in self.others)
        return sorted([*times[times > 0].tolist(), *others.values()])

    def counted(self, name: str) -> Counter[Any]:
        """How many emails have each value of a field of Send."""
        orders = self.orders
        if name == "send_day":
            found = _counts(self.day, None)
        elif name == "rule_id":
            found = _counts(self.rule, self.rules)
        elif name == "store_id":
            found = _counts(orders.store[self.place], orders.store_ids)
        elif name == "customer_id":
            found = _named(self._by_account, orders.accounts)
        elif name == "segment":
            found = orders.segments.counted(self._by_account)
        else:
            raise KeyError(name)
        found.update(getattr(send, name) for send in self.others)
        return found


def _counts(values: Any, names: Sequence[str] | None) -> Counter[Any]:
    """How often each value comes, under its name; no two have one name."""
    if not len(values):
        return Counter()
    first = int(values.min())
    times = np.bincount(values - first)
    present = np.flatnonzero(times)
    keys: list[int] = (present + first).tolist()
    texts = keys if names is None else map(names.__getitem__, keys)
    return _counter(texts, times[present].tolist())


def _named(times: Any, names: Sequence[str]) -> Counter[Any]:
    """The same, when it is known how often each place comes."""
    present = np.flatnonzero(times)
    return _counter(map(names.__getitem__, present.tolist()), times[present].tolist())


def _counter(keys: Iterable[Any], times: Sequence[int]) -> Counter[Any]:
    return Counter(dict(zip(keys, times, strict=True)))
