"""A replay under one version: each person's life, and those that need none to be counted."""

from __future__ import annotations

from collections.abc import Sequence

from surveyor.core.history import Regime, day_of
from surveyor.core.reasons import Reason
from surveyor.core.replay.life import Life
from surveyor.core.replay.plain_life import PlainLife
from surveyor.core.replay.results import PLACE, WHOLE, Period, Run, Send
from surveyor.core.replay.rows import Event, Gathered
from surveyor.core.replay.thresholds import Thresholds


def run(gathered: Gathered, regime: Regime, *, period: Period = WHOLE, counting: bool = True) -> Run:
    """Live every person's events; what is scheduled at the end is sent.

    `counting`: orders that thresholds settle are counted; False asks `decide` of each, slower, and says the same.
    """
    sends: list[Send] = []
    result = Run(sends)
    fewest = _fewest_orders(regime) if counting else 0
    table = Thresholds.of(regime) if counting else None
    life = Life(regime, result, period, sends)
    plain = None if table is None else PlainLife(table, result, period, sends)
    for group in gathered.groups:
        uncancelled = not group.cancelled
        if len(group.events) < fewest and uncancelled:
            result.decisions[Reason.BELOW_MIN_ORDERS] += _dated(group.events, regime, period)
        elif plain is not None and uncancelled and len(group.customers) == 1:
            plain.live(group)
        elif regime.active:
            life.live(group)
    sends.sort(key=PLACE)
    return result


def _fewest_orders(regime: Regime) -> int:
    """Below this many events nobody can be asked and each decision is BELOW_MIN_ORDERS; 0 when that cannot be said."""
    fewest = []
    for rule in regime.active:
        if rule.segments or rule.store_ids or rule.regions:
            return 0
        arms = rule.experiment.arms if rule.experiment else ()
        fewest += [rule.min_orders, *(rule.with_arm(arm).min_orders for arm in arms)]
    return min(fewest, default=0)


def _dated(events: Sequence[Event], regime: Regime, period: Period) -> int:
    """How many (order, rule) have a date to decide upon, in the period."""
    orders = {order_id: order for _, _, order_id, _, _, order, _ in events if order is not None}
    days = [day_of(order, rule.basis) for order in orders.values() for rule in regime.active]
    return sum(1 for day in days if day is not None and day in period)
