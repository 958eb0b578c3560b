"""Random worlds for the property tests of the rules: customers, orders, outages, choices, and rules for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

STORES = [
    {"id": "S1", "tz": "Europe/Paris", "region": "nord", "excluded": False},
    {"id": "S2", "tz": "Europe/Paris", "region": "sud", "excluded": False},
    {"id": "RE1", "tz": "Indian/Reunion", "region": "outremer", "excluded": False},
    {"id": "MQ1", "tz": "America/Martinique", "region": "outremer", "excluded": False},
    {"id": "SX", "tz": "Europe/Paris", "region": "nord", "excluded": True},
]
DEFAULTS: dict[str, Any] = {"rule_defaults": {"sampling_salt": "s1"}, "global_defaults": {}, "stores": STORES}
START = datetime(2026, 1, 5, 6, tzinfo=UTC)
MINUTES_A_DAY = 24 * 60
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")


def instants(days: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, days * MINUTES_A_DAY // 15).map(lambda quarter: START + timedelta(minutes=15 * quarter))


@st.composite
def rules(draw: st.DrawFn, *, modes: tuple[str, ...] = ("order", "recurring"), most: int = 2) -> list[dict[str, Any]]:
    found = []
    for n in range(draw(st.integers(1, most))):
        rule: dict[str, Any] = {
            "id": f"r{n}",
            "mode": draw(st.sampled_from(modes)),
            "priority": draw(st.sampled_from([10, 100])),
            "min_orders": draw(st.integers(1, 3)),
            "delay_days": draw(st.integers(0, 4)),
            "send_time": draw(st.sampled_from(["10:00", "19:30", "08:00"])),
            "send_days": draw(st.sampled_from([WEEK, WEEK[:5], ["tue", "sat"]])),
            "idle_months": draw(st.integers(1, 3)),
            "max_late_days": draw(st.sampled_from([0, 3, 10])),
            "cap_per_365d": draw(st.sampled_from([None, None, 2])),
            "count_scope": draw(st.sampled_from(["network", "network", "store"])),
            "sampling_rate": draw(st.sampled_from([1.0, 1.0, 0.6])),
            "holdout_rate": draw(st.sampled_from([0.0, 0.0, 0.4])),
        }
        rule |= draw(st.sampled_from([{}, {"window_months": 1}, {"window_days": 20}]))
        rule |= draw(st.sampled_from([{}, {"cooldown_months": 1}, {"cooldown_days": 7}, {"cooldown_days": 45}]))
        found.append(rule)
    return found


@st.composite
def orders(
    draw: st.DrawFn, *, customers: int = 2, days: int = 240, most: int = 24, late: int = 20
) -> list[dict[str, Any]]:
    found = []
    for n in range(draw(st.integers(1, most))):
        at = draw(instants(days))
        order: dict[str, Any] = {
            "id": f"o{n:02}",
            "customer": f"c{draw(st.integers(1, customers))}",
            "store": draw(st.sampled_from(["S1", "S1", "S1", "S2", "RE1", "MQ1", "SX"])),
            "ordered_at": text(at),
            "fulfilled_at": text(at),
        }
        if late and draw(st.integers(0, 4)) == 0:
            order["received_at"] = text(at + draw(instants(late)).__sub__(START))
        if draw(st.integers(0, 6)) == 0:
            order["cancelled_at"] = text(at + draw(instants(20)).__sub__(START))
        found.append(order)
    return found


@st.composite
def worlds(draw: st.DrawFn, **choices: Any) -> dict[str, Any]:
    down = draw(st.lists(instants(240), max_size=2))
    inputs: dict[str, Any] = {
        "rules": draw(rules(**choices)),
        "customers": [
            {"id": "c1", "email": "ana@example.org", "segment": "default"},
            {"id": "c2", "email": draw(st.sampled_from(["ANA@example.org", "bob@example.org", None])), "segment": ""},
        ],
        "orders": draw(orders()),
        "worker_down": [[text(at), text(at + timedelta(hours=draw(st.integers(1, 120))))] for at in down],
        "provider_refuses": [],
    }
    for what in ("unsubscribe", "bounce"):
        if draw(st.integers(0, 5)) == 0:
            inputs[what] = {"c1": text(draw(instants(240)))}
    if draw(st.integers(0, 4)) == 0:
        inputs["pause"] = {"c1": [text(draw(instants(120))), "2026-06-01"]}
    if draw(st.integers(0, 4)) == 0:
        inputs["less_often"] = {"c1": [text(draw(instants(120))), 4]}
    if draw(st.integers(0, 3)) == 0:
        inputs["provider_refuses"] = [text(START + timedelta(days=n, hours=3)) for n in range(0, 240, 3)]
    return inputs
