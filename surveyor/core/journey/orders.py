"""An order becomes known, completed or cancelled: every rule that it concerns decides, once (rules.md, 5 and 10)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.checks import View, rule_lived, window_start
from surveyor.core.history import BASES, Order, Regime, day_of, place
from surveyor.core.journey.effects import Effect
from surveyor.core.journey.planning import follow_latest
from surveyor.core.journey.settling import close, free, settle
from surveyor.core.person import Person
from surveyor.core.reasons import Reason
from surveyor.core.rules import Rule


def order_known(person: Person, customer_id: str, *, order: Order, regime: Regime, now: datetime) -> list[Effect]:
    """A new order of this account: decided by each active rule whose basis date it has, then the newer ones it opens.

    `order.cancelled` is already True when its cancellation came first. An order that is known already changes nothing
    (its missing date is `order_fulfilled`).
    """
    account = person.accounts[customer_id]
    if order.id in account.orders:
        return []
    account.add(order)
    bases = BASES if order.fulfilled_at is not None else BASES[:1]
    return _dated(View(person, account, regime), order, bases, now)


def order_fulfilled(
    person: Person, customer_id: str, *, order_id: str, at: datetime, regime: Regime, now: datetime
) -> list[Effect]:
    """A known order that had no such date was collected or delivered `at`; rules on `fulfilled_at` decide now.

    Raises KeyError for an order that is not remembered (any more): `account.recall` it first.
    """
    account = person.accounts[customer_id]
    order = account.orders[order_id]
    if order.fulfilled_at is not None:
        return []
    order.fulfil(at)
    account.date(order, "fulfilled_at")
    view = View(person, account, regime)
    return follow_latest(view) if order.history else _dated(view, order, BASES[1:], now)


def history_known(person: Person, customer_id: str, *, order: Order, regime: Regime) -> list[Effect]:
    """An order of before (import --history): counts, never decides, opens no decision again; may re-time a cycle."""
    account = person.accounts[customer_id]
    if order.id in account.orders:
        return []
    order.history = True
    account.add(order)
    return follow_latest(View(person, account, regime))


def order_cancelled(person: Person, customer_id: str, *, order_id: str, regime: Regime, now: datetime) -> list[Effect]:
    """A known order counts no more. The open invitation that it decided is dropped at once, which frees decisions."""
    account = person.accounts[customer_id]
    order = account.orders.get(order_id)
    if order is None or order.cancelled:
        return []
    order.cancelled = True
    view = View(person, account, regime)
    effects: list[Effect] = []
    opened = account.open
    if opened is not None and opened.order_id == order_id and not opened.recurring:
        effects += close(opened, view, state="dropped", reason=Reason.ANCHOR_CANCELLED, now=now)
        effects += free(opened.blocked, view, now=now)
    return effects + follow_latest(view)


def _dated(view: View, order: Order, bases: tuple[str, ...], now: datetime) -> list[Effect]:
    """The order's date is now known for these bases: the rules that look at them decide."""
    rules, dated = view.regime.by_bases[bases], view.account.dated
    if len(rules) == 1:
        effects = settle(rules[0], view, order=order, now=now)
    else:
        effects = [effect for rule in rules for effect in settle(rule, view, order=order, now=now)]
    for basis in bases:
        if dated[basis][-1] is not order:
            for newer, rule in _reopened(view, order, rules):
                effects += settle(rule, view, order=newer, now=now, cause="late order", former=Reason.BELOW_MIN_ORDERS)
            break
    return effects + follow_latest(view) if view.account.cycles else effects


def _reopened(view: View, order: Order, rules: tuple[Rule, ...]) -> list[tuple[Order, Rule]]:
    """Newer orders refused by a rule for want of orders, whose window has this one; oldest first, then by rule."""
    found: list[tuple[tuple[datetime, str], int, Order, Rule]] = []
    for rank, rule in enumerate(rules):
        key, dated = place(rule.basis), day_of(order, rule.basis)
        assert dated is not None
        for newer in reversed(view.account.dated[rule.basis]):
            if newer is order:
                break
            if rule.id in newer.below and _contains(rule, view.account.id, newer, dated):
                found.append((key(newer), rank, newer, rule))
    found.sort(key=lambda entry: entry[:2])
    return [(newer, rule) for _, _, newer, rule in found]


def _contains(rule: Rule, customer_id: str, newer: Order, dated: int) -> bool:
    day = day_of(newer, rule.basis)
    assert day is not None
    lived, _ = rule_lived(rule, customer_id, day)
    return window_start(lived, day) < dated <= day
