"""Rows 6 and 7: what a rule would have sent over a file of orders, from the CSV to the list of emails.

All start from the same file. The limit is one window function of DuckDB, which knows nothing of the cool-down;
the peer a careful pandas script (sort, shift, then one pass with the dates of each row), and beside it the same with
the sending dates computed as a column first: a script that knows this one rule and nothing else. A row whose rival is
not installed is left out.

By columns an order takes a quarter of a microsecond: those rows have ten times the orders, and where they are in memory
already a round lives them several times, and so does its limit. The careful script, slow, has the file of the others.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.kit import Case, CheckError
from surveyor.core.replay import Period, columns
from surveyor.flows.replay_by_columns import file_columns, replay_columns_of
from surveyor.flows.replay_orders import Asked, read_rules, replay_files

#: Orders through `decide` and through the script; by columns; and how often a round lives those in memory.
SIZES = {"small": (40_000, 400_000, 5), "full": (1_000_000, 1_000_000, 2)}
DAYS = 60
WHOLE = Period()
RULES = (
    f'[[rule]]\nid = "std"\nmin_orders = 2\nwindow_days = {DAYS}\ncooldown_days = {DAYS}\nidle_months = 2\n'
    'delay_days = 2\nbasis = "ordered_at"\n'
)
COLUMNS = ("event_id", "type", "order_id", "customer_id", "email", "store_id", "segment", "ordered_at", "amount")


@dataclass
class Table:
    """The file, its rules, the list that ours writes, and how many emails or rows each found.

    `few`: the file of the careful script.
    """

    orders: Path
    few: Path
    rules: Path
    sends: Path
    found: dict[str, int] = field(default_factory=dict)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """No database: the row says any engine."""
    del engine
    folder = tempfile.TemporaryDirectory(prefix="surveyor-replay-")
    home = Path(folder.name)
    few, many, passes = SIZES[size]
    lines = {name: _made(home / name, count) for name, count in {"few.csv": few, "many.csv": many}.items()}
    rules = home / "rules.toml"
    rules.write_text(RULES, encoding="utf-8")

    def fresh(name: str, _folder: Any = folder) -> Table:
        return Table(home / name, home / "few.csv", rules, home / "sends.csv")

    kept = cache(partial(_memory, home / "many.csv", home / "few.csv", rules, passes))
    memory: dict[str, Any] = {"fresh": kept, "check": partial(check_memory, expected=lines["many.csv"])}
    common, large = (
        {"fresh": partial(fresh, name), "check": partial(check, expected=lines[name])}
        for name in ("few.csv", "many.csv")
    )
    if find_spec("duckdb"):
        yield Case("6a", "any", ours, limit=duck, **common)
        if find_spec("numpy"):
            yield Case("6b", "any", from_memory, limit=duck_memory, **memory)
            yield Case("6b, from the file", "any", by_columns, limit=duck, **large)
    if find_spec("pandas"):
        yield Case("7a", "any", ours, peer=partial(pandas, column=False), peer_of=True, **common)
        yield Case("7a, dates as a column", "any", ours, peer=partial(pandas, column=True), peer_of=True, **common)
        if find_spec("numpy"):
            yield Case("7b", "any", from_memory, peer=pandas_memory, peer_of=True, **memory)
            yield Case(
                "7b, from the file", "any", by_columns, peer=partial(pandas, column=False), peer_of=True, **large
            )


def _made(path: Path, count: int) -> list[str]:
    """Write a file of so many orders; the lines of the list of its emails."""
    made = data.items(count)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(made)
    return lines_of(made)


def ours(table: Table) -> int:
    """Through `decide`, as `surveyor replay --orders FILE --rules FILE --sends FILE` does it without the extra."""
    return _replayed(table, columns=False)


def by_columns(table: Table) -> int:
    """The same with the extra `fast`."""
    return _replayed(table, columns=True)


def _replayed(table: Table, *, columns: bool) -> int:
    report = replay_files(Asked(table.orders, table.rules, sends=table.sends), columns=columns)
    if (report["engine"] == "columns") is not columns:
        raise CheckError(f"replayed by {report['engine']}: {report['engine_because']}")
    table.found["ours"] = report["emails"]
    return int(report["orders"])


def check(table: Table, *, expected: list[str]) -> None:
    """The emails that the rule written out says, line by line."""
    lines = table.sends.read_text(encoding="utf-8").splitlines()[1:]
    wrong = next((pair for pair in zip(sorted(lines), expected, strict=False) if pair[0] != pair[1]), None)
    if wrong is not None or len(lines) != len(expected):
        raise CheckError(f"{len(lines)} emails, the rule written out says {len(expected)}; first difference {wrong}")


@dataclass
class Memory:
    """The same orders, each once, as each rival keeps a table in memory, and what ours found last.

    `frame`: those of the careful script, fewer; `passes`: how often a round of the others lives its orders.
    """

    orders: Any
    rules: Any
    table: Any
    frame: Any
    passes: int
    sends: Any = ()


def _memory(orders: Path, few: Path, rules: Path, passes: int) -> Memory:
    import duckdb
    import pandas as pd

    frame = pd.read_csv(few, usecols=["order_id", "customer_id", "ordered_at"], parse_dates=["ordered_at"])
    frame = frame.drop_duplicates("order_id")
    frame["day"] = frame["ordered_at"].dt.normalize()
    table = duckdb.connect()
    table.execute(
        "CREATE TABLE orders AS SELECT DISTINCT ON (order_id) customer_id, CAST(ordered_at AS DATE) AS day "
        f"FROM read_csv('{orders}')"
    )
    return Memory(file_columns(orders, {}, within=None), read_rules(rules), table, frame, passes)


def from_memory(memory: Memory) -> int:
    """The figures of a replay, from columns to the emails by column."""
    orders = 0
    for _ in range(memory.passes):
        result = replay_columns_of(memory.orders, memory.rules, against=None, period=WHOLE)
        memory.sends = result.run.sends
        orders += int(result.figures["orders"])
    return orders


def duck_memory(memory: Memory) -> int:
    """`lag` over a table."""
    query = (
        "WITH pairs AS (SELECT day, lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS before FROM orders) "
        f"SELECT count(*), count(*) FILTER (day - before < {DAYS}) FROM pairs"
    )
    return sum(int(memory.table.sql(query).fetchall()[0][0]) for _ in range(memory.passes))


def pandas_memory(memory: Memory) -> int:
    """The careful script over a frame."""
    return _script(memory.frame, column=False)[0]


def check_memory(memory: Memory, *, expected: list[str]) -> None:
    """The emails that the rule written out says, line by line."""
    lines = sorted(",".join(map(str, row)) for row in columns(memory.sends))
    if lines != expected:
        raise CheckError(f"{len(lines)} emails, the rule written out says {len(expected)}")


def lines_of(made: list[dict[str, Any]]) -> list[str]:
    """Two orders in 60 days, an email two days later, at least 60 days after the last one; as lines of the list."""
    by_customer: dict[str, list[tuple[str, date]]] = {}
    for item in {item["order_id"]: item for item in made}.values():
        day = datetime.fromisoformat(item["ordered_at"]).date()
        by_customer.setdefault(item["customer_id"], []).append((item["event_id"], day))
    lines = []
    for customer, orders in by_customer.items():
        orders.sort(key=lambda order: order[1])
        last: date | None = None
        for number, (event_id, day) in enumerate(orders):
            window = sum(1 for _, before in orders[: number + 1] if (day - before).days < DAYS)
            sending = day + timedelta(days=2)
            if window >= 2 and (last is None or (sending - last).days >= DAYS):
                lines.append(f"{customer},{event_id},{day},{sending},{window}")
                last = sending
    return sorted(lines)


def duck(table: Table) -> int:
    """`lag` over the file: orders that come less than 60 days after the one before."""
    import duckdb

    query = (
        "WITH orders AS (SELECT DISTINCT ON (order_id) customer_id, CAST(ordered_at AS DATE) AS day "
        f"FROM read_csv('{table.orders}')), pairs AS (SELECT day, lag(day) OVER (PARTITION BY customer_id "
        f"ORDER BY day) AS before FROM orders) SELECT count(*), count(*) FILTER (day - before < {DAYS}) FROM pairs"
    )
    orders, table.found["duckdb"] = duckdb.sql(query).fetchall()[0]
    return int(orders)


def pandas(table: Table, *, column: bool) -> int:
    """Read, sort, shift, keep what qualifies, then one pass for the cool-down; `column`: sending dates before it."""
    import pandas as pd

    frame = pd.read_csv(table.few, usecols=["order_id", "customer_id", "ordered_at"], parse_dates=["ordered_at"])
    frame = frame.drop_duplicates("order_id")
    frame["day"] = frame["ordered_at"].dt.normalize()
    orders, table.found["pandas"] = _script(frame, column=column)
    return orders


def _script(frame: Any, *, column: bool) -> tuple[int, int]:
    import pandas as pd

    frame = frame.sort_values(["customer_id", "day"])
    orders = len(frame)
    frame = frame[(frame["day"] - frame.groupby("customer_id")["day"].shift()).dt.days < DAYS]
    if column:
        frame["sending"] = frame["day"] + pd.DateOffset(days=2)
    last: dict[str, Any] = {}
    count = 0
    for row in frame.itertuples(index=False):
        sending = row.sending if column else row.day + pd.DateOffset(days=2)
        if row.customer_id not in last or (sending - last[row.customer_id]).days >= DAYS:
            count += 1
            last[row.customer_id] = sending
    return orders, count
