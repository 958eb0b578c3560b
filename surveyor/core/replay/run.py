"""The ideal worker: lives the events of each person with the journey of real orders, and sends at the slot."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from surveyor.core.calendar import local_day
from surveyor.core.history import Account, Cycle, Invitation, Order, Person, Regime, day_of
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
from surveyor.core.reasons import Reason
from surveyor.core.replay.rows import Event, Gathered, Group
from surveyor.core.replay.thresholds import NEVER_PLAIN, Thresholds, plain_rule
from surveyor.core.rules import Rule

Due = tuple[datetime, int, str, str, Invitation | None]
SCHEDULED = "SCHEDULED"


class Send(NamedTuple):
    """One email SENT. Days are ordinals at the store; the trigger of an occurrence is the latest qualifying order."""

    customer_id: str
    trigger_event_id: str
    trigger_day: int
    send_day: int
    orders_in_window: int
    rule_id: str
    store_id: str
    segment: str


class CountedSends(Sequence[Send]):
    """Emails that are kept otherwise than one by one, and can be counted as they are."""

    @abstractmethod
    def counted(self, name: str) -> Counter[Any]:
        """How many have each value of a field: customer_id, send_day, rule_id, store_id or segment."""


_INSTANT = timedelta.resolution
#: Emails are listed by day, then by customer.
_PLACE = attrgetter("send_day", "customer_id")


@dataclass(slots=True)
class Run:
    """What the rules of one version do with the file. `decisions`: how many stand, by reason ("SCHEDULED" for none).

    `dropped`: invitations that ended without being SENT, by reason. `reminders`: at most, answers are not known.
    """

    sends: Sequence[Send] = field(default_factory=list)
    decisions: defaultdict[str, int] = field(default_factory=partial(defaultdict, int))
    dropped: Counter[str] = field(default_factory=Counter)
    reminders: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """Days whose emails are counted, both included; no occurrence planned after `last_occurrence` is made."""

    first: int = 1
    last: int = date.max.toordinal()
    last_occurrence: int = date.max.toordinal()

    def __contains__(self, day: int) -> bool:
        return self.first <= day <= self.last


WHOLE = Period()


def run(gathered: Gathered, regime: Regime, *, period: Period = WHOLE, counting: bool = True) -> Run:
    """Live every person's events; what is scheduled at the end is sent.

    `counting`: orders that thresholds settle are counted; False asks `decide` of each, slower, and says the same.
    """
    sends: list[Send] = []
    result = Run(sends)
    fewest = _fewest_orders(regime) if counting else 0
    plain = plain_rule(regime) if counting else None
    for group in gathered.groups:
        uncancelled = not group.cancelled
        if len(group.events) < fewest and uncancelled:
            result.decisions[Reason.BELOW_MIN_ORDERS] += _dated(group.events, regime, period)
        elif regime.active:
            life = _Life(group, regime, result, period, sends)
            if plain is not None and uncancelled and len(group.customers) == 1:
                life.count_plainly(plain)
            life.live()
    sends.sort(key=_PLACE)
    return result


def joined(runs: Iterable[Run]) -> Run:
    """One of several, each of other persons."""
    sends: list[Send] = []
    result = Run(sends)
    for one in runs:
        sends += one.sends
        result.dropped += one.dropped
        result.reminders += one.reminders
        for reason, count in one.decisions.items():
            result.decisions[reason] += count
    sends.sort(key=_PLACE)
    return result


def _fewest_orders(regime: Regime) -> int:
    """Below this many events nobody can be asked and each decision is BELOW_MIN_ORDERS; 0 when that cannot be said."""
    fewest = []
    for rule in regime.active:
        if rule.segments or rule.store_ids or rule.regions:
            return 0
        arms = rule.experiment.arms if rule.experiment else ()
        fewest += [rule.min_orders, *(rule.with_arm(arm).min_orders for arm in arms)]
    return min(fewest, default=0)


def _dated(events: Sequence[Event], regime: Regime, period: Period) -> int:
    """How many (order, rule) have a date to decide upon, in the period."""
    orders = {order_id: order for _, _, order_id, _, _, order, _ in events if order is not None}
    days = [day_of(order, rule.basis) for order in orders.values() for rule in regime.active]
    return sum(1 for day in days if day is not None and day in period)


class _Life:
    """One person's events and emails, in order; at one instant what is received comes before what is sent."""

    __slots__ = (
        *("cancelled", "completed_by", "decisions", "events", "first", "known_by"),
        *("last", "period", "person", "plain", "regime", "result", "sends"),
    )

    def __init__(self, group: Group, regime: Regime, result: Run, period: Period, sends: list[Send]) -> None:
        self.person = Person.of(Account(customer, segment=segment) for customer, segment in group.customers.items())
        self.events = group.events
        self.regime = regime
        self.result, self.decisions, self.sends = result, result.decisions, sends
        self.period = period
        self.first, self.last = period.first, period.last
        self.cancelled: set[str] = set()
        self.known_by: dict[str, str] = {}
        self.completed_by: dict[str, str] = {}
        self.plain: Thresholds | None = None

    def count_plainly(self, rule: Rule) -> None:
        """Count what days settle under the one rule: for an account alone whose orders are never cancelled."""
        (account,) = self.person.accounts.values()
        self.plain = Thresholds(account, rule, self.regime)

    def live(self) -> None:
        person, regime, known_by, cancelled = self.person, self.regime, self.known_by, self.cancelled
        accounts, plain = tuple(person.accounts.values()), self.plain
        for now, _, order_id, _, customer, order, event_id in self.events:
            if plain is not None:
                while (opened := plain.account.open) is not None and opened.at < now:
                    self._send_plainly(opened, plain)
            else:
                for account in accounts:
                    if account.cycles or ((opened := account.open) is not None and opened.at < now):
                        self._send(before=now)
                        break
            if order is not None and order_id not in known_by:
                known_by[order_id] = event_id
                if order.cancelled or order.below or order.fulfilled_at is None or cancelled:
                    order = order.afresh(cancelled=order_id in cancelled)
                if plain is not None and (reason := plain.reason(order, now)) is not None:
                    if self.first <= plain.latest <= self.last:
                        self.decisions[reason] += 1
                    continue
                self._follow(order_known(person, customer, order=order, regime=regime, now=now))
            else:
                self._again(now, order_id, customer, order, event_id)
        while plain is not None and (opened := plain.account.open) is not None:
            self._send_plainly(opened, plain)
        self._send(before=None)

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
            if self.plain is not None:
                self.plain.latest = NEVER_PLAIN
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
                self._sent(invitation, at)
            elif isinstance(outcome, Drop):
                self._follow(outcome.effects)

    def _send_plainly(self, invitation: Invitation, plain: Thresholds) -> None:
        """The one open invitation of a plain account is due: nothing else can be."""
        if plain.leaves(invitation, local_day(invitation.at, invitation.zone)):
            self._sent(invitation, invitation.at)
        else:
            self._send(before=invitation.at + _INSTANT)

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

    def _sent(self, invitation: Invitation, at: datetime) -> None:
        key, customer = invitation.key, invitation.customer_id
        day = local_day(at, invitation.zone)
        if self.first <= day <= self.last:
            self.sends.append(self._row(invitation, day))
        if self.plain is not None:
            self.plain.sent(invitation, day)
        self._follow(invitation_sent(self.person, key, customer_id=customer, at=at, regime=self.regime))

    def _row(self, invitation: Invitation, day: int) -> Send:
        account, order_id, basis = (
            self.person.accounts[invitation.customer_id],
            invitation.order_id,
            invitation.rule.basis,
        )
        event_id = self.completed_by.get(order_id) if basis == "fulfilled_at" else None
        trigger, trigger_day = event_id or self.known_by[order_id], day_of(account.orders[order_id], basis) or 0
        rule_id, store_id = invitation.rule.id, invitation.store_id
        return Send(account.id, trigger, trigger_day, day, invitation.counted, rule_id, store_id, account.segment)

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
