"""The moment of a decision: the rule, the person as they were then, the order; `decide` may be asked again of it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from surveyor.core.calendar import local_day
from surveyor.core.checks import View
from surveyor.core.decide import decide
from surveyor.core.decision import Decision
from surveyor.core.history import Account, Order, day_of
from surveyor.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Moment:
    """What `decide` looked at. `rule`: as written, its experiment included. `now`: when it was decided, UTC."""

    rule: Rule
    view: View
    order_id: str
    now: datetime

    @property
    def order(self) -> Order:
        """The order decided upon."""
        return self.view.account.orders[self.order_id]

    @property
    def day(self) -> int:
        """The order's day for this rule."""
        return self.day_of(self.order)

    def day_of(self, order: Order) -> int:
        """The day of any order for this rule. Raises ValueError when it has none."""
        day = day_of(order, self.rule.basis)
        if day is None:
            raise ValueError(f"order {order.id} has no {self.rule.basis} yet")
        return day

    @property
    def store_id(self) -> str:
        """The store decided upon."""
        return self.order.store_id

    @property
    def late(self) -> int:
        """Days from the order to the decision."""
        return local_day(self.now, self.order.zone) - self.day

    def decide(self) -> Decision:
        """What the rule says."""
        return decide(self.rule, self.view, order=self.order, now=self.now)

    def copied(self) -> Moment:
        """The same, of its own: changing it changes nothing else. Rules and stores are shared, they never change."""
        person = copy(self.view.person)
        person.accounts = {name: copied_account(account) for name, account in person.accounts.items()}
        return replace(self, view=View(person, person.accounts[self.view.account.id], self.view.regime))

    def at(self, now: datetime) -> Moment:
        """The same at another instant."""
        return replace(self, now=now)

    def under(self, view: View) -> Moment:
        """The same under other rules or stores."""
        return replace(self, view=view)

    def later(self, days: int) -> Moment:
        """The same of an order dated so many days later."""
        dated_later(self.view.account, self.order, timedelta(days=days))
        return self.at(self.now + timedelta(days=days))

    def known(self, days: int) -> Moment:
        """The same heard of so many days earlier."""
        return self.at(self.now - timedelta(days=days))

    def with_orders(self, count: int) -> Moment:
        """The same with so many orders more."""
        order = self.order
        for n in range(count):
            self.view.account.add(Order(f"\0{n}", order.ordered_at, order.fulfilled_at, order.store_id, order.zone))
        return self


def copied_account(account: Account) -> Account:
    """An account of its own orders; invitations, cycles and holds are replaced by a change, never altered."""
    other = Account(account.id, email_known=account.email_known, segment=account.segment)
    other.orders = {name: copy(order) for name, order in account.orders.items()}
    other.dated = {basis: [other.orders[order.id] for order in line] for basis, line in account.dated.items()}
    other.holds, other.cycles, other.open = dict(account.holds), dict(account.cycles), account.open
    other.sent = list(account.sent)
    return other


def dated_later(account: Account, order: Order, by: timedelta) -> None:
    """Move an order of an account in time, at its place among the others."""
    moved = Order(
        order.id,
        order.ordered_at + by,
        None if order.fulfilled_at is None else order.fulfilled_at + by,
        order.store_id,
        order.zone,
        order.cancelled,
        order.history,
        order.below,
    )
    for line in account.dated.values():
        if order in line:
            line.remove(order)
    del account.orders[order.id]
    account.add(moved)
