"""Written cases of the rules: dates in, decisions out, through the same journey as real orders (rules.md, 19)."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from surveyor.core.history import Account, Order, Person, Regime, StoreFacts, Suppression, normalised_address
from surveyor.core.journey import (
    CyclePlanned,
    Decided,
    Drop,
    Effect,
    InvitationEnded,
    Invited,
    Later,
    Reminder,
    ReminderPlanned,
    at_sending,
    history_known,
    invitation_failed,
    invitation_sent,
    occurrence_due,
    order_cancelled,
    order_fulfilled,
    order_known,
    postponed,
    reminder_due,
)
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import RuleSet, from_plain, globals_from_plain

#: "At one instant" (rules.md, 10): opt-outs, choices, answers and publishing; cancellations; orders; emails; reminders.
CHOICES, CANCELLATIONS, ORDERS, EMAILS, REMINDERS = range(5)
#: A cycle that nothing stops is followed this long after the last event of its case.
LONGEST = timedelta(days=5 * 366)
SUPPRESSING = {
    "unsubscribe": Reason.UNSUBSCRIBED,
    "complain": Reason.SPAM_COMPLAINT,
    "bounce": Reason.HARD_BOUNCE,
    "block": Reason.BLOCKED,
}


class Outcome(NamedTuple):
    """What came out of a case, in the form in which cases are written."""

    sends: list[list[str]]
    last: list[str | None]
    trace: list[list[str | None]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One of `sends`, `last`, `trace` that is not what the case says."""

    case: str
    title: str
    what: str
    expected: Any
    found: Any


def try_rules(document: Mapping[str, Any]) -> list[Difference]:
    """Run every scenario of a document of written cases; an empty list when all are as written.

    Raises KeyError, TypeError or ValueError for a document of another form.
    """
    differences = []
    for case in document["scenarios"]:
        found = run_case(case["inputs"], document)
        for what, value in found._asdict().items():
            if value != case[what]:
                differences.append(Difference(case["id"], case.get("title", ""), what, case[what], value))
    return differences


def run_case(inputs: Mapping[str, Any], defaults: Mapping[str, Any]) -> Outcome:
    """What happens in one case; `defaults` has `rule_defaults`, `global_defaults` and `stores`."""
    world = _World(inputs, defaults)
    world.run()
    trace = world.trace
    sends = [[str(rule), str(label), str(at)] for what, _, rule, label, at in trace if what == "SENT"]
    return Outcome(sends, trace[-1][:2] if trace else [None, None], trace)


