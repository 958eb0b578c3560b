"""A secret that leaked: what was not sent gets new links, what was sent ends or goes on, nobody loses their way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.tokens import Keyring, Purpose, key_id, keys
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.errors import NotFound, SettingsError
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.record_visit import Opening, record_visit
from surveyor.flows.refuse_lost_secrets import refuse_lost_secrets
from surveyor.flows.revoke_secret import Revoked, revoke_secret
from surveyor.flows.send_emails import EmailFacts
from surveyor.flows.unsubscribe import Choice, unsubscribe
from surveyor.mail.message import Message
from tests.flows.line import answer, install, send, sent_to
from tests.flows.orders import KEYS, PARIS, at, event, record
from tests.flows.sending import build

RULES = '[[rule]]\nid = "std"\nmin_orders = 1\nreminder_after_days = 5\n'
ORDERED, SENT = at("2026-01-05T17:00"), at("2026-01-07T09:00")
LATER, DUE = at("2026-01-08T09:00"), at("2026-01-12T09:00")
OLD = KEYS.newest_id
BOTH: Keyring = keys([bytes(range(100, 132)), *KEYS.secrets], KEYS.newest_id)


@pytest.fixture
def line(sessions: Any) -> Any:
    """o1 was sent and has a reminder to come, o2 was sent and answered, o3 waits."""
    install(sessions, RULES)
    record(sessions, event("o1", "c1", ORDERED), event("o2", "c2", ORDERED), now=ORDERED)
    assert len(send(sessions, SENT).accepted) == 2
    answer(sessions, sent_to(sessions)["o2"][0], 9, now=LATER - timedelta(hours=2))
    record(sessions, event("o3", "c3", at("2026-01-07T17:00")), now=LATER)
    return sessions


def revoke(line: Any, *, keep_sent: bool = False) -> Revoked:
    return revoke_secret(line, BOTH, OLD, keep_sent=keep_sent, by="host", now=LATER)


def state_of(line: Any, order: str, secret: str) -> str:
    """What somebody meets behind the survey link of an order that this secret makes."""
    invitation = sent_to(line)[order][0]
    token = BOTH.token(Purpose.SURVEY, invitation.id, secret)
    page = record_visit(line, token, opening=Opening("GET", b"c" * 32, None, navigated=True), keys=BOTH, now=LATER)
    return type(page).__name__


def with_link(facts: EmailFacts) -> Message:
    """A message that holds the survey link of its invitation."""
    assert facts.invitation_id is not None
    return replace(build(facts), text=BOTH.token(Purpose.SURVEY, facts.invitation_id, facts.survey_key_id))


def links_sent(line: Any, now: datetime) -> list[str]:
    return [message.text for message in send(line, now, built=with_link).accepted]


def test_unsent_links_are_made_again_and_links_in_mailboxes_end(line: Any) -> None:
    assert revoke(line) == Revoked(emails=1, invitations=2, ended=1, in_flight=0)
    assert state_of(line, "o1", OLD) == "Unknown"  # its reminder brings the new link
    assert state_of(line, "o1", BOTH.newest_id) == "SurveyPage"
    assert state_of(line, "o2", OLD) == "Ended"
    assert state_of(line, "o3", OLD) == "Unknown"
    assert links_sent(line, at("2026-01-09T09:00")) == [BOTH.token(Purpose.SURVEY, sent_to(line)["o3"][0].id)]
    assert state_of(line, "o3", BOTH.newest_id) == "SurveyPage"
    assert check_invariants(line, now=at("2026-01-09T09:05")).findings == ()


def test_the_reminder_brings_a_link_that_works(line: Any) -> None:
    revoke(line)
    send(line, at("2026-01-09T09:00"))
    assert advance_cycles(line, keys=BOTH, now=DUE, defaults=PARIS).reminded == 1
    assert links_sent(line, DUE) == [BOTH.token(Purpose.SURVEY, sent_to(line)["o1"][0].id)]
    assert state_of(line, "o1", BOTH.newest_id) == "SurveyPage"


def test_links_in_mailboxes_go_on_when_they_are_kept(line: Any) -> None:
    assert revoke(line, keep_sent=True) == Revoked(emails=1, invitations=1, ended=0, in_flight=0)
    assert state_of(line, "o2", OLD) == state_of(line, "o1", OLD) == "SurveyPage"
    assert state_of(line, "o3", OLD) == "Unknown"


def test_an_opposition_meets_no_closed_door(line: Any) -> None:
    revoke(line)
    token = BOTH.token(Purpose.UNSUBSCRIBE, sent_to(line)["o2"][1].id, OLD)
    unsubscribe(line, token, choice=Choice.STOP, journeys=CustomerJourneys(BOTH, PARIS), now=LATER)


def test_a_second_run_does_nothing_and_both_are_in_the_audit(line: Any) -> None:
    revoke(line)
    assert revoke(line) == Revoked(0, 0, 0, 0)
    with line() as session:
        lines = session.scalars(select(AuditLine.action).where(AuditLine.object == OLD).order_by(AuditLine.n))
        assert list(lines) == ["secret.revoking", "secret.revoked"] * 2


@pytest.mark.parametrize("state", ["leased", "in_doubt"])
def test_what_is_being_handed_over_is_left_alone_and_said(line: Any, state: str) -> None:
    held = {"state": state, "lease_until": LATER + timedelta(minutes=5) if state == "leased" else None}
    with line.begin() as session:
        session.execute(update(Email).where(Email.state == "pending").values(**held))
    assert revoke(line) == Revoked(emails=0, invitations=1, ended=1, in_flight=1)
    with line() as session:
        named = session.scalar(select(Invitation.key_id).where(Invitation.order_id == "o3"))
    assert named == OLD


def test_the_newest_secret_and_an_unknown_one_are_refused(line: Any) -> None:
    with pytest.raises(SettingsError, match="expected a new secret before"):
        revoke_secret(line, KEYS, OLD, keep_sent=False, by="host", now=LATER)
    with pytest.raises(NotFound, match="secrets list"):
        revoke_secret(line, KEYS, "00000000", keep_sent=False, by="host", now=LATER)


def test_nothing_starts_without_a_secret_that_unsent_links_need(line: Any) -> None:
    alone = keys(BOTH.secrets[:1])
    refuse_lost_secrets(line, BOTH)
    with pytest.raises(SettingsError, match=rf"{OLD} \(4 rows\)"):  # o3, its email, two reminders to look at
        refuse_lost_secrets(line, alone)
    revoke(line)
    refuse_lost_secrets(line, alone)
    assert key_id(alone.newest) == BOTH.newest_id
