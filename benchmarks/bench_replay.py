"""Rows 6a and 7a: what a rule would have sent over a table of orders, through the journey of real orders.

The limit is one window function of DuckDB over the same rows, which knows nothing of the cool-down; the peer a careful
pandas script (sort, shift, then one pass). A row whose rival is not installed is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from benchmarks.kit import Case, CheckError
from surveyor.core.history import Regime, StoreFacts
from surveyor.core.replay import OrderRow, gather
from surveyor.core.replay.run import run
from surveyor.core.rules import RuleSet, check_rules

SIZES = {"small": 40_000, "full": 1_000_000}
EACH = 20
RULES = (
    '[[rule]]\nid = "std"\nmin_orders = 2\nwindow_days = 60\ncooldown_days = 60\nidle_months = 2\ndelay_days = 2\n'
    'basis = "ordered_at"\n[global]\nfloor_days = 30\n'
)


@dataclass
class Table:
    """The orders as each of the three wants them, and the emails that each found."""

    rows: list[OrderRow]
    plain: list[tuple[int, date]]
    sends: dict[str, int] = field(default_factory=dict)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """No database: the row says any engine."""
    del engine
    rows, plain = orders(SIZES[size])
    common: dict[str, Any] = {"fresh": lambda: Table(rows, plain), "check": check}
    if find_spec("duckdb"):
        yield Case("6a", "any", ours, limit=duck, **common)
    if find_spec("pandas"):
        yield Case("7a", "any", ours, limit=None, peer=pandas, peer_of=True, **common)


def orders(many: int) -> tuple[list[OrderRow], list[tuple[int, date]]]:
    """Customers with rhythms between one and nine weeks."""
    rows, plain = [], []
    for customer in range(many // EACH):
        gap = 7 + (customer * 13) % 56
        for number in range(EACH):
            at = datetime(2020, 1, 1, 9, tzinfo=UTC) + timedelta(days=customer % 30 + number * gap)
            name = f"{customer}-{number}"
            row = OrderRow(name, "order.completed", name, f"c{customer}", "", "S1", "", "", "Z", at, at, None)
            rows.append(row)
            plain.append((customer, at.date()))
    return rows, plain


def ours(table: Table) -> int:
    """Gather by person, then live every order."""
    rules, problems = check_rules(RULES.encode())
    assert isinstance(rules, RuleSet), problems
    stores = {"S1": StoreFacts("UTC")}
    gathered = gather(table.rows, bases=frozenset({"ordered_at"}), stores=stores)
    table.sends["ours"] = len(run(gathered, Regime(rules, gathered.stores)).sends)
    return len(table.rows)


def check(table: Table) -> None:
    """As many emails as the rule written out says, customer by customer."""
    expected = sum(_emails(days) for days in _by_customer(table.plain).values())
    if table.sends["ours"] != expected:
        raise CheckError(f"{table.sends['ours']} emails, the rule written out says {expected}")


def _by_customer(plain: list[tuple[int, date]]) -> dict[int, list[date]]:
    found: dict[int, list[date]] = {}
    for customer, day in plain:
        found.setdefault(customer, []).append(day)
    return found


def _emails(days: list[date]) -> int:
    """Two orders in 60 days, an email two days later, at least 60 days after the last one."""
    count, last = 0, None
    for before, day in pairwise(days):
        sending = day + timedelta(days=2)
        if (day - before).days < 60 and (last is None or (sending - last).days >= 60):
            count, last = count + 1, sending
    return count


def duck(table: Table) -> int:
    """`lag` over everything: orders that come less than 60 days after the one before."""
    import duckdb
    import pandas as pd

    frame = pd.DataFrame(table.plain, columns=["customer", "day"])  # noqa: F841 - DuckDB finds it by its name
    query = (
        "SELECT count(*) FROM (SELECT day, lag(day) OVER (PARTITION BY customer ORDER BY day) AS before FROM frame) "
        "WHERE date_diff('day', before, day) < 60"
    )
    table.sends["duckdb"] = int(duckdb.sql(query).fetchall()[0][0])
    return len(table.plain)


def pandas(table: Table) -> int:
    """Sort, shift, keep what qualifies, then one pass for the cool-down."""
    import pandas as pd

    frame = pd.DataFrame(table.plain, columns=["customer", "day"])
    frame["day"] = pd.to_datetime(frame["day"])
    frame = frame.sort_values(["customer", "day"])
    before = frame.groupby("customer")["day"].shift()
    last: dict[int, Any] = {}
    count = 0
    for row in frame[(frame["day"] - before).dt.days < 60].itertuples(index=False):
        sending = row.day + pd.DateOffset(days=2)
        if row.customer not in last or (sending - last[row.customer]).days >= 60:
            count += 1
            last[row.customer] = sending
    table.sends["pandas"] = count
    return len(table.plain)
