"""The written cases of the rules: dates in, decisions out, exactly; also when the memory is stored and forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.calendar import local_day
from surveyor.core.history import Account, Order
from surveyor.core.history_plain import days_to_remember, forget, from_plain, to_plain
from surveyor.core.journey import Effect
from surveyor.core.person import Person
from surveyor.core.reasons import Reason
from surveyor.core.written_cases import World, outcome, run_case, try_rules

DOCUMENT = json.loads((Path(__file__).parents[1] / "golden" / "rule_scenarios.json").read_text(encoding="utf-8"))
SCENARIOS = DOCUMENT["scenarios"]
each = pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["id"] for scenario in SCENARIOS])


class Forgetful(World):
    """After each step every account goes through JSON, as the row `customer_state` does, and forgets what is old."""

    forgetting = True

    def __init__(self, inputs: dict[str, Any], defaults: dict[str, Any]) -> None:
        self.forgotten: dict[str, dict[str, Order]] = {}
        super().__init__(inputs, defaults)

    def cancel(self, row: Mapping[str, Any]) -> None:
        """As the database does (rules.md, 14): a cancellation reads again what a cycle may have to follow now."""
        account = self.persons[row["customer"]].accounts[row["customer"]]
        if account.cycles:
            account.recall(self.forgotten.pop(account.id, {}).values())
        super().cancel(row)

    def follow(self, effects: Sequence[Effect]) -> None:
        super().follow(effects)
        for person in {id(person): person for person in self.persons.values()}.values():
            self._store(person)

    def _store(self, person: Person) -> None:
        for account in list(person.accounts.values()):
            stored = json.loads(json.dumps(to_plain(account)))
            again = from_plain(account.id, stored, email_known=account.email_known, segment=account.segment)
            assert to_plain(again) == to_plain(account)
            if self.forgetting:
                before = dict(again.orders)
                forget(again, before=local_day(self.now, "UTC") - days_to_remember(self.regime))
                gone = {name: order for name, order in before.items() if name not in again.orders}
                self.forgotten.setdefault(account.id, {}).update(gone)
            person.accounts[account.id] = again


class Stored(Forgetful):
    """Stored, and nothing forgotten."""

    forgetting = False


@each
def test_a_written_case_gives_exactly_its_sends_its_last_word_and_its_trace(scenario: dict[str, Any]) -> None:
    found = run_case(scenario["inputs"], DOCUMENT)
    assert found.trace == scenario["trace"]
    assert found.sends == scenario["sends"]
    assert found.last == scenario["last"]


@each
@pytest.mark.parametrize("world", [Stored, Forgetful])
def test_a_memory_that_is_stored_and_forgets_old_things_decides_the_same(
    scenario: dict[str, Any], world: type[World]
) -> None:
    assert outcome(world(scenario["inputs"], DOCUMENT)).trace == scenario["trace"]


def test_every_reason_of_the_rules_is_said_by_a_written_case() -> None:
    said = {line[1] for scenario in SCENARIOS for line in scenario["trace"] if line[1]}
    # Said by the sending of emails and not by a rule (pipeline.md, 4 and 6); NO_ACCESS is about staff reports.
    elsewhere = {"BUILD_ERROR", "INTERNAL_ERROR", "UNCONFIRMED", "OPERATOR", "NO_ACCESS"}
    assert {str(reason) for reason in Reason} - elsewhere == said


def test_a_case_that_is_written_wrong_is_told_with_what_came_out() -> None:
    wrong = {**SCENARIOS[0], "sends": []}
    differences = try_rules({**DOCUMENT, "scenarios": [wrong, SCENARIOS[1]]})
    assert [(d.case, d.what, d.expected) for d in differences] == [("S01", "sends", [])]
    assert differences[0].found == SCENARIOS[0]["sends"]


def test_a_memory_of_another_form_is_refused_so_that_it_is_rebuilt() -> None:
    with pytest.raises(ValueError, match="rebuild it from orders"):
        from_plain("c1", {"v": 0})
    assert from_plain("c1", to_plain(Account("c1"))).orders == {}
