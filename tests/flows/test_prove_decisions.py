"""Lived again from what was recorded, the decisions are those that are stored; one that was changed is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from surveyor.core.scope import NETWORK
from surveyor.db import network
from surveyor.db import stores as shops
from surveyor.db.tables.instance import Instance
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.edit_store import edit_store
from surveyor.flows.manage_users import HOST
from surveyor.flows.prove_decisions import prove_decisions
from surveyor.flows.prove_decisions.proof import MOST_LISTED
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.send_emails import send_emails
from tests.databases import ON_SQLITE
from tests.flows.orders import KEYS, PARIS, at, event, record
from tests.flows.sending import Scripted, mailer

JAN_5, JAN_19, SENT, MARCH = (at(f"2026-{day}") for day in ("01-05T17:00", "01-19T18:30", "01-21T09:00", "03-02T12:00"))


@pytest.fixture
def lived(sessions: Any) -> Any:
    """c1 is asked on 21 January and refused for it in March; c2 lacks an order; c3 shares the address of c1."""
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, '[[rule]]\nid = "std"\n', now=at("2026-01-01T00:00"))
    record(sessions, event("o1", "c1", JAN_5), event("p1", "c2", JAN_5), now=JAN_5)
    record(sessions, event("o2", "c1", JAN_19), now=JAN_19)
    send_emails(sessions, mailer=mailer(Scripted(), journeys=CustomerJourneys(KEYS, PARIS)), now=lambda: SENT)
    record(sessions, event("o3", "c1", MARCH), now=MARCH)
    record(sessions, event("q1", "c3", MARCH, email="c1@example.org"), now=MARCH)
    return sessions


def test_a_life_that_nobody_touched_is_found_again(lived: Any) -> None:
    proof = prove_decisions(lived, defaults=PARIS)
    assert (proof.compared, proof.found, proof.differences) == (5, 5, [])
    assert proof.ok
    assert proof.sentence("fr") == "5 décisions sur 5 retrouvées"
    assert proof.sentence("en") == "5 of 5 decisions found again"


@pytest.mark.parametrize(("first", "reason"), [("the email", "COOLDOWN"), ("the order", "OPEN_SOLICITATION")])
def test_an_order_and_the_end_of_a_hand_over_at_once_may_have_waited_for_each_other(
    lived: Any, first: str, reason: str
) -> None:
    """Whoever was dated a second later had the person's lock first."""
    record(lived, event("r1", "c9", JAN_5), now=JAN_5)
    record(lived, event("r2", "c9", JAN_19), now=JAN_19)
    dated = SENT + timedelta(seconds=-1 if first == "the email" else 1)
    worker = mailer(Scripted(), journeys=CustomerJourneys(KEYS, PARIS))

    def order() -> None:
        record(lived, event("r3", "c9", SENT - timedelta(hours=1)), now=dated)

    if first == "the order":
        order()
    send_emails(lived, mailer=worker, now=lambda: SENT)
    if first == "the email":
        order()
    with lived() as session:
        stored = session.execute(text("SELECT reason FROM decisions WHERE order_id = 'r3'")).scalar()
    assert stored == reason
    assert prove_decisions(lived, defaults=PARIS).differences == []


@pytest.mark.parametrize(
    ("change", "label", "what"),
    [
        (
            "UPDATE decisions SET reason = 'EXPIRED', facts = '{\"reasons\": [\"EXPIRED\"]}' WHERE order_id = 'o3'",
            "o3",
            "reasons",
        ),
        ("UPDATE decisions SET planned_at = decided_at WHERE order_id = 'o2'", "o2", "planned_at"),
        ("DELETE FROM decisions WHERE order_id = 'p1'", "p1", "decision"),
        (
            "UPDATE orders SET store_id = 'S9', ordered_at = fulfilled_at, history = true WHERE order_id = 'o1'",
            "o1",
            "decision",
        ),
        (
            "UPDATE invitations SET sent_at = NULL, state = 'dropped', reason = 'OPERATOR', ended_at = created_at",
            "o3",
            "verdict",
        ),
    ],
)
def test_what_was_changed_behind_our_back_is_named(lived: Any, change: str, label: str, what: str) -> None:
    with lived.begin() as session:
        session.execute(text(change))
    proof = prove_decisions(lived, defaults=PARIS)
    assert not proof.ok
    assert (label, what) in [(one.label, one.what) for one in proof.differences]


def test_each_person_is_compared_once_however_small_the_pages(lived: Any) -> None:
    told: list[int] = []
    proof = prove_decisions(lived, defaults=PARIS, page=1, progress=told.append)
    assert (proof.compared, proof.found) == (5, 5)
    assert told[-1] == 5


def test_an_empty_database_has_nothing_to_prove(sessions: Any) -> None:
    proof = prove_decisions(sessions)
    assert (proof.compared, proof.ok) == (0, True)


def settled(sessions: Any, **changes: Any) -> None:
    """Somebody edits the store in February."""
    with sessions() as session:
        store = shops.shops(session, (NETWORK,))[0]
    edit_store(sessions, store=store, changes=changes, by=HOST, now=at("2026-02-10T09:00"))


@pytest.mark.parametrize(
    "changes", [{"region_id": "sud"}, {"brand_id": "neuve"}, {"excluded": True}, {"zone": "Pacific/Auckland"}]
)
def test_what_was_decided_before_a_store_changed_is_found_again_as_its_store_was(
    sqlite_sessions: Any, changes: dict[str, Any]
) -> None:
    with sqlite_sessions.begin() as session:
        network.add_names(session, now=JAN_5, brands=["maison", "neuve"], regions=["nord", "sud"], segments=[])
        rows = [network.StoreRow("S1", "Lille", "Europe/Paris", "nord", "maison", None, "fr")]
        network.add_stores(session, rows, day=JAN_5.date(), now=JAN_5)
    text_of_rules = '[[rule]]\nid = "std"\nregions = ["nord"]\nmin_orders = 1\n'
    publish_first(sqlite_sessions, text_of_rules, now=at("2026-01-01T00:00"))
    record(sqlite_sessions, event("o1", "c1", at("2026-01-05T23:30")), now=at("2026-01-06T07:00"))
    settled(sqlite_sessions, **changes)
    record(sqlite_sessions, event("p1", "c2", MARCH), now=MARCH)
    proof = prove_decisions(sqlite_sessions, defaults=PARIS)
    assert proof.compared >= 1
    assert proof.differences == []


@ON_SQLITE
def test_a_fact_that_was_changed_is_named_by_itself(lived: Any) -> None:
    with lived.begin() as session:
        session.execute(text("UPDATE decisions SET facts = json_set(facts, '$.needed', 3) WHERE order_id = 'o2'"))
    (differ,) = prove_decisions(lived, defaults=PARIS).differences
    assert (differ.label, differ.what, differ.stored, differ.lived) == ("o2", "needed", "3", "2")


def test_differences_beyond_a_hundred_are_counted_and_not_listed(sqlite_sessions: Any) -> None:
    publish_first(sqlite_sessions, '[[rule]]\nid = "std"\n', now=at("2026-01-01T00:00"))
    record(sqlite_sessions, *(event(f"o{n}", f"c{n}", JAN_5) for n in range(MOST_LISTED + 1)), now=JAN_5)
    with sqlite_sessions.begin() as session:
        session.execute(text("DELETE FROM decisions"))
    proof = prove_decisions(sqlite_sessions, defaults=PARIS)
    assert (proof.count, len(proof.differences)) == (MOST_LISTED + 1, MOST_LISTED)
