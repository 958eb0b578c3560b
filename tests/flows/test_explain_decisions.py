"""Why was this customer (not) asked? The answer names what was counted, and shows nothing outside the scopes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from surveyor.core.decision import Decision
from surveyor.core.scope import NETWORK, Scope
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.explain_decisions import Asking, Story, explain_customer, explain_decisions, find_subjects
from surveyor.flows.explain_decisions.plain import story_to_json
from tests.flows.line import install, send
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


def plain(words: str) -> str:
    return words.replace("\u00a0", " ")


def test_what_would_have_changed_it_is_said_of_the_moment_as_it_was(told: Any) -> None:
    by_order = {one.decision.order_id: one for one in told("c1").decisions}
    assert plain(by_order["o1"].ways[0]) == (
        "Avec 1 commande de plus du 6 novembre 2025 au 5 janvier et cette commande reçue 11 jours plus tôt, "
        "un e-mail aurait été prévu."
    )
    (way,) = by_order["o2"].ways
    assert plain(way) == "Avec 1 commande de moins parmi celles comptées, aucun e-mail n'aurait été prévu."
    assert "sans autre envoi déjà prévu" in by_order["o3"].ways[0].lower()


def test_the_line_of_time_holds_orders_and_emails_inside_the_scopes_alone(sqlite_sessions: Any, told: Any) -> None:
    record(sqlite_sessions, event("elsewhere", "c1", at("2026-01-10T12:00"), store_id="S2"), now=at("2026-01-20T14:00"))
    whole, store = told("c1"), told("c1", Scope.of(stores=["S1"]))
    assert [one.order_id for one in whole.orders] == ["o1", "elsewhere", "o2", "o3"]
    assert [one.order_id for one in store.orders] == ["o1", "o2", "o3"]
    assert [one.state for one in store.emails] == ["pending"]
    record(sqlite_sessions, event("o4", "c1", at("2026-01-21T09:00")), now=at("2026-01-21T10:00"))
    last = next(one for one in told("c1", Scope.of(stores=["S1"])).decisions if one.decision.order_id == "o4")
    assert (last.counted, last.elsewhere) == (("o1", "o2", "o3", "o4"), 1), "of another store only that there was one"
    shown = [story_to_json(told("c1", scope)) for scope in (NETWORK, Scope.of(stores=["S1"]))]
    assert ["elsewhere" in json.dumps(one) for one in shown] == [True, False]
    assert told("c1", Scope.of(stores=["S9"])) is None


def test_what_was_typed_is_found_as_a_customer_an_order_or_an_address(sqlite_sessions: Any, told: Any) -> None:
    record(sqlite_sessions, event("c1", "c2", JAN_5, email="c1@example.org"), now=at("2026-01-20T14:00"))

    def found(typed: str, *scopes: Scope) -> list[tuple[str, str, int]]:
        matches = find_subjects(sqlite_sessions, typed, reach=scopes or (NETWORK,), keys=KEYS)
        return sorted((one.how, one.name, one.count) for one in matches)

    assert found("c1") == [("customer", "c1", 3), ("order", "c2", 1)]
    assert found(" C1@example.org ") == [("address", "c1", 3), ("address", "c2", 1)]
    assert found("o2") == [("order", "c1", 1)]
    assert found("o2", Scope.of(stores=["S2"])) == found("nobody") == []


def test_a_customer_is_explained_page_by_page(sqlite_sessions: Any, told: Any) -> None:
    (match,) = find_subjects(sqlite_sessions, "o2", reach=(NETWORK,), keys=KEYS)
    asking = Asking((NETWORK,), "fr", KEYS, PARIS, most=2)
    first = explain_customer(sqlite_sessions, match.customer_id, asking)
    rest = explain_customer(sqlite_sessions, match.customer_id, asking, skip=2)
    assert first is not None
    assert rest is not None
    assert (len(first.decisions), first.more, len(rest.decisions), rest.more) == (2, True, 1, False)
    alone = explain_customer(sqlite_sessions, match.customer_id, asking, order=match.order)
    assert alone is not None
    assert [one.decision.order_id for one in alone.decisions] == ["o2"]
    assert explain_customer(sqlite_sessions, match.customer_id, Asking((Scope.of(stores=["S2"]),), "fr", KEYS)) is None


def test_what_would_have_changed_the_emails_of_a_cycle_is_said_of_each(sqlite_sessions: Any) -> None:
    """Asked in January, asked again in March, idle in May: each look at the cycle is told with its way."""
    install(sqlite_sessions, '[[rule]]\nid = "rec"\nmode = "recurring"\nmin_orders = 1\n')
    for order, when in (("o1", JAN_5), ("o2", at("2026-02-10T12:00"))):
        record(sqlite_sessions, event(order, "c1", when), now=when)
        send(sqlite_sessions, at("2026-01-07T09:00"))
    (planned,) = explain_decisions(sqlite_sessions, "c1", Asking((NETWORK,), "fr", KEYS, PARIS)).cycles  # type: ignore[union-attr]
    assert (planned.rule_id, planned.next_at, planned.store_id) == ("rec", at("2026-03-07T09:00"), "S1")
    for march_or_may in (at("2026-03-07T09:00"), at("2026-05-07T08:00")):
        advance_cycles(sqlite_sessions, keys=KEYS, now=march_or_may, defaults=PARIS)
        send(sqlite_sessions, march_or_may)
    story = explain_decisions(sqlite_sessions, "c1", Asking((NETWORK,), "fr", KEYS, PARIS))
    assert story is not None
    assert story.cycles == ()
    told = [(one.decision.label, [plain(way) for way in one.ways]) for one in story.decisions]
    assert [(one.decision.label, str(one.decision.reason or "")) for one in story.decisions][:2] == [
        ("o1#3", "STOPPED_IDLE"),
        ("o1#2", ""),
    ]
    assert told[:2] == [
        ("o1#3", ["Avec 1 commande de plus du 8 mars au 7 mai, un e-mail aurait été prévu."]),
        ("o1#2", ["Sans aucune commande du 8 janvier au 7 mars, aucun e-mail n'aurait été prévu."]),
    ]
