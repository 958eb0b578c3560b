"""From orders to answers by the real flows: what the database then holds keeps every promise of the line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from surveyor.core.tokens import Purpose
from surveyor.db import order_events
from surveyor.db.tables.customers import CustomerState
from surveyor.db.tables.invitations import Invitation
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.rebuild_tallies import rebuild_tallies
from surveyor.flows.record_visit import count_visits
from surveyor.flows.unsubscribe import unsubscribe
from surveyor.mail.providers.base import InDoubtError
from tests.flows.line import JOURNEYS, answer, install, send, sent_to
from tests.flows.orders import KEYS, PARIS, at, decisions, event, invitations, record
from tests.flows.sending import Scripted

JAN_5, SENT = at("2026-01-05T17:00"), at("2026-01-07T09:00")
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\nreminder_after_days = 5\n'


@pytest.fixture
def line(sessions: Any) -> Any:
    """An installation that may send, with one rule."""
    install(sessions, RULES)
    return sessions


def test_orders_emails_answers_and_opposition_leave_a_ledger_that_holds(line: Any) -> None:
    record(line, *(event(f"o{n}", f"c{n}", JAN_5, segment="drive") for n in range(4)), now=JAN_5)
    send(line, SENT)
    sent = sent_to(line)
    answer(line, sent["o1"][0], 9, now=SENT + timedelta(hours=3))
    count_visits(line, now=SENT + timedelta(hours=4))
    link = KEYS.token(Purpose.UNSUBSCRIBE, sent["o2"][1].id)
    unsubscribe(line, link, journeys=JOURNEYS, now=SENT + timedelta(hours=5))
    reminded = at("2026-01-12T09:00")
    assert advance_cycles(line, keys=KEYS, now=reminded, defaults=PARIS).reminded == 2
    send(line, reminded)
    assert check_invariants(line, now=reminded + timedelta(minutes=1)).findings == ()
    assert rebuild_tallies(line, now=reminded) == []
    with line.begin() as session:
        counts = session.execute(
            text("SELECT sum(sent), sum(reminders), sum(responded), sum(score_9), sum(unsubscribed) FROM tallies_fine")
        ).one()
        session.execute(text("UPDATE responses SET score = 3"))
    assert tuple(counts) == (4, 2, 1, 1, 1)
    found = check_invariants(line, now=reminded).findings
    assert "a response that is not what its forms say" in [one.what for one in found]


def test_two_emails_within_a_cool_down_are_seen(line: Any) -> None:
    record(line, event("o1", "c1", JAN_5), event("o2", "c2", JAN_5), now=JAN_5)
    send(line, SENT)
    with line.begin() as session:
        key = session.scalars(select(Invitation.address_key).where(Invitation.order_id == "o1")).one()
        session.execute(update(Invitation).values(address_key=key))
    found = [one.what for one in check_invariants(line, now=SENT).findings]
    assert "an invitation sent before the cool-down of its address was over" in found


def test_an_email_in_doubt_is_neither_dropped_by_a_cancellation_nor_replaced(line: Any) -> None:
    record(line, event("o1", "c1", JAN_5), now=JAN_5)
    send(line, SENT, Scripted(script={1: InDoubtError("connection lost")}))
    later = SENT + timedelta(hours=1)
    record(line, event("o1", "c1", JAN_5, type="order.cancelled"), event("o2", "c1", later), now=later)
    assert invitations(line)[0][:2] == ("o1", "scheduled")
    assert decisions(line)[1] == ("o2", "std", "SUPPRESSED", "OPEN_SOLICITATION")
    assert [one for one in check_invariants(line, now=later).findings if one.code in ("E2", "E3", "E7")] == []


def test_a_memory_that_cannot_be_read_stops_its_customer_alone(line: Any) -> None:
    record(line, event("o1", "c1", JAN_5), event("o2", "c2", JAN_5), now=JAN_5)
    with line.begin() as session:
        state = session.scalars(select(CustomerState)).first()
        assert state is not None
        state.state = '[0,{"v":99}]'
    later = JAN_5 + timedelta(hours=1)
    record(line, event("o3", "c1", later), event("o4", "c2", later), now=later)
    with line.begin() as session:
        assert order_events.counts(session) == {"decided": 3, "new": 1}
    provider = send(line, SENT)
    assert len(provider.accepted) == 1
    assert sorted(state for _, state, _, _ in invitations(line)) == ["dropped", "sent"]


def test_an_order_completed_by_an_import_of_history_counts_and_decides_nothing(line: Any) -> None:
    record(line, event("o1", "c1", JAN_5, type="order.placed"), now=JAN_5)
    later = JAN_5 + timedelta(days=1)
    record(line, event("o1", "c1", JAN_5, fulfilled_at=later.isoformat()), now=later, history=True)
    assert decisions(line) == []
    assert check_invariants(line, now=later).ok
