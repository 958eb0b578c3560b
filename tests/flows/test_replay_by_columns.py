"""The what-if by columns over stored orders: on both engines it finds what `decide` finds, row for row."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from surveyor.core.replay import OrderRow, Period, replay
from surveyor.core.rules import Experiment, Rule, RuleSet
from surveyor.db.base import new_ids
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.network import Region, Store
from surveyor.db.tables.orders import Order
from surveyor.flows.replay_stored import gather_stored, replay_stored
from tests.flows.orders import PARIS, at
from tests.vector.worlds import STORES, rows, rules

pytest.importorskip("numpy", reason="the optional extra `fast` (numpy) is not installed")

NOW = at("2026-12-31T12:00")
LAST = date(2026, 9, 30).toordinal()
YEAR = Period(LAST - 200, LAST, LAST)


def keep(sessions: Any, these: list[OrderRow]) -> None:
    """Put rows where the line keeps orders: each once, cancellations beside it."""
    cancelled = {row.order_id: row.ordered_at for row in these if row.type == "order.cancelled"}
    orders = {row.order_id: row for row in reversed(these) if row.type == "order.completed" and row.customer_id}
    customers = {row.customer_id: row for row in orders.values()}
    ids = dict(zip(customers, new_ids(NOW, len(customers)), strict=True))
    with sessions.begin() as session:
        session.execute(insert(Region), [{"id": name, "name": name} for name in ("nord", "sud")])
        known = [
            {"id": name, "name": name, "zone": store.zone, "region_id": store.region, "excluded": store.excluded}
            for name, store in STORES.items()
        ]
        session.execute(insert(Store), [{**store, "created_at": NOW} for store in known])
        session.execute(
            insert(Customer),
            [
                {
                    "id": ids[name],
                    "external_id": name,
                    "email": row.address.title() if len(name) % 2 else "",
                    "segment": "base" if name.endswith("3") else "",
                    "created_at": NOW,
                }
                for name, row in customers.items()
            ],
        )
        session.execute(
            insert(Order),
            [
                {
                    "id": made,
                    "order_id": row.order_id,
                    "customer_id": ids[row.customer_id],
                    "store_id": row.store_id,
                    "ordered_at": row.ordered_at,
                    "ordered_offset": 60 if row.zone == "+01:00" else -300,
                    "fulfilled_at": row.fulfilled_at,
                    "cancelled_at": cancelled.get(row.order_id),
                    "segment": row.segment,
                    "source": "test",
                    "received_at": row.ordered_at,
                }
                for made, row in zip(new_ids(NOW, len(orders)), orders.values(), strict=True)
            ],
        )


def by_decide(sessions: Any, version: RuleSet, against: RuleSet | None) -> dict[str, Any]:
    gathered = gather_stored(sessions, version, against, period=YEAR, defaults=PARIS)
    return replay(gathered, version, against=against, period=YEAR).figures


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_find_the_same_figures(sessions: Any, seed: int) -> None:
    draw = Random(seed)
    keep(sessions, rows(draw, customers=60))
    for _ in range(4):
        version, against = rules(draw), draw.choice([rules(draw), None])
        found = replay_stored(sessions, version, against=against, period=YEAR, defaults=PARIS)
        engine = found.figures.pop("engine"), found.figures.pop("engine_because")
        assert found.figures == by_decide(sessions, version, against)
        assert found.figures["orders"] > 100
        assert engine == ("columns", None) or (engine[0] == "decide" and "consume_orders" in engine[1])


def test_rules_that_are_not_known_are_left_to_decide_and_it_is_said(sessions: Any) -> None:
    keep(sessions, rows(Random(1)))
    trial = RuleSet((Rule("std", experiment=Experiment("e")),))
    found = replay_stored(sessions, trial, against=None, period=YEAR, defaults=PARIS)
    assert (found.figures["engine"], found.figures["engine_because"]) == ("decide", "std: an experiment")


def test_no_orders_and_no_rules_are_replayed_too(sessions: Any) -> None:
    found = replay_stored(sessions, RuleSet((Rule("a"),)), against=RuleSet(()), period=YEAR, defaults=PARIS)
    assert (found.figures["engine"], found.figures["emails"], found.figures["orders"]) == ("columns", 0, 0)


@pytest.mark.parametrize("trial", [Rule("std", min_orders=1), Rule("std", min_orders=1, experiment=Experiment("e"))])
def test_orders_after_the_last_day_are_not_read(sessions: Any, trial: Rule) -> None:
    """They were in the number of orders and of customers of a replay that ends before them."""
    every = rows(Random(3))
    keep(sessions, every)
    middle = sorted(row.ordered_at for row in every)[len(every) // 2].date()
    zones = {"Europe/Paris", *(store.zone for store in STORES.values() if store.zone)}
    midnight = max(datetime.combine(middle + timedelta(days=1), time(), ZoneInfo(zone)) for zone in zones)
    period = Period(1, middle.toordinal(), middle.toordinal())
    found = replay_stored(sessions, RuleSet((trial,)), against=None, period=period, defaults=PARIS)
    stored = {row.order_id: row for row in reversed(every) if row.type == "order.completed" and row.customer_id}
    until = [row for row in stored.values() if row.ordered_at < midnight]
    assert 0 < found.figures["orders"] == len(until) < len(stored)


def test_texts_that_hold_the_mark_between_texts_are_left_to_decide(sessions: Any) -> None:
    these = [row._replace(segment="a\x1fb") for row in rows(Random(2))]
    keep(sessions, these)
    found = replay_stored(sessions, RuleSet((Rule("a"),)), against=None, period=YEAR, defaults=PARIS)
    assert found.figures["engine"] == "decide"
    assert found.figures["emails"] > 0
