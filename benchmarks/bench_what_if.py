"""The what-if of the rules screen over stored orders: two texts of rules compared, from the table to the figures.

The limit only has the database hand over the columns. Both are on the wall: a person waits for it. `ours` is kept in
the JSON in seconds (`wall_s`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import insert

from benchmarks import data, databases
from benchmarks.bench_replay import RULES, lines_of
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.replay import Period, columns
from surveyor.core.rules import RuleSet, check_rules
from surveyor.db import replay_columns
from surveyor.db.base import new_ids
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.orders import Order
from surveyor.flows.customer_journey import DEFAULTS
from surveyor.flows.replay_stored import replay_stored

SIZES = {"small": 40_000, "full": 1_000_000}
AGAINST = RULES.replace("min_orders = 2", "min_orders = 3").replace("cooldown_days = 60", "cooldown_days = 90")
LAST = date(2026, 11, 20).toordinal()
YEAR = Period(LAST - 364, LAST, LAST)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Both engines."""
    made = data.items(SIZES[size])
    for which in databases.engines(engine, "E", "P"):
        yield Case(
            "what-if",
            which,
            ours=ours,
            limit=handed_over,
            fresh=partial(stored, which, SIZES[size]),
            check=partial(check, expected=lines_of(made)),
            servers=lambda which=which: databases.servers(which),
            wall=True,
            cost=True,
        )


@cache
def stored(which: str, count: int) -> Place:
    """A database with the orders, made once: nothing here writes to it."""
    place = databases.fresh(which)
    made = list({item["order_id"]: item for item in data.items(count)}.values())
    customers = sorted({item["customer_id"] for item in made})
    ids = dict(zip(customers, new_ids(data.NOW, len(customers)), strict=True))
    with place.sessions.begin() as session:
        session.execute(
            insert(Customer),
            [
                {"id": ids[name], "external_id": name, "email": f"{name}@bench.example", "created_at": data.NOW}
                for name in customers
            ],
        )
        for batch in data.batches(list(zip(new_ids(data.NOW, len(made)), made, strict=True)), 20_000):
            session.execute(insert(Order), [_row(made_id, item, ids) for made_id, item in batch])
    return place


def _row(made_id: Any, item: dict[str, Any], ids: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(item["ordered_at"])
    return {
        "id": made_id,
        # The id of the event, which the list of emails names.
        "order_id": item["event_id"],
        "customer_id": ids[item["customer_id"]],
        "store_id": item["store_id"],
        "ordered_at": at,
        "fulfilled_at": at,
        "segment": item["segment"],
        "source": "bench",
        "received_at": at,
    }


def _rules(text: str) -> RuleSet:
    found, problems = check_rules(text.encode())
    if found is None:
        raise CheckError(str(problems))
    return found


def ours(place: Place) -> int:
    """As the thread of the screen does it, before the figures are kept."""
    result = replay_stored(place.sessions, _rules(RULES), against=_rules(AGAINST), period=YEAR, defaults=DEFAULTS)
    if result.figures["engine"] != "columns":
        raise CheckError(f"replayed by {result.figures['engine']}: {result.figures['engine_because']}")
    place.notes["sends"] = result.run.sends
    return int(result.figures["orders"])


def check(place: Place, *, expected: list[str]) -> None:
    """The emails that the rule written out says, line by line."""
    lines = sorted(",".join(map(str, row)) for row in columns(place.notes["sends"]))
    if lines != expected:
        raise CheckError(f"{len(lines)} emails, the rule written out says {len(expected)}")


def handed_over(place: Place) -> int:
    """The columns as the database gives them."""
    with place.sessions.begin() as session:
        replay_columns.customer_columns(session)
        return sum(part.count for part in replay_columns.order_columns(session))
