"""The moment of an occurrence of a cycle: rule, person and enrolment; asked again as `Moment` is."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime

from surveyor.core.calendar import local_day, minute_of_day, wall_clock
from surveyor.core.checks import View, rule_lived
from surveyor.core.decide_occurrence import carrier, decide_occurrence
from surveyor.core.decision import Decision
from surveyor.core.explain.moments import copied_account
from surveyor.core.history import BASES, Cycle, Order
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule
from surveyor.core.slots import next_slot_unless_open


@dataclass(frozen=True, slots=True)
class Occasion:
    """What `decide_occurrence` looked at. `rule`: as written. `now`: when the cycle was looked at, UTC."""

    rule: Rule
    view: View
    cycle: Cycle
    now: datetime
    #: No order is decided upon.
    order_id: str = ""

    @property
    def zone(self) -> str:
        """Of the store whose day counts: that of the latest qualifying order."""
        return carrier(self.cycle, self.view, self.rule.basis)[2]

    @property
    def store_id(self) -> str:
        """The store decided upon."""
        return carrier(self.cycle, self.view, self.rule.basis)[1]

    @property
    def day(self) -> int:
        """The day on which it was looked at."""
        return local_day(self.now, self.zone)

    @property
    def late(self) -> int:
        """Days from the planned day to the one on which it was looked at."""
        return self.day - self.cycle.due_day

    def day_of(self, order: Order) -> int:
        """The day of any order for this rule. Raises ValueError when it has none."""
        day = order.ordered_day if self.rule.basis == BASES[0] else order.fulfilled_day
        if day is None:
            raise ValueError(f"order {order.id} has no {self.rule.basis} yet")
        return day

    def decide(self) -> Decision:
        """What the rule says; on a day or at an hour at which nothing may leave: not yet, which is said as COOLDOWN."""
        rule, arm = rule_lived(self.rule, self.view.account.id, self.cycle.due_day)
        decision = decide_occurrence(self.cycle, self.view, rule=rule, arm=arm, now=self.now)
        grace = self.view.regime.globals.send_grace_minutes
        if next_slot_unless_open(rule, decision.zone, grace_minutes=grace, now=self.now) is not None:
            decision.verdict, decision.planned_at = Verdict.SUPPRESSED, None
            decision.reasons = (*decision.reasons, Reason.COOLDOWN)
        return decision

    def copied(self) -> Occasion:
        """The same, of its own: changing it changes nothing else. Rules and stores are shared, they never change."""
        person = copy(self.view.person)
        person.accounts = {name: copied_account(account) for name, account in person.accounts.items()}
        return replace(self, view=View(person, person.accounts[self.view.account.id], self.view.regime))

    def at(self, now: datetime) -> Occasion:
        """The same at another instant."""
        return replace(self, now=now)

    def under(self, view: View) -> Occasion:
        """The same under other rules or stores."""
        return replace(self, view=view)

    def later(self, days: int) -> Occasion:
        """The same planned, and looked at, so many days later: at the hour of sending."""
        moved = copy(self.cycle)
        moved.due_day += days
        return replace(self, cycle=moved, now=self._slot(self.day + days))

    def known(self, days: int) -> Occasion:
        """The same looked at so many days earlier: what came since was not known."""
        now, account = self._slot(self.day - days), self.view.account
        account.sent = [at for at in account.sent if at <= now]
        for order in [one for one in account.orders.values() if one.ordered_at > now]:
            del account.orders[order.id]
            for line in account.dated.values():
                if order in line:
                    line.remove(order)
        return self.at(now)

    def with_orders(self, count: int) -> Occasion:
        """The same with so many orders more, at the store decided upon, just before."""
        _, store, zone = carrier(self.cycle, self.view, self.rule.basis)
        for n in range(count):
            self.view.account.add(Order(f"\0{n}", self.now, self.now, store, zone))
        return self

    def _slot(self, day: int) -> datetime:
        rule = rule_lived(self.rule, self.view.account.id, self.cycle.due_day)[0]
        return wall_clock(day, minute_of_day(rule.send_time), self.zone)
