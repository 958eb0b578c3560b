"""From a bounce in a mailbox to the ladder: SMTP tells nothing but this."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.db.tables.emails import Email, EmailEvent
from surveyor.db.tables.suppressions import Suppression
from surveyor.flows.apply_provider_batches import apply_provider_batches
from surveyor.flows.collect_bounces import collect_bounces
from surveyor.flows.send_emails import send_emails
from surveyor.mail.bounces import read_mailbox
from surveyor.mail.providers.base import InDoubtError
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, mailer, open_network, row, schedule
from tests.mail.test_bounces import ID, feedback, report

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def sent(sessions: Any, script: Any = None) -> Asked:
    asked = schedule(sessions, address="zoe@example.org")
    provider = Scripted(script=script or {})
    provider.name = "smtp"
    send_emails(sessions, mailer=mailer(provider), now=lambda: NOW)
    return asked


def bounce(sessions: Any, asked: Asked, *messages: bytes) -> None:
    mine = [raw.replace(ID.hex.encode(), asked.email_id.hex.encode()) for raw in messages]
    collect_bounces(sessions, [(raw, lambda: None) for raw in mine], now=LATER)
    apply_provider_batches(sessions, journeys=Free(), keys=KEYRING, now=LATER)


def suppressed(sessions: Any) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(Suppression.reason)))


def test_a_hard_bounce_takes_an_assumed_delivery_back_and_ends_the_address(network: Any) -> None:
    asked = sent(network)
    assert row(network, Email, asked.email_id).delivery == "delivered"
    bounce(network, asked, report(), report())
    assert row(network, Email, asked.email_id).delivery == "bounced_hard"
    assert suppressed(network) == ["bounced_hard"]
    with network() as session:
        assert [(one.matched_by, one.provider) for one in session.scalars(select(EmailEvent))] == [
            ("return_path", "smtp")
        ]


def test_a_refusal_of_us_and_not_of_the_address_does_not_punish_its_reader(network: Any) -> None:
    asked = sent(network)
    bounce(network, asked, report(status="5.7.1"))
    assert row(network, Email, asked.email_id).delivery == "bounced_hard"
    assert suppressed(network) == []


def test_a_bounce_with_our_message_id_proves_a_doubtful_email(network: Any) -> None:
    asked = sent(network, {1: InDoubtError("no reply to the dot")})
    assert row(network, Email, asked.email_id).state == "in_doubt"
    bounce(network, asked, report(to="postmaster@maison-x.fr", status="4.2.2"))
    found = row(network, Email, asked.email_id)
    assert (found.state, found.delivery, found.sent_at) == ("sent", "bounced_soft", NOW)


def test_a_complaint_of_a_feedback_loop_is_an_opposition_for_ever(network: Any) -> None:
    asked = sent(network)
    bounce(network, asked, feedback(), feedback())
    assert row(network, Email, asked.email_id).delivery == "complained"
    with network() as session:
        (held,) = session.scalars(select(Suppression))
        assert (held.reason, held.address_key, held.expires_at) == ("complained", asked.address_key, None)


def test_s33_a_forged_report_silences_nobody(network: Any) -> None:
    asked = sent(network)
    forged = report(to="postmaster@maison-x.fr", returned="")
    other = report().replace(b"zoe@example.org", b"victim@example.org")
    bounce(network, asked, forged, other)
    assert row(network, Email, asked.email_id).delivery == "delivered"
    assert suppressed(network) == []


def test_an_answer_of_a_machine_is_no_bounce(network: Any) -> None:
    asked = sent(network)
    bounce(network, asked, b"Auto-Submitted: auto-replied\nTo: b+" + ID.hex.encode() + b"@x.fr\n\nholiday")
    assert row(network, Email, asked.email_id).delivery == "delivered"


def test_a_mailbox_is_emptied_only_of_what_is_kept(network: Any, tmp_path: Path) -> None:
    sent(network)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(report())
    assert collect_bounces(network, read_mailbox(f"maildir://{tmp_path}"), now=LATER) == 1
    assert collect_bounces(network, read_mailbox(f"maildir://{tmp_path}"), now=LATER) == 0
