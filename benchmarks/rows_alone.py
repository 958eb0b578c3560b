"""The very rows that the line leaves, written bare: what its promises cost at least, reading and deciding left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from benchmarks.databases import Place
from surveyor.db.base import Base


@dataclass(frozen=True)
class Left:
    """A table's rows, as each engine takes them fastest: tuples for executemany, lines for COPY."""

    table: str
    columns: str
    rows: list[Any]

    def part(self, number: int, of: int) -> list[Any]:
        """As many rows as one batch of `of` would have."""
        return self.rows[number * len(self.rows) // of : (number + 1) * len(self.rows) // of]


def left_by(place: Place, before: Place) -> list[Left]:
    """What the line left in the tables that are empty in `before`, the referenced ones first."""
    found = []
    with place.engine.connect() as connection, before.engine.connect() as empty:
        for table in Base.metadata.sorted_tables:
            count = text(f"SELECT count(*) FROM {table.name}")
            if empty.execute(count).scalar() or not connection.execute(count).scalar():
                continue
            columns = ", ".join(column.name for column in table.columns)
            rows: list[Any]
            if place.url.startswith("sqlite"):
                rows = [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM {table.name}")]
            else:
                with connection.connection.driver_connection.cursor().copy(
                    f"COPY {table.name} ({columns}) TO STDOUT"
                ) as out:
                    rows = b"".join(bytes(part) for part in out).splitlines(keepends=True)
            found.append(Left(table.name, columns, rows))
    return found


def write(place: Place, left: list[Left], *, batches: int) -> None:
    """Write them in as many transactions as the line took; what refers to what is not looked at."""
    lite = place.url.startswith("sqlite")
    with place.engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF" if lite else "SET session_replication_role = replica")
        for number in range(batches):
            cursor = driver.cursor()
            if lite:
                cursor.execute("BEGIN IMMEDIATE")
            for one in left:
                rows = one.part(number, batches)
                if not rows:
                    continue
                if lite:
                    places = ", ".join("?" * len(rows[0]))
                    cursor.executemany(f"INSERT INTO {one.table} ({one.columns}) VALUES ({places})", rows)
                    continue
                with cursor.copy(f"COPY {one.table} ({one.columns}) FROM STDIN") as into:
                    into.write(b"".join(rows))
            driver.commit()
