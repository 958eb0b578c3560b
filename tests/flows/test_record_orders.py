"""A batch of order events: stored once each, decided upon by the rules in force, counted, answered one by one."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db import network, order_events, tallies
from surveyor.db.alerts import open_alerts
from surveyor.db.customers import by_external_id
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.network import stores
from surveyor.db.tables.customers import CustomerState
from surveyor.db.tables.decisions import DecisionHistory
from surveyor.db.tables.emails import Email
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.flows.rebuild_tallies import compare_tallies
from surveyor.flows.take_events import recorder, take_events
from surveyor.settings import Settings
from tests.flows.orders import KEYS, STD, at, decisions, event, invitations, record, use_rules
from tests.flows.statements import statements_of

JAN_5, JAN_19 = at("2026-01-05T17:00"), at("2026-01-19T18:30")


def _two_orders(sessions: Any, customer: str = "c1", **fields: Any) -> None:
    record(sessions, event("o1", customer, JAN_5, **fields), now=JAN_5)
    record(sessions, event("o2", customer, JAN_19, **fields), now=JAN_19)


def test_the_second_order_in_two_months_makes_an_invitation_for_day_two_at_ten(sessions: Any) -> None:
    use_rules(sessions)
    first = record(sessions, event("o1", "c1", JAN_5), now=JAN_5)
    record(sessions, event("o2", "c1", JAN_19), now=JAN_19)
    assert first.accepted == 1
    assert decisions(sessions) == [("o1", "std", "NOT_ELIGIBLE", "BELOW_MIN_ORDERS"), ("o2", "std", "SCHEDULED", None)]
    assert invitations(sessions) == [("o2", "scheduled", None, at("2026-01-21T09:00"))]


def test_an_invitation_comes_with_its_email_that_lives_until_it_is_too_late(sessions: Any) -> None:
    use_rules(sessions)
    _two_orders(sessions)
    with sessions.begin() as session:
        email = session.scalars(select(Email)).one()
    assert (email.kind, email.state, email.priority, email.domain_group) == ("invitation", "pending", 5, "other")
    assert email.due_at == at("2026-01-21T09:00")
    assert email.expires_at == at("2026-01-24T23:00")
    assert email.dedupe_key == f"invitation:{email.invitation_id.hex}"


def test_the_same_event_again_changes_nothing(sessions: Any) -> None:
    use_rules(sessions)
    _two_orders(sessions)
    again = record(sessions, event("o2", "c1", JAN_19), event("o1", "c1", JAN_5), now=at("2026-01-20T08:00"))
    assert (again.accepted, again.duplicates) == (0, 2)
    assert len(decisions(sessions)) == 2
    assert len(invitations(sessions)) == 1


def test_the_same_event_twice_in_a_batch_is_stored_once(sessions: Any) -> None:
    use_rules(sessions)
    one = event("o1", "c1", JAN_5)
    receipt = record(sessions, one, one, event("o2", "c1", JAN_5), now=JAN_5)
    assert [verdict.outcome for verdict in receipt.verdicts] == ["accepted", "duplicate", "accepted"]


def test_the_same_id_with_other_content_is_kept_aside_and_decides_nothing(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o1", "c1", JAN_5, amount="12.50"), now=JAN_5)
    other = event("o1", "c1", JAN_5, amount="99.00")
    for _ in range(2):
        receipt = record(sessions, other, now=JAN_19)
        assert receipt.conflicts == 1
        assert receipt.verdicts[0].fields == ("amount",)
    within = record(sessions, event("o9", "c2", JAN_5), event("o9", "c3", JAN_5), now=JAN_19)
    assert [verdict.outcome for verdict in within.verdicts] == ["accepted", "conflict"]
    with sessions.begin() as session:
        assert order_events.counts(session) == {"decided": 2, "conflict": 2}
        assert session.scalars(select(Order.amount).where(Order.order_id == "o1")).one() == Decimal("12.50")
        assert [alert.code for alert in open_alerts(session)] == ["order_event_conflict"]


def test_another_source_may_use_the_same_event_id(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o1", "c1", JAN_5), now=JAN_5)
    assert record(sessions, event("o1", "c1", JAN_5), now=JAN_5, source="other").accepted == 1
    assert len(decisions(sessions)) == 1


def test_a_guest_is_kept_and_never_decided_upon(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o1", "", JAN_5), event("o2", "", JAN_5), now=JAN_5)
    assert decisions(sessions) == []
    with sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(Order)) == 2


def test_a_type_that_means_nothing_to_us_is_kept_as_ignored(sessions: Any) -> None:
    use_rules(sessions)
    assert record(sessions, event("o1", "c1", JAN_5, type="order.picked"), now=JAN_5).accepted == 1
    with sessions.begin() as session:
        assert order_events.counts(session) == {"ignored": 1}
        assert session.scalar(select(func.count()).select_from(Order)) == 0


def test_a_customer_without_an_address_is_refused_for_it(sessions: Any) -> None:
    use_rules(sessions)
    _two_orders(sessions, email=None)
    assert decisions(sessions)[1] == ("o2", "std", "SUPPRESSED", "NO_EMAIL")


def test_a_placed_order_is_decided_upon_when_it_is_completed(sessions: Any) -> None:
    use_rules(sessions)
    placed = event("o2", "c1", JAN_5, type="order.placed")
    record(sessions, event("o1", "c1", JAN_5), placed, now=JAN_5)
    assert [row[0] for row in decisions(sessions)] == ["o1"]
    record(sessions, event("o2", "c1", JAN_5, fulfilled_at="2026-01-19T18:30:00+00:00"), now=JAN_19)
    assert decisions(sessions)[1] == ("o2", "std", "SCHEDULED", None)


def test_a_cancellation_that_came_first_is_applied_when_the_order_comes(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o1", "c1", JAN_5), now=JAN_5)
    record(sessions, event("o2", "c1", JAN_19, type="order.cancelled"), now=JAN_19)
    record(sessions, event("o2", "c1", JAN_19), now=JAN_19)
    assert decisions(sessions)[1] == ("o2", "std", "NOT_ELIGIBLE", "ORDER_CANCELLED")


@pytest.mark.parametrize(
    ("amounts", "dropped"), [(["30.00"], True), ([None], True), (["10.00"], False), (["10.00", "20.00"], True)]
)
def test_only_refunds_that_add_up_to_the_amount_take_an_order_back(
    sessions: Any, amounts: list[str | None], dropped: bool
) -> None:
    use_rules(sessions)
    _two_orders(sessions, amount="30.00")
    for number, amount in enumerate(amounts):
        refund = event("o2", "", JAN_19, type="order.refunded", event_id=f"r{number}", amount=amount, email=None)
        record(sessions, refund, now=at("2026-01-20T08:00"))
    assert invitations(sessions)[0][1:3] == (("dropped", "ANCHOR_CANCELLED") if dropped else ("scheduled", None))
    with sessions.begin() as session:
        assert session.scalars(select(Email.state)).one() == ("dropped" if dropped else "pending")


def test_a_cancelled_anchor_frees_what_its_invitation_had_blocked(sessions: Any) -> None:
    use_rules(sessions)
    _two_orders(sessions)
    record(sessions, event("o3", "c1", at("2026-01-20T09:00")), now=at("2026-01-20T09:00"))
    assert decisions(sessions)[2] == ("o3", "std", "SUPPRESSED", "OPEN_SOLICITATION")
    cancelled = event("o2", "c1", JAN_19, type="order.cancelled")
    record(sessions, cancelled, now=at("2026-01-20T12:00"))
    assert decisions(sessions)[2] == ("o3", "std", "SCHEDULED", None)
    assert [(order, state) for order, state, _, _ in invitations(sessions)] == [("o2", "dropped"), ("o3", "scheduled")]


def test_the_order_of_arrival_changes_nothing_but_what_time_decides(sqlite_databases: Any) -> None:
    events = [event(f"o{n}", "c1", at(f"2026-01-{5 + 3 * n:02d}T09:00")) for n in range(4)]
    seen = set()
    for order in itertools.permutations(events):
        engine = make_engine(sqlite_databases.migrated())
        sessions = make_sessions(engine)
        use_rules(sessions)
        record(sessions, *order, now=at("2026-01-14T10:00"))
        seen.add((tuple(decisions(sessions)), tuple(invitations(sessions))))
        engine.dispose()
    assert len(seen) == 1


def test_a_late_order_opens_the_decisions_that_lacked_it(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o2", "c1", JAN_19), now=JAN_19)
    record(sessions, event("o1", "c1", JAN_5), now=at("2026-01-20T08:00"))
    assert decisions(sessions) == [("o1", "std", "NOT_ELIGIBLE", "BELOW_MIN_ORDERS"), ("o2", "std", "SCHEDULED", None)]
    with sessions.begin() as session:
        former = session.execute(select(DecisionHistory.order_id, DecisionHistory.reason, DecisionHistory.cause)).all()
    assert [tuple(row) for row in former] == [("o2", "BELOW_MIN_ORDERS", "order")]


def test_an_order_older_than_the_memory_is_judged_from_the_whole_history(sessions: Any) -> None:
    use_rules(sessions, '[[rule]]\nid = "std"\nmin_orders = 3\nmax_late_days = 30\n')
    record(sessions, event("a", "c1", at("2025-01-10T09:00")), now=at("2025-01-10T10:00"))
    record(sessions, event("b", "c1", at("2025-01-20T09:00")), now=at("2025-01-20T10:00"))
    record(sessions, event("z", "c1", at("2025-12-20T09:00")), now=at("2025-12-20T10:00"))
    with sessions.begin() as session:
        assert '"a"' not in session.scalars(select(CustomerState.state)).one()
    record(sessions, event("c", "c1", at("2025-01-15T09:00")), now=at("2025-12-21T10:00"))
    assert decisions(sessions)[1] == ("b", "std", "SUPPRESSED", "EXPIRED")
    assert decisions(sessions)[2] == ("c", "std", "NOT_ELIGIBLE", "BELOW_MIN_ORDERS")


def test_a_memory_does_not_grow_with_the_history(sessions: Any) -> None:
    use_rules(sessions, '[[rule]]\nid = "std"\nmin_orders = 40\n')
    sizes = []
    for month in range(1, 13):
        when = at(f"2025-{month:02d}-10T09:00")
        record(sessions, *(event(f"o{month}-{n}", "c1", when) for n in range(5)), now=when)
        with sessions.begin() as session:
            sizes.append(len(session.scalars(select(CustomerState.state)).one()))
    assert max(sizes[6:]) <= max(sizes[:6]) * 1.1


def test_history_counts_in_windows_and_decides_nothing(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o1", "c1", JAN_5), now=JAN_19, history=True)
    record(sessions, event("o2", "c1", JAN_19), now=JAN_19)
    assert decisions(sessions) == [("o2", "std", "SCHEDULED", None)]


def test_an_unknown_store_is_made_to_be_completed_and_filled_by_later_orders(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o1", "c1", JAN_5), now=JAN_5)
    with sessions.begin() as session:
        found = stores(session)["S1"]
    assert (found.to_complete, found.name, found.zone, found.region) == (True, "S1", "Europe/Paris", "")
    known = event("o2", "c1", JAN_19, store_name="Lille", region="nord", brand="chez", segment="drive")
    record(sessions, known, now=JAN_19)
    other = event("o3", "c1", JAN_19, store_name="Autre", region="sud")
    record(sessions, other, now=JAN_19)
    with sessions.begin() as session:
        found = stores(session)["S1"]
    assert (found.name, found.region, found.brand) == ("Lille", "nord", "chez")


def test_an_unknown_store_is_refused_alone_when_stores_are_strict(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o0", "c0", JAN_5), now=JAN_5)
    batch = [event("o1", "c1", JAN_5, store_id="0421"), event("o2", "c1", JAN_5)]
    receipt = record(sessions, *batch, now=JAN_5, strict_stores=True)
    assert [verdict.outcome for verdict in receipt.verdicts] == ["rejected", "accepted"]
    complaint = receipt.verdicts[0].complaint
    assert complaint is not None
    assert complaint.code == "store_unknown"
    assert "0421" in complaint.message_fr
    assert record(sessions, batch[0], now=JAN_5).accepted == 1  # not remembered: once the store exists it is accepted


def test_what_comes_with_an_order_describes_its_customer(sessions: Any) -> None:
    use_rules(sessions)
    record(sessions, event("o1", "c1", JAN_5, first_name="Ana", language="en"), now=JAN_5)
    record(sessions, event("o2", "c1", JAN_19, language="fr", email="new@example.org"), now=JAN_19)
    with sessions.begin() as session:
        row = by_external_id(session, {"c1"})["c1"]
    assert (row.first_name, row.language, row.email) == ("Ana", "fr", "new@example.org")


def test_two_accounts_of_one_address_are_one_person(sessions: Any) -> None:
    use_rules(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    record(sessions, event("o1", "c1", JAN_5, email="x@example.org"), now=JAN_5)
    record(sessions, event("o2", "c2", JAN_5, email=" X@Example.org "), now=at("2026-01-05T18:00"))
    assert decisions(sessions)[1] == ("o2", "std", "SUPPRESSED", "OPEN_SOLICITATION")


def test_an_open_invitation_follows_its_customer_to_a_new_address(sessions: Any) -> None:
    use_rules(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    record(sessions, event("o1", "c1", JAN_5, email="old@example.org"), now=JAN_5)
    record(sessions, event("o2", "c1", JAN_5, email="new@gmail.com"), now=at("2026-01-05T18:00"))
    with sessions.begin() as session:
        row = by_external_id(session, {"c1"})["c1"]
        email = session.scalars(select(Email)).one()
    assert (email.address_key, email.domain_group) == (row.address_key, "gmail")
    assert invitations(sessions)[0][1] == "scheduled"


def test_an_invitation_that_arrives_where_one_is_open_is_dropped(sessions: Any) -> None:
    use_rules(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    record(sessions, event("o1", "c1", JAN_5), event("o2", "c2", JAN_5), now=JAN_5)
    moving = event("o3", "c2", JAN_5, email="c1@example.org")
    record(sessions, moving, now=at("2026-01-05T18:00"))
    assert [(order, state, reason) for order, state, reason, _ in invitations(sessions)] == [
        ("o1", "scheduled", None),
        ("o2", "dropped", "OPEN_SOLICITATION"),
    ]


def test_an_event_that_cannot_be_decided_waits_and_the_others_go_on(sessions: Any) -> None:
    use_rules(sessions)
    with sessions.begin() as session:
        network.add_stores(session, [network.StoreRow("BAD", "Bad", "Mars/Base")], day=JAN_5.date(), now=JAN_5)
    bad = event("o1", "c1", JAN_5, store_id="BAD")
    receipt = record(sessions, bad, event("o2", "c2", JAN_5), event("o3", "c1", JAN_5), now=JAN_5)
    assert receipt.accepted == 3
    assert [row[0] for row in decisions(sessions)] == ["o2", "o3"]
    with sessions.begin() as session:
        row = session.execute(
            select(OrderEventRow.event_id, OrderEventRow.tries, OrderEventRow.error).where(OrderEventRow.state == "new")
        ).one()
    assert (row.event_id, row.tries) == ("order.completed:o1", 1)
    assert "Mars/Base" in row.error


def test_the_tallies_say_what_was_decided(sessions: Any) -> None:
    use_rules(sessions)
    _two_orders(sessions)
    record(sessions, event("o3", "c1", at("2026-01-20T09:00")), now=at("2026-01-20T09:00"))
    cancelled = event("o3", "c1", JAN_19, type="order.cancelled")
    record(sessions, cancelled, now=at("2026-01-20T12:00"))
    year = Period(JAN_5.date(), at("2026-12-31T00:00").date())
    with sessions.begin() as session:
        total = tallies.sums(session, (NETWORK,), year)[()]
        reasons = tallies.reasons(session, (NETWORK,), year)[()]
    assert (total.orders, total.hits, total.scheduled) == (2, 2, 1)
    assert reasons == {("decision", "OPEN_SOLICITATION"): 1}


def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(sessions: Any) -> None:
    use_rules(sessions)
    counts = []
    for size in (20, 1000):
        for turn in range(2):
            batch = [event(f"o{size}-{turn}-{n}", f"c{size}-{n}", JAN_5) for n in range(size)]
            asked = statements_of(sessions, lambda batch=batch: record(sessions, *batch, now=JAN_5))
        counts.append(len(asked))
    assert counts[0] == counts[1] < 35
    assert len(invitations(sessions)) == 1020


def test_more_than_a_thousand_events_are_refused_at_once(sqlite_sessions: Any) -> None:
    with pytest.raises(ValueError, match="at most 1000"):
        record(sqlite_sessions, *[event("o1", "c1", JAN_5)] * 1001, now=JAN_5)


def test_without_any_published_rule_orders_are_kept_and_nothing_is_decided(sqlite_sessions: Any) -> None:
    _two_orders(sqlite_sessions)
    assert decisions(sqlite_sessions) == []


def test_wider_rules_look_at_orders_that_were_forgotten(sessions: Any) -> None:
    use_rules(sessions, '[[rule]]\nid = "std"\nwindow_days = 10\nidle_months = 1\nmin_orders = 9\n')
    for month in ("2025-01", "2025-06", "2025-11"):
        record(sessions, event(month, "c1", at(f"{month}-10T09:00")), now=at(f"{month}-10T10:00"))
    with sessions.begin() as session:
        assert "2025-01" not in session.scalars(select(CustomerState.state)).one()
    use_rules(sessions, '[[rule]]\nid = "std"\nwindow_months = 12\nmin_orders = 4\n')
    record(sessions, event("last", "c1", at("2025-12-01T09:00")), now=at("2025-12-01T10:00"))
    assert ("last", "std", "SCHEDULED", None) in decisions(sessions)


def test_a_feed_of_long_ago_is_decided_from_memories_alone(sessions: Any) -> None:
    """A year's file fed at once: each order is older than what a memory counted from today would keep."""
    use_rules(sessions)
    days = [at("2025-01-06T10:00") + timedelta(days=28 * n) for n in range(10)]
    now = at("2026-11-01T10:00")
    for number, day in enumerate(days[:-1]):
        record(sessions, event(f"o{number}", "c1", day), now=now)
    asked = statements_of(sessions, lambda: record(sessions, event("last", "c1", days[-1]), now=now))
    assert not [text for text in asked if "FROM orders WHERE customer_id" in text]
    assert {row[2:] for row in decisions(sessions)[2:]} == {("SUPPRESSED", "EXPIRED")}
    with sessions.begin() as session:
        text = session.scalars(select(CustomerState.state)).one()
    assert "o0" not in text
    assert "o7" in text


