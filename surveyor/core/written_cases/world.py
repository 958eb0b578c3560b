"""The world of one written case: what happens to its customers, in the order of rules.md, 10, and what is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from surveyor.core.history import Account, Cycle, Invitation, Order, Regime, StoreFacts
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
from surveyor.core.person import Person, Suppression, normalised_address
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import RuleSet, from_plain, globals_from_plain
from surveyor.core.written_cases.agenda import (
    CANCELLATIONS,
    CHOICES,
    EMAILS,
    ORDERS,
    REMINDERS,
    Agenda,
    arrivals,
    instant,
    written,
)

SUPPRESSING = {
    "unsubscribe": Reason.UNSUBSCRIBED,
    "complain": Reason.SPAM_COMPLAINT,
    "bounce": Reason.HARD_BOUNCE,
    "block": Reason.BLOCKED,
}


class World:
    """The ideal worker of a case, with its outages, in front of the journey of each person."""

    def __init__(self, inputs: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        """`defaults`: rule_defaults, global_defaults and stores of the document; `inputs` those of one scenario."""
        self.rule_defaults = defaults.get("rule_defaults", {})
        self.globals = globals_from_plain({**defaults.get("global_defaults", {}), **inputs.get("global", {})})
        self.stores = {
            store["id"]: StoreFacts(store["tz"], store.get("region", ""), store.get("excluded", False))
            for store in defaults.get("stores", ())
        }
        self.publish(inputs["rules"])
        self.persons = _persons(inputs["customers"])
        self.refused = {instant(at) for at in inputs.get("provider_refuses", ())}
        self.answers: set[tuple[str, str]] = set()
        self.cancelled: set[str] = set()
        self.trace: list[list[str | None]] = []
        self.agenda = Agenda(inputs.get("worker_down", ()))
        self._read(inputs)

    @property
    def now(self) -> datetime:
        """The instant being lived."""
        return self.agenda.now

    def run(self) -> None:
        """Live every event in order, and what follows from each."""
        self.agenda.run()

    def _read(self, inputs: Mapping[str, Any]) -> None:
        choose = self._choose
        for what, reason in SUPPRESSING.items():
            for customer, at in inputs.get(what, {}).items():
                choose(at, partial(self.suppress, customer, reason))
        for customer, (at, until) in inputs.get("pause", {}).items():
            choose(at, partial(self.pause, customer, until))
        for customer, (at, months) in inputs.get("less_often", {}).items():
            choose(at, partial(self.less_often, customer, months))
        for rule, label, at in inputs.get("answers", ()):
            choose(at, partial(self.answers.add, (rule, label)))
        for rule, at in inputs.get("disable_rule", {}).items():
            choose(at, partial(self.disable, rule))
        for at, rules in inputs.get("publish", ()):
            choose(at, partial(self.publish, rules))
        for received, order in arrivals(inputs["orders"]):
            self.agenda.put(received, ORDERS, (order["id"],), partial(self.order, order))
            if order.get("cancelled_at"):
                self.agenda.put(instant(order["cancelled_at"]), CANCELLATIONS, (), partial(self.cancel, order))

    def _choose(self, at: str, action: Callable[[], object]) -> None:
        self.agenda.put(instant(at), CHOICES, (), action)

    def suppress(self, customer: str, reason: Reason) -> None:
        """An opt-out, a complaint, a bounce, a block: of the address, whichever account it came from."""
        self.persons[customer].suppressions += (Suppression(reason),)

    def pause(self, customer: str, until: str) -> None:
        """Not before the day `until`."""
        self.persons[customer].pause_until = date.fromisoformat(until).toordinal()

    def less_often(self, customer: str, months: int) -> None:
        """At least so many months between two invitations."""
        self.persons[customer].gap_months = months

    def publish(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Another version of all the rules."""
        read = tuple(from_plain({**self.rule_defaults, **rule}) for rule in rules)
        self.regime = Regime(RuleSet(read, self.globals), self.stores)

    def disable(self, rule_id: str) -> None:
        """The version in force without one rule."""
        left = tuple(rule for rule in self.regime.rules.rules if rule.id != rule_id)
        self.regime = Regime(RuleSet(left, self.globals), self.stores)

    def cancel(self, row: Mapping[str, Any]) -> None:
        """A cancellation is received; kept when its order is not known yet."""
        self.cancelled.add(row["id"])
        person, customer = self.persons[row["customer"]], row["customer"]
        self.follow(order_cancelled(person, customer, order_id=row["id"], regime=self.regime, now=self.now))

    def order(self, row: Mapping[str, Any]) -> None:
        """An event of an order is received: new, or the same order again."""
        person, customer = self.persons[row["customer"]], row["customer"]
        order, regime, now = self._order(row), self.regime, self.now
        if order.id not in person.accounts[customer].orders:
            if row.get("history"):
                self.follow(history_known(person, customer, order=order, regime=regime))
            else:
                self.follow(order_known(person, customer, order=order, regime=regime, now=now))
        elif (at := order.fulfilled_at) is not None:
            self.follow(order_fulfilled(person, customer, order_id=order.id, at=at, regime=regime, now=now))

    def _order(self, row: Mapping[str, Any]) -> Order:
        store, fulfilled = self.stores.get(row["store"]), row.get("fulfilled_at")
        return Order(
            row["id"],
            instant(row["ordered_at"]),
            instant(fulfilled) if fulfilled else None,
            row["store"],
            store.zone if store else "UTC",
            row["id"] in self.cancelled,
        )

    def send(self, customer: str, key: str) -> None:
        """An invitation is due, unless it ended or was moved since."""
        person = self.persons[customer]
        invitation = person.invitation(key)
        if invitation is None or self.agenda.worked(invitation.at) != self.now:
            return
        answer = at_sending(person, key, regime=self.regime, now=self.now)
        if isinstance(answer, Later):
            self.due_invitation(invitation)
        elif isinstance(answer, Drop):
            self.follow(answer.effects)
        else:
            self.hand_over(person, invitation)

    def hand_over(self, person: Person, invitation: Invitation) -> None:
        """To the provider, who takes it or refuses it."""
        key, rule_id = invitation.key, invitation.rule.id
        if self.now in self.refused:
            reason = Reason.PROVIDER_REJECTED
            self.follow(invitation_failed(person, key, reason=reason, regime=self.regime, now=self.now))
            return
        self.say("SENT", None, rule_id, invitation.label)
        customer = invitation.customer_id
        self.follow(invitation_sent(person, key, customer_id=customer, at=self.now, regime=self.regime))

    def occur(self, customer: str, rule_id: str) -> None:
        """A planned occurrence is due, unless its enrolment ended or its instant moved since."""
        person = self.persons[customer]
        cycle = person.accounts[customer].cycles.get(rule_id)
        if cycle is None or cycle.at is None or self.agenda.worked(cycle.at) != self.now:
            return
        answer = occurrence_due(person, customer, rule_id=rule_id, regime=self.regime, now=self.now)
        if isinstance(answer, Later):
            self.due_occurrence(customer, cycle, answer.at)
        else:
            self.follow(answer.effects)

    def remind(self, reminder: Reminder) -> None:
        """A reminder is due."""
        person, label = self.persons[reminder.customer_id], reminder.label
        answer = reminder_due(
            person,
            reminder,
            answered=(reminder.rule.id, label) in self.answers,
            cancelled=reminder.order_id in self.cancelled,
            regime=self.regime,
            now=self.now,
        )
        if isinstance(answer, Later):
            self.due_reminder(postponed(reminder, answer.at))
        elif isinstance(answer, Drop):
            self.say("NOT_REMINDED", answer.reason, reminder.rule.id, label)
        elif self.now in self.refused:
            self.say("FAILED", Reason.PROVIDER_REJECTED, reminder.rule.id, label)
        else:
            self.say("REMINDED", None, reminder.rule.id, label)

    def follow(self, effects: Sequence[Effect]) -> None:
        """Write down what happened and queue what is to come."""
        for effect in effects:
            match effect:
                case Decided(decision):
                    at = decision.planned_at if decision.verdict is Verdict.SCHEDULED else None
                    self.say(decision.verdict, decision.reason, decision.rule_id, decision.label, at)
                case InvitationEnded(invitation, state, reason):
                    word = "FAILED" if state == "failed" else "SUPPRESSED"
                    self.say(word, reason, invitation.rule.id, invitation.label)
                case Invited(invitation):
                    self.due_invitation(invitation)
                case CyclePlanned(customer, rule_id):
                    cycle = self.persons[customer].accounts[customer].cycles[rule_id]
                    self.due_occurrence(customer, cycle, effect.at)
                case ReminderPlanned(reminder):
                    self.due_reminder(reminder)

    def due_invitation(self, invitation: Invitation) -> None:
        """Look at it at its instant, or when the worker is back."""
        rule, customer = invitation.rule, invitation.customer_id
        action = partial(self.send, customer, invitation.key)
        self.agenda.put(self.agenda.worked(invitation.at), EMAILS, (rule.priority, rule.id, customer), action)

    def due_occurrence(self, customer: str, cycle: Cycle, at: datetime) -> None:
        """Likewise for the next date of an enrolment."""
        rule = self.regime.by_id.get(cycle.rule_id)
        key = (cycle.priority if rule is None else rule.priority, cycle.rule_id, customer)
        self.agenda.put(self.agenda.worked(at), EMAILS, key, partial(self.occur, customer, cycle.rule_id))

    def due_reminder(self, reminder: Reminder) -> None:
        """Likewise for a reminder, after all emails of the instant."""
        key = (reminder.rule.priority, reminder.rule.id, reminder.customer_id)
        self.agenda.put(self.agenda.worked(reminder.at), REMINDERS, key, partial(self.remind, reminder))

    def say(self, what: str, reason: Reason | None, rule_id: str, label: str, at: datetime | None = None) -> None:
        """A line of the trace, at `at` or now."""
        line = [str(what), None if reason is None else str(reason), rule_id, label, written(at or self.now)]
        self.trace.append(line)


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
