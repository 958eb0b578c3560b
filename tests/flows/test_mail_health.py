"""What the mail doctor reads of the database: thirty days of emails, who sends, who is suppressed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from surveyor.db import mail_health
from surveyor.db.suppressions import lift, suppress
from surveyor.db.tables.network import Brand, Store
from surveyor.flows.send_emails import send_emails
from surveyor.mail.providers.base import InDoubtError
from tests.flows.sending import NOW, Scripted, mailer, open_network, schedule

DAY = timedelta(days=1)


def test_thirty_days_count_what_left_and_what_is_in_doubt(sessions: Any) -> None:
    open_network(sessions)
    for _ in range(3):
        schedule(sessions)
    send_emails(sessions, mailer=mailer(Scripted()), now=lambda: NOW)
    schedule(sessions)
    send_emails(sessions, mailer=mailer(Scripted(script={1: InDoubtError("silence")})), now=lambda: NOW)
    with sessions() as session:
        found = mail_health.outcomes(session, since=NOW - 30 * DAY)
        assert (found.sent, found.in_doubt, found.bounced_hard, found.complained) == (4, 1, 0, 0)
        assert mail_health.outcomes(session, since=NOW + DAY).sent == 0
        assert mail_health.last_sent(session) == NOW
        assert mail_health.last_event(session, "sendgrid") is None


def test_suppressed_are_those_that_a_provider_would_list_too(sessions: Any) -> None:
    open_network(sessions)
    keys = [schedule(sessions).address_key for _ in range(5)]
    with sessions.begin() as session:
        suppress(session, keys[0], "unsubscribed", source="test", now=NOW)
        suppress(session, keys[1], "bounced_hard", source="test", now=NOW, until=NOW + DAY)
        suppress(session, keys[2], "paused", source="test", now=NOW, until=NOW + DAY)
        suppress(session, keys[3], "complained", source="test", now=NOW)
        lift(session, keys[3], "complained", now=NOW, by="customer")
    with sessions() as session:
        assert mail_health.suppressed(session, now=NOW) == {keys[0], keys[1]}
        assert mail_health.suppressed(session, now=NOW + 2 * DAY) == {keys[0]}
        assert mail_health.addressed(session) == set(keys)


def test_senders_are_those_of_brands_and_stores(sessions: Any) -> None:
    open_network(sessions)
    with sessions.begin() as session:
        session.get_one(Brand, "maison").sender = {"address": "avis@maison-x.fr", "sender_id": "maison-x"}
        session.get_one(Store, "lille").sender = {"name": "Lille"}
    with sessions() as session:
        assert mail_health.senders(session) == [{"address": "avis@maison-x.fr", "sender_id": "maison-x"}]
