"""Known wrong programs, each killed by a written case: what the cases are worth.

Every variant is a world of its own around the same engine (other zones, other lengths, a step left out, a memory
changed between two steps); nothing of the product is replaced.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.calendar import add_months
from surveyor.core.history import Invitation, Regime
from surveyor.core.journey import Effect, Reminder
from surveyor.core.person import Person
from surveyor.core.rules import Rule, RuleSet
from surveyor.core.written_cases import World, outcome

DOCUMENT = json.loads((Path(__file__).parents[1] / "golden" / "rule_scenarios.json").read_text(encoding="utf-8"))


class ClosedMonths:
    """A window closed at its far end: one day too long."""

    def __init__(self, months: int) -> None:
        self.months = months

    def __rsub__(self, day: int) -> int:
        return add_months(day, -self.months) - 1


class _OtherRules(World):
    def publish(self, rules: Sequence[Any]) -> None:
        super().publish(rules)
        changed = tuple(self.change(rule) for rule in self.regime.rules.rules)
        self.regime = Regime(RuleSet(changed, self.globals), self.stores)

    def change(self, rule: Rule) -> Rule:
        raise NotImplementedError


class ClosedWindow(_OtherRules):
    """(d - 2 months, d] read as [d - 2 months, d]."""

    def change(self, rule: Rule) -> Rule:
        changed = copy.copy(rule)
        if rule.window_months is not None:
            object.__setattr__(changed, "window_days", ClosedMonths(rule.window_months))
        return changed


class ThirtyDayMonths(_OtherRules):
    """Two months read as sixty days."""

    def change(self, rule: Rule) -> Rule:
        changed = copy.copy(rule)
        for thing in ("window", "cooldown"):
            months = getattr(rule, f"{thing}_months")
            if months is not None:
                object.__setattr__(changed, f"{thing}_days", 30 * months)
        return changed


class UtcDates(World):
    """Every date taken in UTC."""

    def __init__(self, inputs: Any, defaults: Any) -> None:
        stores = [{**store, "tz": "UTC"} for store in defaults["stores"]]
        super().__init__(inputs, {**defaults, "stores": stores})


class CooldownFromPlannedDay(World):
    """The cool-down runs from the day that was planned, not from the day of sending."""

    def follow(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            invitation = getattr(effect, "invitation", None)
            if invitation is not None and not hasattr(effect, "state"):
                self.planned = {**getattr(self, "planned", {}), invitation.key: invitation.at}
        super().follow(effects)

    def hand_over(self, person: Person, invitation: Invitation) -> None:
        super().hand_over(person, invitation)
        sent = person.accounts[invitation.customer_id].sent
        if self.now in sent:
            sent[sent.index(self.now)] = self.planned[invitation.key]


class NewDrawPerOrder(World):
    """No hold: each order of somebody drawn out is drawn again."""

    def follow(self, effects: Sequence[Effect]) -> None:
        super().follow(effects)
        for person in self.persons.values():
            for account in person.accounts.values():
                account.holds.clear()


class NoCheckAtSending(World):
    """What was scheduled leaves, whatever happened since."""

    def send(self, customer: str, key: str) -> None:
        person = self.persons[customer]
        invitation = person.invitation(key)
        if invitation is not None:
            self.hand_over(person, invitation)


class OrderOfArrival(World):
    """Orders stand in the order in which they came: an older one that comes late opens nothing again."""

    def follow(self, effects: Sequence[Effect]) -> None:
        super().follow(effects)
        for person in self.persons.values():
            for account in person.accounts.values():
                for order in account.orders.values():
                    order.below = frozenset()


class ReminderThatCounts(World):
    """A reminder starts a cool-down."""

    def remind(self, reminder: Reminder) -> None:
        before = len(self.trace)
        super().remind(reminder)
        if any(line[0] == "REMINDED" for line in self.trace[before:]):
            self.persons[reminder.customer_id].accounts[reminder.customer_id].sent.append(self.now)


class NothingFreed(World):
    """What an invitation had blocked stays refused when it ends."""

    def follow(self, effects: Sequence[Effect]) -> None:
        super().follow(effects)
        for person in self.persons.values():
            for invitation in person.open_invitations():
                invitation.blocked.clear()


class OneAccountAlone(World):
    """Two accounts of one address taken for two persons."""

    def __init__(self, inputs: Any, defaults: Any) -> None:
        customers = [
            {**customer, "email": customer["email"] and f"{customer['id']}@example.org"}
            for customer in inputs["customers"]
        ]
        super().__init__({**inputs, "customers": customers}, defaults)


WRONG = {
    ClosedWindow: {"S03", "S05c", "S06", "S40"},
    ThirtyDayMonths: {"S05a"},
    UtcDates: {"S08", "S09"},
    CooldownFromPlannedDay: {"S13"},
    NewDrawPerOrder: {"S26", "R40", "R41"},
    NoCheckAtSending: {"S16", "S19", "S21", "S31", "R33"},
    OrderOfArrival: {"S42", "R32", "R32b"},
    ReminderThatCounts: {"R50", "R54"},
    NothingFreed: {"S18", "R06", "R33", "R38"},
    OneAccountAlone: {"R47", "R48"},
}


@pytest.mark.parametrize("program", WRONG, ids=lambda program: program.__name__)
def test_a_wrong_program_fails_the_cases_written_against_it(program: type[World]) -> None:
    failing = {
        scenario["id"]
        for scenario in DOCUMENT["scenarios"]
        if outcome(program(scenario["inputs"], DOCUMENT)).trace != scenario["trace"]
    }
    assert WRONG[program] <= failing


def test_the_right_program_fails_none() -> None:
    assert all(outcome(World(s["inputs"], DOCUMENT)).trace == s["trace"] for s in DOCUMENT["scenarios"])
