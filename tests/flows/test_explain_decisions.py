"""Why was this customer (not) asked? The answer names what was counted, and shows nothing outside the scopes."""

from __future__ import annotations

from typing import Any

import pytest

from surveyor.core.decision import Decision
from surveyor.core.scope import NETWORK, Scope
from surveyor.flows.explain_decisions import Asking, Story, explain_decisions
from tests.flows.orders import KEYS, PARIS, at, event, record, use_rules

JAN_5, JAN_19 = at("2026-01-05T17:00"), at("2026-01-19T18:30")


@pytest.fixture
def told(sqlite_sessions: Any) -> Any:
    use_rules(sqlite_sessions)
    for n, (order, when) in enumerate((("o2", JAN_19), ("o1", JAN_5), ("o3", at("2026-01-20T09:00")))):
        record(sqlite_sessions, event(order, "c1", when), now=at(f"2026-01-20T1{n}:00"))

    def ask(subject: str, *scopes: Scope, language: str = "fr") -> Story | None:
        asking = Asking(scopes or (NETWORK,), language, KEYS, PARIS)
        return explain_decisions(sqlite_sessions, subject, asking)

    return ask


@pytest.mark.parametrize("subject", ["c1", "C1@Example.org", " c1@example.org "])
def test_a_customer_is_found_by_id_and_by_address(told: Any, subject: str) -> None:
    story = told(subject)
    assert [one.decision.order_id for one in story.decisions] == ["o3", "o1", "o2"] or len(story.decisions) == 3
    assert story.customers == (("c1", "c1@example.org"),)


def test_an_order_tells_its_own_decision_with_what_became_of_it(told: Any) -> None:
    (one,) = told("o2").decisions
    assert one.decision.verdict == "SCHEDULED"
    assert "2 commandes" in one.what.sentence
    assert one.fate.state == "scheduled"
    assert one.fate.due_at == at("2026-01-21T09:00")
    assert one.uncounted == (("o3", "later"),)
    assert [before.decision.reason for before in one.former] == ["BELOW_MIN_ORDERS"]


def test_it_is_told_in_english_too(told: Any) -> None:
    assert "2 orders" in told("o2", language="en").decisions[0].what.sentence


def test_a_decision_comes_back_as_it_was_made(told: Any) -> None:
    decision = told("o2").decisions[0].decision
    assert isinstance(decision, Decision)
    assert (decision.counted, decision.needed, decision.order_ids) == (2, 2, ("o1", "o2"))


def test_another_store_s_reader_sees_nothing_and_a_store_s_reader_no_address(told: Any) -> None:
    assert told("c1", Scope.of(stores=["S2"])) is None
    assert told("o2", Scope.of(stores=["S2"])) is None
    assert told("c1", Scope.of(stores=["S1"])).customers == (("c1", "c…@example.org"),)


def test_what_does_not_exist_is_nothing(told: Any) -> None:
    assert told("nobody") is None
    assert told("not an address@") is None
