"""What days alone say of an order under a rule that looks at nothing else: tables, each made once for a replay.

What such a rule answers to most orders is a comparison of days (performance.md, 3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from surveyor.core.calendar import add_months, planned_slot
from surveyor.core.checks import cooldown_end, window_start
from surveyor.core.history import Regime
from surveyor.core.rules import Rule

#: The zone of an account that got no email; no order has it.
NOWHERE = "-"

#: The planned day of an email, its instant, and the local day of that instant.
Slot = tuple[int, datetime, int]


def plain_rule(regime: Regime) -> Rule | None:
    """The one active rule, when it looks at nothing but days and numbers of orders."""
    if len(regime.active) != 1:
        return None
    rule = regime.active[0]
    scoped = rule.segments or rule.store_ids or rule.regions or rule.count_scope != "network"
    drawn = rule.experiment is not None or rule.sampling_rate < 1 or rule.holdout_rate
    more = rule.mode != "order" or rule.consume_orders or rule.cap_per_365d is not None or rule.allow_night
    return None if scoped or drawn or more else rule


class _Days(dict[int, int]):
    """A function of a day, each answer found when it is first asked for."""

    def __init__(self, found: Callable[[int], int]) -> None:
        self.found = found

    def __missing__(self, day: int) -> int:
        found = self[day] = self.found(day)
        return found


class _Slots(dict[int, Slot]):
    """The slot of an order of a day, in one zone."""

    def __init__(self, rule: Rule, zone: str) -> None:
        self.rule, self.zone = rule, zone

    def __missing__(self, day: int) -> Slot:
        rule = self.rule
        found = self[day] = planned_slot(day + rule.delay_days, rule.send_time, rule.send_days, self.zone)
        return found


class Thresholds:
    """The tables of one plain rule: `window`, `cooldown` and `idle` by day, `slots` by zone and day.

    `window`: the day before the first of the window of an order; `cooldown`: the first day allowed after an email;
    `idle`: the latest day on which the last order is too old (None: no order is).
    """

    __slots__ = ("by_order", "cooldown", "idle", "needed", "regime", "rule", "slots", "window")

    def __init__(self, rule: Rule, regime: Regime) -> None:
        self.rule, self.regime = rule, regime
        self.by_order, self.needed = rule.basis == "ordered_at", rule.min_orders - 1
        self.window = _Days(lambda day: window_start(rule, day))
        self.cooldown = _Days(lambda day: cooldown_end(rule, day, above=regime.globals, gap_months=None))
        self.idle = _Days(lambda day: add_months(day, -rule.idle_months)) if rule.idle_months else None
        self.slots: dict[str, _Slots] = {}

    @staticmethod
    def of(regime: Regime) -> Thresholds | None:
        """Those of a regime whose one rule is plain."""
        rule = plain_rule(regime)
        return None if rule is None else Thresholds(rule, regime)

    def slots_in(self, zone: str) -> dict[int, Slot]:
        """The slots in one zone."""
        found = self.slots.get(zone)
        if found is None:
            found = self.slots[zone] = _Slots(self.rule, zone)
        return found
