"""A year of many customers lived by columns, from columns that are drawn: `python -m benchmarks.year CUSTOMERS ORDERS`.

Prints seconds on the wall and of processor for one text of rules and for two compared, reading left out.
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks.bench_replay import RULES
from benchmarks.bench_what_if import AGAINST
from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow, Period
from surveyor.core.rules import check_rules
from surveyor.flows.replay_by_columns import replay_columns_of
from surveyor.vector.clock import DAY, MINUTE
from surveyor.vector.orders import NEVER, Coded, Orders, instant, micros

STORES = [f"S{n:03}" for n in range(200)]
SEGMENTS = [f"g{n}" for n in range(4)]
ZONE = "Europe/Paris"


class Ids:
    """The id of each order, made when it is asked for."""

    def __getitem__(self, n: int) -> str:
        return f"o{n}"


def drawn(customers: int, each: int) -> Orders:
    """So many customers with `each` orders over a year, in the order of time but for some days."""
    draw, count = np.random.default_rng(2026), customers * each
    account = np.tile(np.arange(customers), each)
    day = np.repeat(np.arange(each) * 365 // each, customers) + account * 7 % 28 + draw.integers(0, 5, count)
    within = draw.integers(6 * 60, 20 * 60, count) * MINUTE + np.arange(count) % 60 * 1_000_000
    at = micros(datetime(2026, 1, 5, tzinfo=UTC)) + day * DAY + within
    names, ids, never = [f"c{n}" for n in range(customers)], Ids(), np.full(count, NEVER)
    segments = Coded(SEGMENTS, np.arange(customers) % len(SEGMENTS))

    def rows(left: Any) -> list[OrderRow]:
        wanted = np.zeros(customers, dtype=bool)
        wanted[left] = True
        return [_row(n, int(account[n]), instant(at[n])) for n in np.flatnonzero(wanted[account]).tolist()]

    return Orders(
        names,
        segments,
        np.zeros(customers, dtype=bool),
        [ZONE],
        STORES,
        account,
        at,
        at,
        never,
        never,
        np.zeros(count, dtype=np.int64),
        account % len(STORES),
        ids,
        ids,
        {name: StoreFacts(ZONE) for name in STORES},
        rows,
    )


def _row(n: int, account: int, at: datetime) -> OrderRow:
    store, segment = STORES[account % len(STORES)], SEGMENTS[account % len(SEGMENTS)]
    return OrderRow(f"o{n}", "order.completed", f"o{n}", f"c{account}", "", store, segment, "", "+00:00", at, at, None)


def main() -> None:
    """Both figures, on standard output."""
    orders = drawn(*map(int, sys.argv[1:3]))
    (rules, _), (other, _) = check_rules(RULES.encode()), check_rules(AGAINST.encode())
    assert rules is not None
    for against in (None, other):
        wall, cpu = time.perf_counter(), time.process_time()
        found = replay_columns_of(orders, rules, against=against, period=Period()).figures
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        texts, peak = 1 if against is None else 2, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        said = f"{found['orders']} orders, {found['emails']} emails, {texts} texts"
        print(f"{said}: {wall:.2f} s, {cpu:.2f} s of processor, {peak:.1f} GB at most", flush=True)


if __name__ == "__main__":
    main()
