"""Orders of a replay that need no decision to be counted: too few in the window, or an email sent too lately.

What a rule answers to them is a comparison of days (performance.md, 3.3). Everything else is asked of the journey, and
so is everything of a person or a rule that is not plain. tests/core/test_thresholds.py lives the same orders without.
"""

from __future__ import annotations

from datetime import datetime

from surveyor.core.calendar import add_months, planned_slot
from surveyor.core.checks import cooldown_end, window_start
from surveyor.core.history import Account, Invitation, Order, Regime, day_of
from surveyor.core.reasons import Reason
from surveyor.core.rules import Rule

#: Days do not follow instants: nothing is plain from here on. Greater than any day.
NEVER_PLAIN = 1 << 30


#: The zone of an account that got no email; no order has it.
NOWHERE = "-"


def plain_rule(regime: Regime) -> Rule | None:
    """The one active rule, when it looks at nothing but days and numbers of orders."""
    if len(regime.active) != 1:
        return None
    rule = regime.active[0]
    scoped = rule.segments or rule.store_ids or rule.regions or rule.count_scope != "network"
    drawn = rule.experiment is not None or rule.sampling_rate < 1 or rule.holdout_rate
    more = rule.mode != "order" or rule.consume_orders or rule.cap_per_365d is not None or rule.allow_night
    return None if scoped or drawn or more else rule


class Thresholds:
    """What is known of one account that is alone, whose orders are never cancelled, under a plain rule.

    `until`: the end of its cool-down, a day in `zone` (NOWHERE: nothing was sent). Of the two lines of dated orders
    only that of the rule's date is kept: nobody looks at the other.
    """

    __slots__ = ("account", "by_order", "excluded", "latest", "line", "regime", "rule", "until", "zone")

    def __init__(self, account: Account, rule: Rule, regime: Regime) -> None:
        self.account, self.rule, self.regime = account, rule, regime
        self.by_order, self.excluded = rule.basis == "ordered_at", regime.excluded
        self.line = account.dated[rule.basis]
        self.until, self.zone, self.latest = 0, NOWHERE, 0

    def reason(self, order: Order, now: datetime) -> Reason | None:
        """Why this order, the account's next, brings no email, once it is remembered; None: ask the journey."""
        rule, line = self.rule, self.line
        if self.by_order:
            day: int | None = order.ordered_day
            follows = not line or line[-1].ordered_at < order.ordered_at
        else:
            day, at = order.fulfilled_day, order.fulfilled_at
            follows = at is not None and (not line or (line[-1].fulfilled_at or at) < at)
        if day is None:
            return None
        if day < self.latest or not follows:
            self.latest = NEVER_PLAIN
            return None
        self.latest = day
        if self.account.open is not None:
            return None
        needed = rule.min_orders - 1
        if needed:
            if len(line) < needed:
                return self._below(order)
            before = line[-needed]
            if ((before.ordered_day if self.by_order else before.fulfilled_day) or 0) <= window_start(rule, day):
                return self._below(order)
        if order.zone != self.zone or order.store_id in self.excluded:
            return None
        due, slot, sending = planned_slot(day + rule.delay_days, rule.send_time, rule.send_days, self.zone)
        if sending >= self.until or slot < now or sending - due > rule.max_late_days:
            return None
        self.account.orders[order.id] = order
        line.append(order)
        return Reason.COOLDOWN

    def _below(self, order: Order) -> Reason:
        """Remembered as an order that a later one, dated before it, may open again."""
        self.account.orders[order.id] = order
        self.line.append(order)
        order.below |= {self.rule.id}
        return Reason.BELOW_MIN_ORDERS

    def leaves(self, invitation: Invitation, day: int) -> bool:
        """Whether the email leaves on `day`, its slot, without being looked at: nothing was sent or cancelled since."""
        rule = self.rule
        if not rule.idle_months:
            return True
        dated = day_of(self.account.orders[invitation.order_id], rule.basis)
        return dated is not None and add_months(day, -rule.idle_months) < dated <= day

    def sent(self, invitation: Invitation, day: int) -> None:
        """It was SENT on `day`, at its store."""
        self.zone = invitation.zone
        self.until = cooldown_end(self.rule, day, above=self.regime.globals, gap_months=None)
