"""An account as compact JSON values and back: the one row per customer that a decision reads instead of the orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.calendar import instant_of
from surveyor.core.history import Account, Blocked, Cycle, Hold, Invitation, Order, Regime, place
from surveyor.core.reasons import Reason
from surveyor.core.rules import Rule
from surveyor.core.snapshots import rule_of, snapshot

#: Raised by one when the form changes: a row of another version is rebuilt from orders.
FORMAT = 2
#: Orders may come this late and still be counted from the state alone (rules.md, 14).
LATE_DAYS = 30
YEAR = timedelta(days=367)
_LONGEST_MONTH = 31
_EPOCH = instant_of(0)
#: Flags of an order beside cancelled (1) and history (2): completed when ordered, later, refused for want of orders.
_AT_ONCE, _FULFILLED, _BELOW = 4, 8, 16
#: The length of a row whose flags say no more.
_SHORT = 6
_NO_RULES: frozenset[str] = frozenset()
_blank = Order.__new__
#: Looked up: asking an enumeration for its member costs several times as much.
_REASONS: dict[str, Reason] = {reason.value: reason for reason in Reason}


def to_plain(account: Account) -> dict[str, Any]:
    """The account as JSON values; empty parts are left out. Address, segment and suppressions are not in it."""
    plain: dict[str, Any] = {"v": FORMAT}
    if account.orders:
        plain["o"] = [_plain_order(order) for order in account.dated["ordered_at"]]
    if account.holds:
        plain["h"] = {rule_id: [hold.until, hold.order_id] for rule_id, hold in account.holds.items()}
    if account.cycles:
        plain["c"] = [_plain_cycle(cycle) for cycle in account.cycles.values()]
    if account.sent:
        plain["s"] = [_plain_instant(at) for at in account.sent]
    if account.open is not None:
        plain["i"] = _plain_invitation(account.open)
    return plain


def from_plain(customer_id: str, plain: Mapping[str, Any], *, email_known: bool = True, segment: str = "") -> Account:
    """The account that `to_plain` described. Raises ValueError for another version of the form: rebuild it."""
    if plain.get("v") != FORMAT:
        raise ValueError(f"customer state of form {plain.get('v')!r}, expected {FORMAT}: rebuild it from orders")
    account = Account(customer_id, email_known=email_known, segment=segment)
    if "o" in plain:
        _take_orders(account, plain["o"])
    if "h" in plain:
        account.holds = {rule_id: Hold(until, order_id) for rule_id, (until, order_id) in plain["h"].items()}
    if "c" in plain:
        account.cycles = {row[0]: _cycle(row) for row in plain["c"]}
    if "s" in plain:
        account.sent = [instant_at(value) for value in plain["s"]]
    if "i" in plain:
        account.open = _invitation(customer_id, plain["i"])
    return account


def days_to_remember(regime: Regime) -> int:
    """How many days back an order can matter to the active rules: longest window or idle time, and what is late."""
    most = 0
    for rule in regime.active:
        variants = [rule]
        if rule.experiment is not None:
            variants += [rule.with_arm(arm) for arm in rule.experiment.arms]
        most = max(most, *(_reach(variant) for variant in variants))
    return most + LATE_DAYS


def latest_day(account: Account) -> int:
    """The day of the latest order that is remembered; 0 without any."""
    line = account.dated["ordered_at"]
    return line[-1].ordered_day if line else 0


def forget(account: Account, *, before: int) -> bool:
    """Forget orders dated before the day `before` that nothing waits for, and SENT a year older than the last.

    Whether an order was forgotten.
    """
    if len(account.sent) > 1:
        account.sent = [at for at in account.sent if at > account.sent[-1] - YEAR]
    if account.holds:
        account.holds = {rule_id: hold for rule_id, hold in account.holds.items() if hold.until > before}
    old: list[Order] = []
    for order in account.dated["ordered_at"]:
        if order.ordered_day >= before:
            break  # those after it are younger, but for the days by which zones differ
        if (order.fulfilled_day or 0) < before:
            old.append(order)
    if not old:
        return False
    kept = _waited_for(account)
    gone = {order.id for order in old if order.id not in kept}
    if gone:
        for order_id in gone:
            del account.orders[order_id]
        account.dated = {basis: _without(line, gone) for basis, line in account.dated.items()}
    return bool(gone)


def _without(line: list[Order], gone: Collection[str]) -> list[Order]:
    """The line without these orders, which nearly always begin it."""
    first = len(gone)
    for order in line[:first]:
        if order.id not in gone:
            return [order for order in line if order.id not in gone]
    return line[first:]


def _waited_for(account: Account) -> set[str]:
    """Orders still looked at by name: of what is open, of what waits for it, and the latest that a cycle follows."""
    kept = {latest.id for basis in account.dated if (latest := account.latest(basis)) is not None}
    if account.open is not None:
        kept.add(account.open.order_id)
        kept |= {blocked.order_id for blocked in account.open.blocked}
    return kept


def _reach(rule: Rule) -> int:
    window = rule.window_days if rule.window_days is not None else _LONGEST_MONTH * (rule.window_months or 0)
    held = rule.delay_days + 7 + rule.max_late_days
    return max(window + held, _LONGEST_MONTH * rule.idle_months)


def _plain_instant(at: datetime) -> float | int:
    seconds = at.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def instant_at(seconds: float) -> datetime:
    """Seconds since 1970, whole or with a fraction, as an instant."""
    if seconds.__class__ is int:
        return _EPOCH + timedelta(seconds=seconds)
    whole = int(seconds // 1)
    return instant_of(whole) + timedelta(microseconds=round((seconds - whole) * 1_000_000))


def _plain_order(order: Order) -> list[Any]:
    """[id, ordered, day, store, zone, flags], then what the flags say: completed and its day, the rules of `below`."""
    plain = order.plain
    if plain is not None and plain[5] == _AT_ONCE and not (order.cancelled or order.history or order.below):
        return plain
    flags = (1 if order.cancelled else 0) | (2 if order.history else 0)
    row: list[Any] = [order.id, _plain_instant(order.ordered_at), order.ordered_day, order.store_id, order.zone, flags]
    if order.fulfilled_at is order.ordered_at or order.fulfilled_at == order.ordered_at:
        row[5] |= _AT_ONCE
    elif order.fulfilled_at is not None:
        row[5] |= _FULFILLED
        row += (_plain_instant(order.fulfilled_at), order.fulfilled_day)
    if order.below:
        row[5] |= _BELOW
        row.append(sorted(order.below))
    return row


def _take_orders(account: Account, rows: list[list[Any]]) -> None:
    """The orders of a plain form, which are in the order of `ordered_at`: nothing of them is computed again."""
    orders = account.dated["ordered_at"]
    at_once = True
    for row in rows:
        order = _blank(Order)
        order.id, ordered, day, order.store_id, order.zone, flags = row if len(row) == _SHORT else row[:6]
        at = _EPOCH + timedelta(0, ordered) if ordered.__class__ is int else instant_at(ordered)
        order.ordered_at, order.fulfilled_at, order.ordered_day, order.fulfilled_day = at, at, day, day
        order.plain, order.cancelled, order.history, order.below = row, False, False, _NO_RULES
        if flags != _AT_ONCE:
            at_once = _flagged(order, row, flags) and at_once
        orders.append(order)
    account.orders = {order.id: order for order in orders}
    if at_once:
        account.dated["fulfilled_at"] = orders.copy()
        return
    completed = [order for order in orders if order.fulfilled_at is not None]
    completed.sort(key=place("fulfilled_at"))
    account.dated["fulfilled_at"] = completed


def _flagged(order: Order, row: list[Any], flags: int) -> bool:
    """What the flags of an order say beside "completed when ordered"; whether they say that."""
    if not flags & _AT_ONCE:
        order.fulfilled_at = order.fulfilled_day = None
        if flags & _FULFILLED:
            order.fulfilled_at, order.fulfilled_day = instant_at(row[6]), row[7]
    order.cancelled, order.history = bool(flags & 1), bool(flags & 2)
    if flags & _BELOW:
        order.below = frozenset(row[-1])
    return bool(flags & _AT_ONCE)


def _plain_cycle(cycle: Cycle) -> list[Any]:
    return [
        cycle.rule_id,
        cycle.opened_by,
        cycle.occurrence,
        cycle.priority,
        list(cycle.last),
        cycle.store_id,
        cycle.zone,
        cycle.send_time,
        cycle.due_day,
        cycle.look_day,
        None if cycle.at is None else _plain_instant(cycle.at),
    ]


def _cycle(row: list[Any]) -> Cycle:
    rule_id, opened_by, occurrence, priority, last, store_id, zone, send_time, due_day, look_day, at = row
    cycle = Cycle(rule_id, opened_by, occurrence, priority, tuple(last), store_id, zone, send_time, due_day, look_day)
    cycle.at = None if at is None else instant_at(at)
    return cycle


def _plain_invitation(invitation: Invitation) -> dict[str, Any]:
    return {
        "k": invitation.key,
        "r": snapshot(invitation.rule),
        "f": [
            invitation.version,
            invitation.arm,
            invitation.order_id,
            invitation.opened_by,
            invitation.occurrence,
            invitation.store_id,
            invitation.zone,
            invitation.due_day,
            invitation.counted,
        ],
        "a": _plain_instant(invitation.at),
        "b": [*invitation.blocked],
    }


def _invitation(customer_id: str, plain: Mapping[str, Any]) -> Invitation:
    version, arm, order_id, opened_by, occurrence, store_id, zone, due_day, counted = plain["f"]
    return Invitation(
        plain["k"],
        customer_id,
        rule_of(plain["r"]),
        version,
        arm,
        order_id,
        opened_by,
        occurrence,
        store_id,
        zone,
        due_day,
        instant_at(plain["a"]),
        counted,
        [Blocked(customer, rule, order, _REASONS[reason]) for customer, rule, order, reason in plain["b"]],
    )
