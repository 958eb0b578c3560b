"""Rows 28 to 30: bytes of a customer, an order and an invitation, indexes included, after the line has run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import func, select, text

from benchmarks import databases
from benchmarks.bench_send import due, ours
from benchmarks.databases import Place
from benchmarks.kit import Row, verdict
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order

SIZES = {"small": 2000, "full": 20_000}
#: Row -> (tables, what there is one of).
ROWS = {
    "28": (("customers", "customer_state"), Customer),
    "29": (("order_events", "orders", "decisions"), Order),
    "30": (("invitations", "emails", "send_attempts"), Invitation),
}


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """No rounds: bytes do not vary."""
    for which in databases.engines(engine, "E", "P"):
        place = due(which, SIZES[size])
        ours(place)
        with place.sessions.begin() as session:
            session.execute(text("UPDATE order_events SET body = NULL"))
        _vacuum(place, which)
        for name, (tables, one) in ROWS.items():
            with place.sessions() as session:
                count = int(session.scalar(select(func.count()).select_from(one)) or 1)
            used = sum(_bytes(place, which, table) for table in tables)
            goal = targets.get(name, {}).get(which, {})
            each = round(used / count)
            said = verdict(each, goal.get("target"), goal.get("floor"), cost=True)
            ratio = {"median": each, "lo": each, "hi": each}
            note = "bytes each"
            yield Row(
                name,
                which,
                said,
                "passed",
                1,
                count,
                ratio,
                target=goal.get("target"),
                floor=goal.get("floor"),
                note=note,
            )
        databases.close(place)


def _vacuum(place: Place, engine: str) -> None:
    with place.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine == "P":
            connection.execute(text("VACUUM FULL"))
            return
        driver: Any = connection.connection.driver_connection
        if driver.in_transaction:
            driver.execute("COMMIT")
        driver.execute("VACUUM")


def _bytes(place: Place, engine: str, table: str) -> int:
    """The pages of a table and of its indexes."""
    if engine == "P":
        with place.sessions() as session:
            return int(session.scalar(text("SELECT pg_total_relation_size(:t)"), {"t": table}))
    # The library of the standard installation counts pages; the newer one that we run on was built without it.
    with closing(sqlite3.connect(place.url.removeprefix("sqlite:///"))) as file:
        names = {table} | {
            row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE tbl_name = ?", (table,))
        }
        each = [file.execute("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ?", (name,)) for name in names]
        return sum(int(one.fetchone()[0]) for one in each)
