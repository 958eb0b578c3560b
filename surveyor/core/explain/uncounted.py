"""The orders that a decision did not count, and why: beside those that it names."""

from __future__ import annotations

from collections.abc import Iterable

from surveyor.core.checks import MOST_IDS
from surveyor.core.decision import Decision
from surveyor.core.history import Order, day_of, place
from surveyor.core.rules import Rule


def not_counted(decision: Decision, rule: Rule, orders: Iterable[Order]) -> list[tuple[str, str]]:
    """The customer's other orders and why each was not counted, oldest first.

    Why: "cancelled", "unknown date", "later", "before the window", "other store", "used up"; orders of the list beyond
    the fifty that a decision names are left out.
    """
    if decision.window_start is None or (decision.counted or 0) > MOST_IDS:
        return []
    known = {order.id: order for order in orders}
    deciding, counted = known.get(decision.order_id), set(decision.order_ids)
    found = [
        (order.ordered_at, order.id, _why_not(order, decision, rule, deciding))
        for order in known.values()
        if order.id not in counted
    ]
    return [(order_id, why) for _, order_id, why in sorted(found)]


def _why_not(order: Order, decision: Decision, rule: Rule, deciding: Order | None) -> str:
    day, start = day_of(order, rule.basis), decision.window_start or 0
    if order.cancelled:
        return "cancelled"
    if day is None:
        return "unknown date"
    if day > decision.day or (deciding is not None and place(rule.basis)(order) > place(rule.basis)(deciding)):
        return "later"
    if day <= start:
        return "before the window"
    if rule.count_scope == "store" and order.store_id != decision.store_id:
        return "other store"
    return "used up"
