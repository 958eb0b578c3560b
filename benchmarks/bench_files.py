"""Rows 34 and 35: a file of orders against the engine fed from memory, a list as CSV against a raw cursor or COPY."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from benchmarks import data, databases
from benchmarks.databases import Place
from benchmarks.from_file import take_file
from benchmarks.kit import Case, CheckError
from surveyor.core.orders import OrderEvent
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db.base import new_id
from surveyor.db.listing import behind
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.orders import OrderEventRow
from surveyor.flows.record_orders import record_orders
from surveyor.web.api import lists, whole
from surveyor.web.api.cells import RFC_4180, csv_lines, harmless

IMPORTED = {"small": 20_000, "full": 10_000_000}
#: A round takes 0.5 s of processor where the README was measured: one twice as fast still says something.
EXPORTED = {"small": 120_000, "full": 1_000_000}
FIRST, DAYS, STORES = date(2026, 1, 1), 300, 200
PERIOD = Period(FIRST, FIRST + timedelta(days=DAYS))
LIST = lists.decisions()
RAW = (
    "SELECT d.id, c.external_id, d.order_id, d.occurrence_on, d.rule_id, d.rule_version, d.verdict, d.reason, "
    "d.store_id, d.segment, d.day, d.planned_at, d.cause, d.facts, d.decided_at "
    "FROM decisions d JOIN customers c ON c.id = d.customer_id"
)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Both rows on both engines. The export writes nothing, so that every round reads the same database."""
    made = data.items(IMPORTED[size])
    dated, file = data.dated(data.events(made)), _file(data.bodies(made))
    for which in databases.engines(engine, "E", "P"):
        yield Case(
            "34",
            which,
            lambda place: imported(place, file),
            limit=lambda place: from_memory(place, dated),
            fresh=lambda which=which: databases.fresh(which),
            done=databases.close,
            check=lambda place: check_import(place, IMPORTED[size]),
            servers=lambda which=which: databases.servers(which),
        )
        yield Case(
            "35",
            which,
            exported,
            limit=copied if which == "P" else looped,
            fresh=lambda which=which: filled(which, EXPORTED[size]),
            check=check_export,
            servers=lambda which=which: databases.servers(which),
        )


def _file(bodies: Sequence[bytes]) -> Path:
    file = Path(tempfile.mkdtemp(prefix="bench-")) / "orders.ndjson"
    file.write_bytes(b"".join(bodies))
    return file


def imported(place: Place, file: Path) -> int:
    """The file as the command reads it, receipt included."""
    receipt = take_file(place.sessions, file)
    place.notes["receipt"] = receipt
    return int(receipt.accepted + receipt.duplicates)


def from_memory(place: Place, dated: list[tuple[datetime, list[OrderEvent]]]) -> int:
    """The same events at the same instant, without a file and a receipt."""
    for _, batch in dated:
        record_orders(place.sessions, batch, source="bench", now=data.NOW, keys=data.KEYS)
    return sum(len(batch) for _, batch in dated)


def check_import(place: Place, distinct: int) -> None:
    """Every line is in the receipt, every distinct event is stored once."""
    receipt = place.notes["receipt"]
    with place.sessions() as session:
        stored = session.scalar(select(func.count()).select_from(OrderEventRow))
    if stored != distinct or receipt.accepted != distinct or receipt.rejected or receipt.conflicts:
        raise CheckError(f"{distinct} events, {stored} stored, receipt {receipt}")


@cache
def filled(which: str, many: int) -> Place:
    """So many decisions of 200 stores over 300 days."""
    place = databases.fresh(which)
    place.notes["many"] = many
    people = [new_id(data.NOW) for _ in range(max(1, many // 10))]
    at = datetime(2026, 11, 1, tzinfo=UTC)
    with place.sessions.begin() as session:
        for part in data.batches(list(enumerate(people)), 10_000):
            session.execute(
                insert(Customer), [{"id": one, "external_id": f"c{n}", "created_at": at} for n, one in part]
            )
        for numbers in data.batches(range(many), 10_000):
            session.execute(insert(DecisionRow), [_decision(n, many, people, at) for n in numbers])
    databases.settle_down(place)
    with place.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return place


def _decision(n: int, many: int, people: list[Any], at: datetime) -> dict[str, Any]:
    refused = n % 3 != 0
    return {
        "id": new_id(at),
        "customer_id": people[n % len(people)],
        "order_id": f"=o{n}" if n % 1000 == 0 else f"o{n}",
        "rule_id": "std",
        "rule_version": 1,
        "verdict": "NOT_ELIGIBLE" if refused else "SCHEDULED",
        "reason": "TOO_FEW_ORDERS" if refused else None,
        "store_id": f"S{n % STORES:03d}",
        "segment": f"g{n % 4}",
        "day": FIRST + timedelta(days=n * DAYS // many),
        "cause": "order",
        "facts": {"counted": n % 5, "window": ["2026-01-01", "2026-03-01"]},
        "decided_at": at,
    }


def pages(place: Place) -> Iterator[Sequence[Any]]:
    """As the export reads them."""
    after = None
    while True:
        with place.sessions() as session:
            rows = LIST.walk(session, (NETWORK,), PERIOD, limit=whole.STREAMED, after=after)
        yield rows
        if len(rows) < whole.STREAMED:
            return
        after = behind(rows[-1], LIST.columns, LIST.walked)


def exported(place: Place) -> int:
    """The whole file, piece by piece."""
    place.notes["file"] = "".join(csv_lines(LIST.columns, pages(place), RFC_4180))
    return int(place.notes["many"])


def check_export(place: Place) -> None:
    """The last line counts; read again, the file holds every row of the query once, with harmless cells."""
    *lines, last = place.notes["file"].splitlines(keepends=True)
    rows = list(csv.reader(io.StringIO("".join(lines))))[1:]
    with place.engine.connect() as connection:
        kept = {
            (harmless(str(row.order_id)), str(row.external_id), str(row.store_id), str(row.day)[:10])
            for row in connection.execute(text(RAW))
        }
    read = {(row[2], row[1], row[8], row[10]) for row in rows}
    if last != f"# rows: {len(rows)}\r\n" or len(rows) != place.notes["many"] or read != kept:
        raise CheckError(f"{len(rows)} rows, {last!r}, {len(read ^ kept)} differ")


def looped(place: Place) -> int:
    """Every row through the driver's cursor, nothing done with it."""
    with place.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        return sum(1 for _ in driver.execute(RAW))


def copied(place: Place) -> int:
    """COPY TO of the same columns, its bytes taken."""
    with place.engine.connect() as connection:
        cursor = connection.connection.driver_connection.cursor()
        with cursor.copy(f"COPY ({RAW}) TO STDOUT (FORMAT csv)") as out:
            return sum(bytes(block).count(b"\n") for block in out)
