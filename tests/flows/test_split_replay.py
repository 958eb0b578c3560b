"""A replay split between processes says what one process says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from surveyor.core.history import Regime
from surveyor.core.replay import Gathered, OrderRow, Period, bases_of, gather, run
from surveyor.core.rules import RuleSet, check_rules
from surveyor.flows.split_replay import split_run

TEXT = """
[[rule]]
id = "first"
min_orders = 2
window_days = 60
cooldown_days = 60
idle_months = 2
reminder_after_days = 5
basis = "ordered_at"
sampling_rate = 0.7

[[rule]]
id = "second"
min_orders = 1
window_days = 30
cooldown_days = 90
idle_months = 2
priority = 200
basis = "ordered_at"
"""
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def rules() -> RuleSet:
    found, problems = check_rules(TEXT.encode())
    assert found is not None, problems
    return found


def gathered(customers: int) -> Gathered:
    """Ten orders of each customer, every other one of whom lives with the next at one address; a few are cancelled."""
    rows = []
    for number in range(customers * 10):
        customer, turn = number % customers, number // customers
        at = START + timedelta(days=21 * turn + customer % 17, minutes=customer)
        facts = (
            f"o{number}",
            f"c{customer}",
            f"a{customer // 2}@example.fr",
            f"S{customer % 5}",
            f"g{customer % 3}",
            "",
        )
        rows.append(OrderRow(f"e{number}", "order.completed", *facts, "+01:00", at, at, None))
        if number % 13 == 0:
            cancelled = at + timedelta(days=1)
            rows.append(OrderRow(f"x{number}", "order.cancelled", *facts, "+01:00", at, None, cancelled))
    return gather(rows, bases=bases_of(rules()), stores={})


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("customers", [0, 1, 80])
def test_a_split_replay_says_what_one_process_says(customers: int, processes: int) -> None:
    period = Period()
    orders = gathered(customers)
    regime = Regime(rules(), orders.stores)
    whole = run(gathered(customers), regime, period=period)
    assert split_run(orders, regime, period=period, processes=processes) == whole
    if customers > 1:
        assert whole.sends
        assert whole.dropped
        assert whole.reminders