def test_a_store_that_nobody_declared_is_refused_at_its_place_in_the_batch(sqlite_sessions: Any) -> None:
    services = SimpleNamespace(sessions=sqlite_sessions, settings=Settings.read({}), keyring=KEYS)
    strict = recorder(services, source="till", now=JAN_5, strict_stores=True)
    unknown = event("o1", "c1", JAN_5, store_id="S9")
    (alone,) = take_events([unknown], record=strict).rejected
    (second,) = take_events([event("o2", "c1", JAN_5, store_id=""), unknown], record=strict).rejected
    assert (alone.index, alone.field, alone.complaint.where) == (0, "store_id", "/store_id")
    assert (second.index, second.field, second.complaint.where) == (1, "store_id", "/1/store_id")
    assert "/1/store_id" in second.complaint.message_en
    assert alone.complaint.code == second.complaint.code == "store_unknown"


def test_a_batch_that_met_another_at_the_same_row_is_recorded_when_it_is_made_again(sqlite_sessions: Any) -> None:
    met: list[int] = []

    def also(_session: Any, _receipt: Any) -> None:
        met.append(1)
        if len(met) < 3:
            raise IntegrityError("INSERT", {}, Exception("the same order at the same instant"))

    receipt = record(sqlite_sessions, event("o1", "c1", JAN_5), now=JAN_5, also=also)
    assert (receipt.accepted, len(met)) == (1, 3)


