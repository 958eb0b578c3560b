"""From columns to what core/replay says of a run: emails, decisions, what was dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from surveyor.core.history import Regime
from surveyor.core.replay import Gathered, Gathering, Period, Run, Send
from surveyor.core.replay import run as lived
from surveyor.vector.emails import Emails
from surveyor.vector.orders import NEVER, Orders
from surveyor.vector.prepared import Line, Sight, line_of, sight_of
from surveyor.vector.rounds import REASONS, Outcome, Rounds


def run(
    orders: Orders,
    regime: Regime,
    *,
    period: Period,
    bases: frozenset[str],
    only: Any = None,
    line: Line | None = None,
) -> Run:
    """What `core.replay.run` says of these orders gathered for `bases`. The rules must be known (`unknown_in`).

    `only`: of these accounts, by place, none of whom shares an address with another. `line`: what `line_of` says, when
    it is there already.
    """
    rules = regime.active
    if not rules:
        return Run()
    if line is None:
        line = line_of(orders, rules[0].basis, both=len(bases) > 1, only=only)
    if any(rule.consume_orders for rule in rules):
        line = _without_cancelled(line)
    sights = [sight_of(line, rule, regime) for rule in rules]
    outcome = Rounds(line, sights, regime).live()
    left = np.flatnonzero(line.odd | outcome.left)
    if only is not None:
        left = np.intersect1d(left, only)
    others = lived(gathered(orders, left, bases), regime, period=period) if left.size else Run()
    return _run(line, sights, outcome, period, others)


def gathered(orders: Orders, accounts: Any, bases: frozenset[str]) -> Gathered:
    """The orders of these accounts, gathered for `decide`."""
    gathering = Gathering(bases, orders.stores)
    gathering.take(orders.rows(accounts))
    return gathering.done()


def _without_cancelled(line: Line) -> Line:
    """`consume_orders` counts anew after each email: accounts with a cancellation are left to `decide`."""
    account = np.unique(line.account[line.cancelled != NEVER])
    kept = ~np.isin(line.account, account)
    odd = line.odd.copy()
    odd[account] = True
    columns = {
        name: getattr(line, name)[kept] for name in ("place", "account", "day", "zone", "store", "now", "cancelled")
    }
    count = np.bincount(columns["account"], minlength=len(line.count))
    return replace(line, **columns, start=np.cumsum(count) - count, count=count, odd=odd)


def _run(line: Line, sights: list[Sight], outcome: Outcome, period: Period, others: Run) -> Run:
    """What columns found, and what `decide` did of the others."""
    mine = ~outcome.left
    decisions: defaultdict[str, int] = defaultdict(int, others.decisions)
    told = mine[line.account] & (line.day >= period.first) & (line.day <= period.last)
    for answers in outcome.answers:
        for code, count in enumerate(np.bincount(answers[told], minlength=len(REASONS)).tolist()):
            if count:
                decisions[REASONS[code]] += count
    dropped = others.dropped
    superseded = sum(int(mine[who].sum()) for who in outcome.superseded)
    if superseded:
        dropped = dropped + Counter({"SUPERSEDED": superseded})
    emails, reminders = _emails(line, sights, outcome, period, others.sends)
    return Run(emails, decisions, dropped, reminders + others.reminders)


def _emails(
    line: Line, sights: list[Sight], outcome: Outcome, period: Period, others: Sequence[Send]
) -> tuple[Emails, int]:
    """The emails of the period, and how many reminders those of any day bring at most."""
    nothing: Any = np.zeros(0, dtype=np.int64)
    order = np.concatenate([nothing, *(order for order, _ in outcome.sent)])
    rule = np.concatenate([nothing, *(rule for _, rule in outcome.sent)])
    kept = ~outcome.left[line.account[order]]
    order, rule = order[kept], rule[kept]
    day, counted, reminders = np.empty_like(order), np.empty_like(order), 0
    for number, sight in enumerate(sights):
        mine = rule == number
        day[mine], counted[mine] = sight.day[order[mine]], sight.counted[order[mine]]
        reminders += int(mine.sum()) if sight.rule.reminder_after_days else 0
    kept = (day >= period.first) & (day <= period.last)
    columns = [line.place[order], line.day[order], day, counted, rule]
    names = [sight.rule.id for sight in sights]
    return Emails(line.orders, names, [column[kept] for column in columns], others), reminders
