"""From orders to answers by the real flows: what the database then holds keeps every promise of the line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from surveyor.core.tokens import Purpose
from surveyor.db import order_events
from surveyor.db.tables.customers import CustomerState
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.rebuild_tallies import rebuild_tallies
from surveyor.flows.record_response import Form, page_nonce, record_response
from surveyor.flows.record_visit import Opening, count_visits, record_visit
from surveyor.flows.send_emails import send_emails
from surveyor.flows.unsubscribe import unsubscribe
from surveyor.mail.providers.base import InDoubtError
from tests.flows.orders import KEYS, PARIS, at, decisions, event, invitations, record
from tests.flows.sending import Scripted, mailer

JAN_5, SENT = at("2026-01-05T17:00"), at("2026-01-07T09:00")
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\nreminder_after_days = 5\n'
JOURNEYS = CustomerJourneys(KEYS, PARIS)


@pytest.fixture
def line(sessions: Any) -> Any:
    """An installation that may send, with one rule."""
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, RULES, now=at("2026-01-01T00:00"))
    return sessions


def _send(sessions: Any, now: datetime, provider: Scripted | None = None) -> Scripted:
    provider = provider or Scripted()
    send_emails(sessions, mailer=mailer(provider, journeys=JOURNEYS), now=lambda: now)
    return provider


def _rows(sessions: Any) -> dict[str, tuple[Any, Any]]:
    """Order -> its invitation and first email."""
    with sessions.begin() as session:
        found = session.execute(select(Invitation, Email).join(Email, Email.invitation_id == Invitation.id)).all()
    return {one.order_id: (one, email) for one, email in found if email.kind == "invitation"}


def _answer(sessions: Any, invitation: Any, score: int, *, now: datetime) -> None:
    token = KEYS.token(Purpose.SURVEY, invitation.id)
    opening = Opening("GET", b"c" * 32, score, navigated=True)
    record_visit(sessions, token, opening=opening, keys=KEYS, now=now)
    nonce = page_nonce(KEYS, invitation.id, now=now)
    form = Form((("score", str(score)), ("nonce", nonce), ("comment", "Très bien")), b"c" * 32)
    record_response(sessions, token, form=form, keys=KEYS, journeys=JOURNEYS, now=now + timedelta(seconds=30))


def test_orders_emails_answers_and_opposition_leave_a_ledger_that_holds(line: Any) -> None:
    record(line, *(event(f"o{n}", f"c{n}", JAN_5, segment="drive") for n in range(4)), now=JAN_5)
    _send(line, SENT)
    sent = _rows(line)
    _answer(line, sent["o1"][0], 9, now=SENT + timedelta(hours=3))
    count_visits(line, now=SENT + timedelta(hours=4))
    link = KEYS.token(Purpose.UNSUBSCRIBE, sent["o2"][1].id)
    unsubscribe(line, link, journeys=JOURNEYS, now=SENT + timedelta(hours=5))
    reminded = at("2026-01-12T09:00")
    assert advance_cycles(line, keys=KEYS, now=reminded, defaults=PARIS).reminded == 2
    _send(line, reminded)
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
    _send(line, SENT)
    with line.begin() as session:
        key = session.scalars(select(Invitation.address_key).where(Invitation.order_id == "o1")).one()
        session.execute(update(Invitation).values(address_key=key))
    found = [one.what for one in check_invariants(line, now=SENT).findings]
    assert "an invitation sent before the cool-down of its address was over" in found


def test_an_email_in_doubt_is_neither_dropped_by_a_cancellation_nor_replaced(line: Any) -> None:
    record(line, event("o1", "c1", JAN_5), now=JAN_5)
    _send(line, SENT, Scripted(script={1: InDoubtError("connection lost")}))
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
    provider = _send(line, SENT)
    assert len(provider.accepted) == 1
    assert sorted(state for _, state, _, _ in invitations(line)) == ["dropped", "sent"]


def test_an_order_completed_by_an_import_of_history_counts_and_decides_nothing(line: Any) -> None:
    record(line, event("o1", "c1", JAN_5, type="order.placed"), now=JAN_5)
    later = JAN_5 + timedelta(days=1)
    record(line, event("o1", "c1", JAN_5, fulfilled_at=later.isoformat()), now=later, history=True)
    assert decisions(line) == []
    assert check_invariants(line, now=later).ok