class _World:
    """The ideal worker of a case, with its outages, in front of the journey of each person."""

    def __init__(self, inputs: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        self.inputs = inputs
        self.rule_defaults = defaults.get("rule_defaults", {})
        self.globals = globals_from_plain({**defaults.get("global_defaults", {}), **inputs.get("global", {})})
        self.stores = {
            store["id"]: StoreFacts(store["tz"], store.get("region", ""), store.get("excluded", False))
            for store in defaults.get("stores", ())
        }
        self.publish(inputs["rules"])
        self.persons = _persons(inputs["customers"])
        self.outages = [(_instant(a), _instant(b)) for a, b in inputs.get("worker_down", ())]
        self.refused = {_instant(at) for at in inputs.get("provider_refuses", ())}
        self.answers: set[tuple[str, str]] = set()
        self.cancelled: set[str] = set()
        self.trace: list[list[str | None]] = []
        self.queue: list[tuple[datetime, int, tuple[Any, ...], int, Any]] = []
        self.now = datetime.min.replace(tzinfo=UTC)
        self.count = 0
        self._read()

    def at(self, instant: datetime, phase: int, key: tuple[Any, ...], action: Any) -> None:
        """Queue an action; at one instant by phase, then by key, then as given."""
        self.count += 1
        heapq.heappush(self.queue, (instant, phase, key, self.count, action))

    def run(self) -> None:
        """Live every event in order, and what follows from each."""
        end = max((entry[0] for entry in self.queue), default=self.now) + LONGEST
        while self.queue and self.queue[0][0] <= end:
            self.now, _, _, _, (act, *arguments) = heapq.heappop(self.queue)
            act(*arguments)

    def publish(self, rules: Sequence[Mapping[str, Any]]) -> None:
        plain = [from_plain({**self.rule_defaults, **rule}) for rule in rules]
        self.regime = Regime(RuleSet(tuple(plain), self.globals), self.stores)

    def _read(self) -> None:
        inputs = self.inputs
        for what, reason in SUPPRESSING.items():
            for customer, instant in inputs.get(what, {}).items():
                self.at(_instant(instant), CHOICES, (), (self.suppress, customer, reason))
        for customer, (instant, until) in inputs.get("pause", {}).items():
            self.at(_instant(instant), CHOICES, (), (self.pause, customer, until))
        for customer, (instant, months) in inputs.get("less_often", {}).items():
            self.at(_instant(instant), CHOICES, (), (self.less_often, customer, months))
        for rule, label, instant in inputs.get("answers", ()):
            self.at(_instant(instant), CHOICES, (), (self.answers.add, (rule, label)))
        for rule, instant in inputs.get("disable_rule", {}).items():
            self.at(_instant(instant), CHOICES, (), (self.disable, rule))
        for instant, rules in inputs.get("publish", ()):
            self.at(_instant(instant), CHOICES, (), (self.publish, rules))
        for order in inputs["orders"]:
            received = order.get("received_at") or order.get("fulfilled_at") or order["ordered_at"]
            self.at(_instant(received), ORDERS, (order["id"],), (self.order, order))
            if order.get("cancelled_at"):
                self.at(_instant(order["cancelled_at"]), CANCELLATIONS, (), (self.cancel, order))

    def suppress(self, customer: str, reason: Reason) -> None:
        self.persons[customer].suppressions += (Suppression(reason),)

    def pause(self, customer: str, until: str) -> None:
        self.persons[customer].pause_until = date.fromisoformat(until).toordinal()

    def less_often(self, customer: str, months: int) -> None:
        self.persons[customer].gap_months = months

    def disable(self, rule_id: str) -> None:
        rules = self.regime.rules
        left = tuple(rule for rule in rules.rules if rule.id != rule_id)
        self.regime = Regime(RuleSet(left, rules.globals), self.stores)

    def cancel(self, order: Mapping[str, Any]) -> None:
        self.cancelled.add(order["id"])
        customer = order["customer"]
        self.follow(
            order_cancelled(self.persons[customer], customer, order_id=order["id"], regime=self.regime, now=self.now)
        )

    def order(self, row: Mapping[str, Any]) -> None:
        customer, fulfilled = row["customer"], row.get("fulfilled_at")
        person, store = self.persons[customer], self.stores.get(row["store"])
        order = Order(
            row["id"],
            _instant(row["ordered_at"]),
            _instant(fulfilled) if fulfilled else None,
            row["store"],
            store.zone if store else "UTC",
            row["id"] in self.cancelled,
        )
        if order.id in person.accounts[customer].orders:
            if order.fulfilled_at is not None:
                at = order.fulfilled_at
                self.follow(
                    order_fulfilled(person, customer, order_id=order.id, at=at, regime=self.regime, now=self.now)
                )
        elif row.get("history"):
            self.follow(history_known(person, customer, order=order, regime=self.regime))
        else:
            self.follow(order_known(person, customer, order=order, regime=self.regime, now=self.now))

    def send(self, customer: str, key: str) -> None:
        """An invitation is due, unless it ended or was moved since."""
        person = self.persons[customer]
        invitation = person.invitation(key)
        if invitation is None or self.worked(invitation.at) != self.now:
            return
        answer = at_sending(person, key, regime=self.regime, now=self.now)
        if isinstance(answer, Later):
            self.due_email(
                answer.at, invitation.rule.priority, invitation.rule.id, customer, (self.send, customer, key)
            )
        elif isinstance(answer, Drop):
            self.follow(answer.effects)
        elif self.now in self.refused:
            reason = Reason.PROVIDER_REJECTED
            self.follow(invitation_failed(person, key, reason=reason, regime=self.regime, now=self.now))
        else:
            self.say("SENT", None, invitation.rule.id, invitation.label, self.now)
            self.follow(invitation_sent(person, key, customer_id=customer, at=self.now, regime=self.regime))

    def occur(self, customer: str, rule_id: str) -> None:
        """A planned occurrence is due, unless its enrolment ended or its instant moved since."""
        person = self.persons[customer]
        cycle = person.accounts[customer].cycles.get(rule_id)
        if cycle is None or cycle.at is None or self.worked(cycle.at) != self.now:
            return
        answer = occurrence_due(person, customer, rule_id=rule_id, regime=self.regime, now=self.now)
        if isinstance(answer, Later):
            self.due_email(
                answer.at, self.priority(rule_id, cycle.priority), rule_id, customer, (self.occur, customer, rule_id)
            )
        else:
            self.follow(answer.effects)

    def remind(self, reminder: Reminder) -> None:
        person, rule = self.persons[reminder.customer_id], reminder.rule
        answer = reminder_due(
            person,
            reminder,
            answered=(rule.id, reminder.label) in self.answers,
            cancelled=reminder.order_id in self.cancelled,
            regime=self.regime,
            now=self.now,
        )
        if isinstance(answer, Later):
            self.plan_reminder(postponed(reminder, answer.at))
        elif isinstance(answer, Drop):
            self.say("NOT_REMINDED", answer.reason, rule.id, reminder.label, self.now)
        elif self.now in self.refused:
            self.say("FAILED", Reason.PROVIDER_REJECTED, rule.id, reminder.label, self.now)
        else:
            self.say("REMINDED", None, rule.id, reminder.label, self.now)

    def follow(self, effects: Sequence[Effect]) -> None:
        """Write down what happened and queue what is to come."""
        for effect in effects:
            match effect:
                case Decided(decision):
                    scheduled = decision.verdict is Verdict.SCHEDULED
                    at = decision.planned_at if scheduled and decision.planned_at else self.now
                    self.say(decision.verdict, decision.reason, decision.rule_id, decision.label, at)
                case InvitationEnded(invitation, state, reason):
                    word = "FAILED" if state == "failed" else "SUPPRESSED"
                    self.say(word, reason, invitation.rule.id, invitation.label, self.now)
                case Invited(i):
                    act = (self.send, i.customer_id, i.key)
                    self.due_email(i.at, i.rule.priority, i.rule.id, i.customer_id, act)
                case CyclePlanned(customer, rule_id):
                    look = (self.occur, customer, rule_id)
                    self.due_email(effect.at, self.priority(rule_id, effect.priority), rule_id, customer, look)
                case ReminderPlanned(reminder):
                    self.plan_reminder(reminder)

    def due_email(self, at: datetime, priority: int, rule_id: str, customer: str, action: Any) -> None:
        self.at(self.worked(at), EMAILS, (priority, rule_id, customer), action)

    def plan_reminder(self, reminder: Reminder) -> None:
        rule = reminder.rule
        self.at(
            self.worked(reminder.at), REMINDERS, (rule.priority, rule.id, reminder.customer_id), (self.remind, reminder)
        )

    def priority(self, rule_id: str, planned: int) -> int:
        rule = self.regime.by_id.get(rule_id)
        return planned if rule is None else rule.priority

    def worked(self, at: datetime) -> datetime:
        """When the worker sees what is due `at`: not before now, not inside an outage."""
        at = max(at, self.now)
        for start, end in sorted(self.outages):
            if start <= at < end:
                at = end
        return at

    def say(self, what: str, reason: Reason | None, rule_id: str, label: str, at: datetime) -> None:
        self.trace.append([str(what), None if reason is None else str(reason), rule_id, label, _written(at)])


def _persons(customers: Sequence[Mapping[str, Any]]) -> dict[str, Person]:
    by_address: dict[str, Person] = {}
    persons = {}
    for customer in customers:
        address = normalised_address(customer.get("email"))
        account = Account(customer["id"], email_known=bool(address), segment=customer.get("segment") or "")
        person = by_address.get(address) if address else None
        if person is None:
            person = by_address[address] = Person.of([account])
        person.accounts[account.id] = account
        persons[account.id] = person
    return persons


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")
