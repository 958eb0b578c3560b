"""Orders and rules drawn by a seed: what shops do, and everything that a rule may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow
from surveyor.core.rules import GlobalRules, Rule, RuleSet

STORES = {
    "SP": StoreFacts("Europe/Paris", "nord"),
    "SR": StoreFacts("Indian/Reunion", "sud"),
    "SN": StoreFacts("America/New_York", "sud"),
    "SX": StoreFacts("Europe/Paris", "nord", excluded=True),
}
START = datetime(2025, 12, 20, 6, tzinfo=UTC)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def rows(draw: Random, *, customers: int = 25) -> list[OrderRow]:
    """A year and a half of orders: travellers, households, cancellations, orders told twice or late, guests."""
    made: list[OrderRow] = []
    received = draw.random() < 0.3
    written = draw.choice(["+01:00", "+02:00", "-05:00"])
    for customer in range(customers):
        at = START + timedelta(days=draw.randrange(60), minutes=draw.randrange(1440))
        address = f"a{customer - (draw.random() < 0.1)}@example.fr"
        gap, home = draw.choice([3, 12, 25, 45]), draw.choice([*STORES, "unknown"])
        for _ in range(draw.randrange(1, 14)):
            store = draw.choice([*STORES, ""]) if draw.random() < 0.1 else home
            at += timedelta(days=draw.randrange(2 * gap), minutes=draw.choice([0, 0, 1, 720, draw.randrange(1440)]))
            made += _order(draw, at, (f"c{customer}", address, store, written), received=received)
    draw.shuffle(made)
    return made


def _order(draw: Random, at: datetime, facts: tuple[str, str, str, str], *, received: bool) -> list[OrderRow]:
    customer, address, store, written = facts
    number = draw.randrange(10**9)
    segment = draw.choice(["", "gold", "base"])
    collected = None if draw.random() < 0.03 else at + timedelta(minutes=draw.choice([0, 0, 90, 3000]))
    came = at + timedelta(minutes=draw.choice([5, 5, 5, 60, 9000])) if received else None
    zone = "+01:00" if draw.random() < 0.3 else written
    who = customer if draw.random() > 0.02 else ""
    row = OrderRow(
        f"e{number}", "order.completed", f"o{number}", who, address, store, segment, "sud", zone, at, collected, came
    )
    found = [row]
    if draw.random() < 0.03:
        found.append(row._replace(event_id=f"d{number}"))
    if draw.random() < 0.02:
        found.append(row._replace(event_id=f"f{number}", fulfilled_at=at + timedelta(days=2)))
    if draw.random() < 0.06:
        gone = at + timedelta(minutes=draw.choice([-60, 0, 30, 1500, 2900, 4000, 90000]))
        found.append(row._replace(event_id=f"x{number}", type="order.cancelled", ordered_at=gone, received_at=None))
    return found


def rules(draw: Random, **fixed: Any) -> RuleSet:
    """One to three rules with any of their keys, all on one date."""
    basis = draw.choice(["ordered_at", "fulfilled_at"])
    count = draw.choice([1, 1, 2, 3])
    made = tuple(Rule(**{**_rule(draw, number), "basis": basis, **fixed}) for number in range(count))
    return RuleSet(made, GlobalRules(floor_days=draw.choice([7, 30, 45]), holdout_salt=draw.choice(["", "h"])))


def _rule(draw: Random, number: int) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "id": draw.choice("abc") + str(number),
        "min_orders": draw.choice([1, 2, 2, 3, 4]),
        "priority": draw.choice([50, 100, 100, 200]),
        "delay_days": draw.choice([0, 1, 2, 2, 7, 30]),
        "send_time": draw.choice(["08:00", "10:00", "10:00", "19:45"]),
        "send_days": draw.choice([WEEK, WEEK, ("mon", "thu"), ("tue",)]),
        "idle_months": draw.choice([1, 2, 2, 6]),
        "max_late_days": draw.choice([0, 3, 3, 10]),
        "count_scope": draw.choice(["network", "network", "store"]),
        "sampling_rate": draw.choice([1.0, 1.0, 0.6]),
        "sampling_salt": draw.choice(["", "s1"]),
        "holdout_rate": draw.choice([0.0, 0.0, 0.1]),
        "cap_per_365d": draw.choice([None, None, 1, 2, 4]),
        "consume_orders": draw.random() < 0.2,
        "reminder_after_days": draw.choice([0, 0, 5]),
    }
    keys |= (
        {"window_days": draw.choice([10, 60, 90])} if draw.random() < 0.4 else {"window_months": draw.randrange(1, 5)}
    )
    if draw.random() < 0.4:
        keys["cooldown_days"] = draw.choice([7, 30, 90, 200])
    else:
        keys["cooldown_months"] = draw.randrange(1, 7)
    if draw.random() < 0.15:
        keys["segments"] = ("gold",)
    if draw.random() < 0.15:
        keys["store_ids"] = ("SP", "SR", "SX")
    if draw.random() < 0.15:
        keys["regions"] = ("sud",)
    return keys
