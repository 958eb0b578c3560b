"""The written cases that columns accept bring the emails that are written, and every refusal that `decide` counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.history import Regime, StoreFacts
from surveyor.core.replay import OrderRow, Period, bases_of, gather
from surveyor.core.replay import run as lived
from surveyor.core.rules import RuleSet, from_plain, globals_from_plain

pytest.importorskip("numpy", reason="the optional extra `fast` (numpy) is not installed")

from surveyor.vector.known import unknown_in
from surveyor.vector.living import run
from surveyor.vector.told import Telling

DOCUMENT = json.loads((Path(__file__).parents[1] / "golden" / "rule_scenarios.json").read_text(encoding="utf-8"))
STORES = {
    store["id"]: StoreFacts(store["tz"], store.get("region", ""), store.get("excluded", False))
    for store in DOCUMENT["stores"]
}
#: What a file of orders does not say, and an ideal worker does not live.
ELSEWHERE = {
    *("unsubscribe", "complain", "bounce", "block", "pause", "less_often", "disable_rule", "publish"),
    *("worker_down", "provider_refuses"),
}


def rules_of(inputs: Mapping[str, Any]) -> RuleSet:
    above = globals_from_plain({**DOCUMENT.get("global_defaults", {}), **inputs.get("global", {})})
    return RuleSet(tuple(from_plain({**DOCUMENT["rule_defaults"], **rule}) for rule in inputs["rules"]), above)


def accepted() -> list[Any]:
    """Cases of orders alone, under rules that columns know, each customer with an address."""
    return [
        scenario
        for scenario in DOCUMENT["scenarios"]
        if not ELSEWHERE & {name for name, value in scenario["inputs"].items() if value}
        and unknown_in(rules_of(scenario["inputs"])) is None
        and all(customer.get("email") for customer in scenario["inputs"]["customers"])
        and not any(order.get("history") or "updates" in order for order in scenario["inputs"]["orders"])
    ]


def rows_of(inputs: Mapping[str, Any], basis: str) -> list[OrderRow]:
    customers = {customer["id"]: customer for customer in inputs["customers"]}
    found = []
    for order in inputs["orders"]:
        who = customers[order["customer"]]
        ordered, fulfilled = at(order["ordered_at"]), at(order.get("fulfilled_at"))
        assert ordered is not None
        row = OrderRow(
            order["id"],
            "order.completed",
            order["id"],
            who["id"],
            who["email"].strip().lower(),
            order["store"],
            who.get("segment") or "",
            "",
            "+00:00",
            ordered,
            fulfilled,
            at(order.get("received_at") or order.get(basis)),
        )
        found.append(row)
        if order.get("cancelled_at"):
            found.append(row._replace(type="order.cancelled", received_at=at(order["cancelled_at"])))
    return found


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def test_enough_written_cases_are_accepted() -> None:
    assert len(accepted()) >= 30


@pytest.mark.parametrize("scenario", accepted(), ids=lambda scenario: scenario["id"])
def test_a_written_case_by_columns(scenario: dict[str, Any]) -> None:
    version = rules_of(scenario["inputs"])
    bases = bases_of(version)
    rows = rows_of(scenario["inputs"], *bases)
    telling = Telling(STORES)
    for row in rows:
        telling.take(row)
    gathered = gather(rows, bases=bases, stores=STORES)
    truth = lived(gathered, Regime(version, gathered.stores), period=Period())
    orders = telling.done()
    found = run(orders, Regime(version, orders.stores), period=Period(), bases=bases)
    assert found.sends == truth.sends
    assert {str(reason): count for reason, count in found.decisions.items() if count} == {
        str(reason): count for reason, count in truth.decisions.items() if count
    }
    assert +found.dropped == +truth.dropped
    written = sorted((rule, label) for rule, label, *_ in scenario["sends"])
    assert sorted((send.rule_id, send.trigger_event_id) for send in found.sends) == written
