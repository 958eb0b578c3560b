"""From columns to what core/replay says of a run: emails, decisions, what was dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from surveyor.core.history import Regime
from surveyor.core.replay import Gathered, Gathering, Period, Run, Send, joined
from surveyor.core.replay import run as lived
from surveyor.vector.orders import NEVER, Orders
from surveyor.vector.prepared import Line, Sight, line_of, sight_of
from surveyor.vector.rounds import REASONS, Outcome, Rounds


def run(orders: Orders, regime: Regime, *, period: Period, bases: frozenset[str], only: Any = None) -> Run:
    """What `core.replay.run` says of these orders gathered for `bases`. The rules must be known (`unknown_in`).

    `only`: of these accounts, by place, none of whom shares an address with another.
    """
    rules = regime.active
    if not rules:
        return Run()
    line = line_of(orders, rules[0].basis, both=len(bases) > 1, only=only)
    if any(rule.consume_orders for rule in rules):
        _leave_cancelled(line)
    sights = [sight_of(line, rule, regime) for rule in rules]
    outcome = Rounds(line, sights, regime).live()
    by_columns = _run(line, sights, outcome, period)
    left = np.flatnonzero(line.odd | outcome.left)
    if only is not None:
        left = np.intersect1d(left, only)
    if not left.size:
        return by_columns
    return joined([by_columns, lived(gathered(orders, left, bases), regime, period=period)])


def gathered(orders: Orders, accounts: Any, bases: frozenset[str]) -> Gathered:
    """The orders of these accounts, gathered for `decide`."""
    gathering = Gathering(bases, orders.stores)
    for row in orders.rows(accounts):
        gathering.take(row)
    return gathering.done()


def _leave_cancelled(line: Line) -> None:
    """`consume_orders` counts anew after each email: accounts with a cancellation are left to `decide`."""
    account = np.unique(line.account[line.cancelled != NEVER])
    kept = ~np.isin(line.account, account)
    line.odd[account] = True
    for name in ("place", "account", "rank", "day", "zone", "store", "now", "cancelled"):
        setattr(line, name, getattr(line, name)[kept])
    line.count = np.bincount(line.account, minlength=len(line.count))
    line.start = np.cumsum(line.count) - line.count


def _run(line: Line, sights: list[Sight], outcome: Outcome, period: Period) -> Run:
    mine = ~outcome.left
    found = Run(decisions=defaultdict(int))
    told = mine[line.account] & (line.day >= period.first) & (line.day <= period.last)
    for answers in outcome.answers:
        for code, count in enumerate(np.bincount(answers[told], minlength=len(REASONS)).tolist()):
            if count:
                found.decisions[REASONS[code]] += count
    superseded = sum(int(mine[who].sum()) for who in outcome.superseded)
    if superseded:
        found.dropped = Counter({"SUPERSEDED": superseded})
    if outcome.sent:
        _send(line, sights, outcome, period, found)
    return found


def _send(line: Line, sights: list[Sight], outcome: Outcome, period: Period, found: Run) -> None:
    order = np.concatenate([order for order, _ in outcome.sent])
    rule = np.concatenate([rule for _, rule in outcome.sent])
    kept = ~outcome.left[line.account[order]]
    order, rule = order[kept], rule[kept]
    day, counted = np.empty_like(order), np.empty_like(order)
    for number, sight in enumerate(sights):
        mine = rule == number
        day[mine], counted[mine] = sight.day[order[mine]], sight.counted[order[mine]]
        found.reminders += int(mine.sum()) if sight.rule.reminder_after_days else 0
    kept = (day >= period.first) & (day <= period.last)
    order, rule, day, counted = order[kept], rule[kept], day[kept], counted[kept]
    placed = _by_day_and_customer(line, order, day)
    order, rule, day, counted = order[placed], rule[placed], day[placed], counted[placed]
    orders, places = line.orders, line.place[order].tolist()
    account, store = line.account[order].tolist(), line.store[order].tolist()
    ids = [sight.rule.id for sight in sights]
    found.sends = list(
        map(
            Send._make,
            zip(
                map(orders.accounts.__getitem__, account),
                map(orders.event_ids.__getitem__, places),
                line.day[order].tolist(),
                day.tolist(),
                counted.tolist(),
                map(ids.__getitem__, rule.tolist()),
                map(orders.store_ids.__getitem__, store),
                map(orders.segments.__getitem__, account),
                strict=True,
            ),
        )
    )


def _by_day_and_customer(line: Line, order: Any, day: Any) -> Any:
    """Emails are listed by day, then by customer as text."""
    account = line.account[order]
    reached = np.unique(account)
    names = line.orders.accounts
    rank: Any = np.zeros(len(names), dtype=np.int64)
    rank[sorted(reached.tolist(), key=names.__getitem__)] = np.arange(len(reached))
    return np.lexsort((rank[account], day))
