"""The life of an account that is alone, whose orders are never cancelled, under a rule that looks at days and numbers.

Too few orders in the window, or an email sent too lately: what `decide` answers then is a comparison of days, and such
orders are counted without asking it. Everything else is asked of the journey, and so is everything from the first order
on that does not follow those before. tests/core/test_thresholds.py lives the same orders without.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from surveyor.core.calendar import local_day
from surveyor.core.checks import View
from surveyor.core.decide import decide
from surveyor.core.history import Invitation, Order
from surveyor.core.journey import Decided
from surveyor.core.journey.settling import invitation_of, settled
from surveyor.core.reasons import Reason
from surveyor.core.replay.life import Life
from surveyor.core.replay.results import SCHEDULED, Period, Run, Send
from surveyor.core.replay.rows import Event, Group
from surveyor.core.replay.thresholds import NOWHERE, Thresholds

_INSTANT = timedelta.resolution
_NO_RULES: frozenset[str] = frozenset()


class PlainLife(Life):
    """`until`: the end of its cool-down, a day in `zone` (NOWHERE: nothing was sent), where `slots` are.

    Of the two lines of dated orders only that of the rule's date is kept: nobody looks at the other.
    """

    __slots__ = ("account", "slots", "table", "until", "view", "zone")

    def __init__(self, table: Thresholds, result: Run, period: Period, sends: list[Send]) -> None:
        super().__init__(table.regime, result, period, sends)
        self.table = table

    def live(self, group: Group) -> None:
        """The events that follow each other, then the others."""
        self._be(group)
        events = group.events
        lived = self._count(events)
        if lived < len(events):
            for _, _, order_id, _, _, _, event_id in events[:lived]:
                self.known_by.setdefault(order_id, event_id)
            self._live(events[lived:])
        if self.account.open is not None:
            self._send(before=None)

    def _be(self, group: Group) -> None:
        super()._be(group)
        (self.account,) = self.person.accounts.values()
        self.view = View(self.person, self.account, self.regime)
        self.until, self.zone = 0, NOWHERE

    def _count(self, events: Sequence[Event]) -> int:
        """Live the events one after the other, up to one that does not follow; how many were lived.

        One loop for all: a call for each order would cost as much as what it is to do.
        """
        account, table = self.account, self.table
        orders, line, by_order = account.orders, account.dated[table.rule.basis], table.by_order
        needed, window, below, max_late = (
            table.needed,
            table.window,
            frozenset((table.rule.id,)),
            table.rule.max_late_days,
        )
        first, last, excluded = self.first, self.last, table.regime.excluded
        days: list[int] = []
        refused = cooled = lived = latest = 0
        last_at: datetime | None = None
        for now, _, order_id, _, _, order, event_id in events:
            if (known := orders.get(order_id)) is not None:
                if known.fulfilled_at is None:
                    break
                lived += 1
                continue
            if order is None:
                break
            day, at = (order.ordered_day, order.ordered_at) if by_order else (order.fulfilled_day, order.fulfilled_at)
            if day is None or at is None or day < latest or (last_at is not None and last_at >= at):
                break
            opened = account.open
            if opened is not None and opened.at < now:
                self._send(before=now)
            latest, last_at = day, at
            if order.fulfilled_at is None:
                order = order.afresh(cancelled=False)
            orders[order_id] = order
            line.append(order)
            days.append(day)
            lived += 1
            if account.open is None:
                if needed and (len(days) <= needed or days[-needed - 1] <= window[day]):
                    order.below = below
                    refused += first <= day <= last
                    continue
                if order.zone == self.zone and order.store_id not in excluded:
                    due, slot, sending = self.slots[day]
                    if sending < self.until and slot >= now and sending - due <= max_late:
                        order.below = _NO_RULES
                        cooled += first <= day <= last
                        continue
            self.known_by[order_id] = event_id
            self._ask(order, now)
        self.decisions[Reason.BELOW_MIN_ORDERS] += refused
        self.decisions[Reason.COOLDOWN] += cooled
        return lived

    def _ask(self, order: Order, now: datetime) -> None:
        """Ask `decide`; what nothing is open for is remembered here, with fewer steps than the journey takes."""
        rule, view, account = self.table.rule, self.view, self.account
        order.below = _NO_RULES
        decision = decide(rule, view, order=order, now=now)
        if decision.reasons or account.open is not None:
            self._follow(settled(Decided(decision, "order"), rule, view, order=order))
            return
        account.open = invitation_of(rule, view, order=order, decision=decision)
        if self.first <= decision.day <= self.last:
            self.decisions[SCHEDULED] += 1

    def _send(self, *, before: datetime | None) -> None:
        """The one open invitation, when it is due: nothing else can be."""
        while (opened := self.account.open) is not None and (before is None or opened.at < before):
            day = local_day(opened.at, opened.zone)
            if self._leaves(opened, day):
                self._sent(opened, opened.at, day)
            else:
                super()._send(before=opened.at + _INSTANT)

    def _leaves(self, invitation: Invitation, day: int) -> bool:
        """Whether it leaves on `day`, its slot, without being looked at: nothing was sent or cancelled since."""
        idle = self.table.idle
        if idle is None:
            return True
        order = self.account.orders[invitation.order_id]
        dated = order.ordered_day if self.table.by_order else order.fulfilled_day
        return dated is not None and idle[day] < dated <= day

    def _sent(self, invitation: Invitation, at: datetime, day: int) -> None:
        super()._sent(invitation, at, day)
        zone = invitation.zone
        self.until = self.table.cooldown[day]
        if zone != self.zone:
            self.zone, self.slots = zone, self.table.slots_in(zone)