TWO_RULES = """[[rule]]
id = "weak"
priority = 9
min_orders = 1

[[rule]]
id = "strong"
priority = 1
"""


def test_an_order_cancelled_in_the_batch_that_brings_it_asks_nobody(sqlite_sessions: Any) -> None:
    use_rules(sqlite_sessions, STD + "min_orders = 1\n")
    both = event("o1", "c1", JAN_5), event("o1", "c1", JAN_5, type="order.cancelled")
    record(sqlite_sessions, *both, now=JAN_5)
    assert invitations(sqlite_sessions) == []
    assert decisions(sqlite_sessions) == [("o1", "std", "NOT_ELIGIBLE", "ORDER_CANCELLED")]


def test_an_invitation_that_a_stronger_rule_replaces_in_the_same_batch_is_kept_and_counted_as_ended(
    sqlite_sessions: Any,
) -> None:
    use_rules(sqlite_sessions, TWO_RULES)
    later = JAN_5 + timedelta(hours=1)
    record(sqlite_sessions, event("o1", "c1", JAN_5), event("o2", "c1", later), now=later)
    assert [(order, state, reason) for order, state, reason, _ in invitations(sqlite_sessions)] == [
        ("o1", "dropped", "SUPERSEDED"),
        ("o2", "scheduled", None),
    ]
    assert compare_tallies(sqlite_sessions, now=later) == []
