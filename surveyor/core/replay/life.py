"""The ideal worker: lives the events of each person with the journey of real orders, and sends at the slot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from surveyor.core.calendar import local_day
from surveyor.core.history import Account, Cycle, Invitation, Order, Regime, day_of
from surveyor.core.journey import (
    Acted,
    Decided,
    Drop,
    Effect,
    Go,
    InvitationEnded,
    ReminderPlanned,
    at_sending,
    invitation_sent,
    occurrence_due,
    order_cancelled,
    order_fulfilled,
    order_known,
)
from surveyor.core.person import Person
from surveyor.core.replay.results import SCHEDULED, Period, Run, Send
from surveyor.core.replay.rows import Event, Group

#: A row is made of a tuple as it is: a third of the cost of naming each value.
_send: Callable[[tuple[Any, ...]], Send] = partial(tuple.__new__, Send)
Due = tuple[datetime, int, str, str, Invitation | None]


class Life:
    """The events and emails of one person after another, each in order; what is received comes before what is sent at
    the same instant."""

    __slots__ = (
        *("cancelled", "completed_by", "decisions", "first", "known_by"),
        *("last", "period", "person", "regime", "result", "sends"),
    )

    def __init__(self, regime: Regime, result: Run, period: Period, sends: list[Send]) -> None:
        self.regime = regime
        self.result, self.decisions, self.sends = result, result.decisions, sends
        self.period = period
        self.first, self.last = period.first, period.last

    def live(self, group: Group) -> None:
        """Live all the events of somebody, then send what is left."""
        self._be(group)
        self._live(group.events)
        self._send(before=None)

    def _be(self, group: Group) -> None:
        accounts = {customer: Account(customer, segment=segment) for customer, segment in group.customers.items()}
        self.person = Person(accounts)
        self.cancelled: set[str] = set()
        self.known_by: dict[str, str] = {}
        self.completed_by: dict[str, str] = {}

    def _live(self, events: Iterable[Event]) -> None:
        person, regime, known_by, cancelled = self.person, self.regime, self.known_by, self.cancelled
        accounts = tuple(person.accounts.values())
        for now, _, order_id, _, customer, order, event_id in events:
            for account in accounts:
                if account.cycles or ((opened := account.open) is not None and opened.at < now):
                    self._send(before=now)
                    break
            if order is not None and order_id not in known_by:
                known_by[order_id] = event_id
                if order.cancelled or order.below or order.fulfilled_at is None or cancelled:
                    order = order.afresh(cancelled=order_id in cancelled)
                self._follow(order_known(person, customer, order=order, regime=regime, now=now))
            else:
                self._again(now, order_id, customer, order, event_id)

    def _again(self, now: datetime, order_id: str, customer: str, order: Order | None, event_id: str) -> None:
        """What comes of an order after it: its cancellation, which may be there first, or its missing date."""
        person, regime = self.person, self.regime
        if order is None:
            self.cancelled.add(order_id)
            self._follow(order_cancelled(person, customer, order_id=order_id, regime=regime, now=now))
            return
        known = person.accounts[customer].orders[order_id]
        if known.fulfilled_at is None and (at := order.fulfilled_at) is not None:
            self.completed_by[order_id] = event_id
            self._follow(order_fulfilled(person, customer, order_id=order_id, at=at, regime=regime, now=now))

    def _send(self, *, before: datetime | None) -> None:
        """Everything that is due before an instant (None: all that is left), the earliest first."""
        while (due := self._next()) is not None and (before is None or due[0] < before):
            at, _, rule_id, customer, invitation = due
            if invitation is None:
                answer = occurrence_due(self.person, customer, rule_id=rule_id, regime=self.regime, now=at)
                if isinstance(answer, Acted):
                    self._follow(answer.effects)
                continue
            outcome = at_sending(self.person, invitation.key, regime=self.regime, now=at)
            if isinstance(outcome, Go):
                self._sent(invitation, at, local_day(at, invitation.zone))
            elif isinstance(outcome, Drop):
                self._follow(outcome.effects)

    def _next(self) -> Due | None:
        """The earliest invitation or planned occurrence; by (priority, rule, customer) at one instant."""
        found: Due | None = None
        for account in self.person.accounts.values():
            invitation = account.open
            if invitation is not None:
                rule = invitation.rule
                due: Due = (invitation.at, rule.priority, rule.id, account.id, invitation)
                found = due if found is None or due[:4] < found[:4] else found
            if not account.cycles:
                continue
            for cycle in account.cycles.values():
                if cycle.at is not None and cycle.due_day <= self.period.last_occurrence:
                    due = (cycle.at, self._priority(cycle), cycle.rule_id, account.id, None)
                    found = due if found is None or due[:4] < found[:4] else found
        return found

    def _priority(self, cycle: Cycle) -> int:
        rule = self.regime.by_id.get(cycle.rule_id)
        return cycle.priority if rule is None else rule.priority

    def _sent(self, invitation: Invitation, at: datetime, day: int) -> None:
        key, customer = invitation.key, invitation.customer_id
        if self.first <= day <= self.last:
            self.sends.append(self._row(invitation, day))
        if effects := invitation_sent(self.person, key, customer_id=customer, at=at, regime=self.regime):
            self._follow(effects)

    def _row(self, invitation: Invitation, day: int) -> Send:
        rule, order_id, customer = invitation.rule, invitation.order_id, invitation.customer_id
        account = self.person.accounts[customer]
        event_id = self.completed_by.get(order_id) if rule.basis == "fulfilled_at" else None
        trigger, trigger_day = event_id or self.known_by[order_id], day_of(account.orders[order_id], rule.basis) or 0
        counted, store_id = invitation.counted, invitation.store_id
        return _send((customer, trigger, trigger_day, day, counted, rule.id, store_id, account.segment))

    def _follow(self, effects: Sequence[Effect]) -> None:
        """Count what happened; what is to come is in the person's memory."""
        counts = self.decisions
        for effect in effects:
            if isinstance(effect, Decided):
                decision = effect.decision
                if self.first <= decision.day <= self.last:
                    counts[decision.reasons[0] if decision.reasons else SCHEDULED] += 1
                    if effect.replaces:
                        counts[effect.former or SCHEDULED] -= 1
            elif isinstance(effect, InvitationEnded):
                self.result.dropped[effect.reason] += 1
            elif isinstance(effect, ReminderPlanned):
                self.result.reminders += 1
