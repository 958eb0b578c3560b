"""Provider events: each once, in any order, the ladder only up, and addresses that are not written to any more."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from surveyor.core.emails import Delivery
from surveyor.core.tally import Tally
from surveyor.db import provider_events
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.emails import Email, EmailEvent
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.suppressions import Suppression
from surveyor.db.tables.tallies import CoarseTally
from surveyor.flows.record_provider_events import Applied, count_undelivered, record_provider_events
from surveyor.flows.send_emails import send_emails
from surveyor.flows.simulate_deliveries import simulate_deliveries
from surveyor.mail.providers.base import EventKind, InDoubtError, ProviderEvent, TransientError
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, mailer, open_network, row, schedule

SENT_DAY = date(2026, 11, 2)
_ids = itertools.count(1)


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def sent(sessions: Any, *, address: str = "", provider: Any = None) -> Asked:
    asked = schedule(sessions, address=address)
    send_emails(sessions, mailer=mailer(provider or Scripted(events=True)), now=lambda: NOW)
    return asked


def said(asked: Asked, kind: EventKind, *, minutes: float = 1, **more: Any) -> ProviderEvent:
    about: dict[str, Any] = {"email_id": asked.email_id, "attempt": 1, "event_id": f"e{next(_ids)}", **more}
    return ProviderEvent(kind=kind, at=NOW + timedelta(minutes=minutes), **about)


def apply(sessions: Any, *events: ProviderEvent, **options: Any) -> Applied:
    options = {"journeys": Free(), "keys": KEYRING, "now": NOW + timedelta(days=1), **options}
    return record_provider_events(sessions, "memory", events, **options)


def counts(sessions: Any) -> dict[str, int]:
    with sessions() as session:
        found = session.get(CoarseTally, (SENT_DAY, "lille"))
        return Tally.from_mapping(vars(found)).changes() if found else {}


def suppressions(sessions: Any) -> list[tuple[str, Any]]:
    with sessions() as session:
        return [(one.reason, one.expires_at) for one in session.scalars(select(Suppression))]


def test_an_event_is_applied_once_with_the_same_id_or_the_same_words(network: Any) -> None:
    asked = sent(network)
    delivered = said(asked, EventKind.DELIVERED)
    assert apply(network, delivered, delivered) == Applied(1, 1)
    assert apply(network, delivered) == Applied(0, 0)
    nameless = said(asked, EventKind.OPENED, event_id="")
    assert apply(network, nameless) == Applied(1, 1)
    assert apply(network, nameless) == Applied(0, 0)
    assert counts(network) == {"sent": 1, "delivered": 1}


def test_the_ladder_ends_the_same_in_any_order(network: Any) -> None:
    kinds = [
        (EventKind.QUEUED, 1.0, {}),
        (EventKind.DEFERRED, 2.0, {}),
        (EventKind.DELIVERED, 3.0, {}),
        (EventKind.BOUNCED, 4.0, {"bounce": "soft"}),
    ]
    for order in list(itertools.permutations(kinds))[::5]:
        asked = sent(network)
        for kind, minutes, more in order:
            apply(network, said(asked, kind, minutes=minutes, **more))
        assert row(network, Email, asked.email_id).delivery == "bounced_soft"
    assert counts(network) == {"sent": 5, "bounced_soft": 5}


def test_the_row_itself_refuses_a_step_down(network: Any) -> None:
    """Whatever a flow read before: somebody else may have moved the email since."""
    asked = sent(network)
    for step in (Delivery.DELIVERED, Delivery.DEFERRED):
        with network.begin() as session:
            provider_events.climb(session, [(asked.email_id, step, NOW + timedelta(minutes=1))])
    assert row(network, Email, asked.email_id).delivery == "delivered"


def test_a_bounce_after_a_delivery_takes_the_delivery_back(network: Any) -> None:
    asked = sent(network)
    apply(network, said(asked, EventKind.DELIVERED))
    apply(network, said(asked, EventKind.BOUNCED, minutes=9, bounce="hard", status="5.1.1"))
    assert counts(network) == {"sent": 1, "bounced_hard": 1}
    assert [reason for reason, _ in suppressions(network)] == ["bounced_hard"]


def test_a_visit_proves_a_delivery_whatever_the_ladder_says(network: Any) -> None:
    asked = sent(network)
    with network.begin() as session:
        session.execute(update(Invitation).values(visited_at=NOW))
    apply(network, said(asked, EventKind.BOUNCED, bounce="soft"))
    assert counts(network) == {"sent": 1}


def test_a_complaint_is_delivered_and_an_opposition(network: Any) -> None:
    asked = sent(network, address="zoe@example.org")
    waiting = schedule(network, address="zoe@example.org", due_at=NOW + timedelta(days=60))
    apply(network, said(asked, EventKind.COMPLAINED))
    assert counts(network) == {"sent": 1, "delivered": 1, "complained": 1}
    assert row(network, Email, waiting.email_id).reason == "SPAM_COMPLAINT"
    assert suppressions(network) == [("complained", None)]


def test_any_event_proves_that_an_email_in_doubt_was_accepted(network: Any) -> None:
    asked = sent(network, provider=Scripted(events=True, script={1: InDoubtError("timeout")}))
    apply(network, said(asked, EventKind.BOUNCED, bounce="hard", status="5.1.1"))
    assert row(network, Email, asked.email_id).state == "sent"
    assert counts(network) == {"sent": 1, "bounced_hard": 1}


def test_an_event_about_an_attempt_that_was_refused_is_an_alert(network: Any) -> None:
    asked = sent(network)
    with network.begin() as session:
        session.execute(update(Email).values(attempts=2))
    apply(network, said(asked, EventKind.DELIVERED))
    with network() as session:
        assert [alert.code for alert in open_alerts(session)] == ["handed_over_twice"]


def test_an_event_about_an_email_that_waits_makes_it_sent_and_is_an_alert(network: Any) -> None:
    asked = sent(network, provider=Scripted(events=True, script={1: TransientError("451 later")}))
    apply(network, said(asked, EventKind.DELIVERED))
    assert row(network, Email, asked.email_id).state == "sent"
    with network() as session:
        assert [alert.code for alert in open_alerts(session)] == ["accepted_after_refusal"]


def test_a_hand_over_that_a_failover_forgot_is_known_again_and_not_repeated(network: Any) -> None:
    asked, other = schedule(network), schedule(network)
    heard = [
        said(asked, EventKind.DELIVERED, minutes=3, address=asked.address),
        said(asked, EventKind.QUEUED, minutes=1, address=asked.address),
        said(other, EventKind.DELIVERED, address="somebody@else.example"),
    ]
    assert apply(network, *heard).matched == 2
    found = row(network, Email, asked.email_id)
    assert (found.state, found.attempts, found.sent_at) == ("sent", 1, NOW + timedelta(minutes=1))
    assert counts(network) == {"sent": 1, "delivered": 1}
    with network() as session:
        assert open_alerts(session) == [], "nobody had refused it"
    provider = Scripted(events=True)
    send_emails(network, mailer=mailer(provider), now=lambda: NOW + timedelta(minutes=2))
    assert provider.calls == [other.email_id]
    assert apply(network, said(asked, EventKind.OPENED)).new == 1


def test_a_machine_is_noted_and_an_account_that_changes_is_an_alert(network: Any) -> None:
    asked = sent(network)
    apply(network, said(asked, EventKind.CLICKED, machine=True), said(asked, EventKind.ACCOUNT, email_id=None))
    with network() as session:
        assert [alert.code for alert in open_alerts(session)] == ["provider_account"]
        details = session.scalars(select(EmailEvent.detail)).all()
    assert {"machine": True} in details


def test_an_event_is_found_by_the_providers_own_reference(network: Any) -> None:
    asked = sent(network)
    event = said(asked, EventKind.DELIVERED, email_id=None, attempt=None, provider_ref=f"ref-{asked.email_id.hex}")
    assert apply(network, event) == Applied(1, 1)
    assert counts(network)["delivered"] == 1


def test_an_address_alone_may_suppress_and_never_moves_a_ladder(network: Any) -> None:
    asked = sent(network)
    stranger = {"email_id": UUID(int=5), "address": asked.address}
    assert apply(network, said(asked, EventKind.UNSUBSCRIBED, **stranger)) == Applied(1, 0)
    assert apply(network, said(asked, EventKind.DELIVERED, **stranger)) == Applied(1, 0)
    assert apply(network, said(asked, EventKind.UNKNOWN, email_id=None, address="not an address")) == Applied(1, 0)
    assert counts(network) == {"sent": 1}
    assert suppressions(network) == [("unsubscribed", None)]


@pytest.mark.parametrize(
    ("kind", "more", "reason", "days"),
    [
        (EventKind.BOUNCED, {"bounce": "hard", "bounce_class": "Invalid Address"}, "bounced_hard", 180),
        (EventKind.REJECTED, {"reject_reason": "bounced"}, "bounced_hard", 180),
        (EventKind.REJECTED, {"reject_reason": "unsubscribed"}, "unsubscribed", None),
        (EventKind.REJECTED, {"reject_reason": "spam"}, "complained", None),
        (EventKind.BOUNCED, {"bounce": "hard", "bounce_class": "Reputation"}, None, None),
        (EventKind.REJECTED, {"reject_reason": "timed_out"}, None, None),
        (EventKind.BOUNCED, {"bounce": "block"}, None, None),
    ],
    ids=["invalid address", "known bounce", "known unsubscribe", "known complaint", "reputation", "timed out", "block"],
)
def test_what_is_said_of_the_address_is_kept(
    network: Any, kind: EventKind, more: dict[str, Any], reason: str | None, days: int | None
) -> None:
    asked = sent(network)
    apply(network, said(asked, kind, **more))
    found = suppressions(network)
    assert [one for one, _ in found] == ([reason] if reason else [])
    if days is not None:
        assert found[0][1] == NOW + timedelta(minutes=1, days=days)


def test_three_soft_bounces_in_thirty_days_rest_an_address_and_a_delivery_clears_them(network: Any) -> None:
    people = [sent(network, address="zoe@example.org") for _ in range(6)]
    for n, asked in enumerate(people[:2]):
        apply(network, said(asked, EventKind.BOUNCED, minutes=n, bounce="soft"))
    apply(network, said(people[2], EventKind.DELIVERED, minutes=5))
    for n, asked in enumerate(people[3:]):
        assert suppressions(network) == []
        apply(network, said(asked, EventKind.BOUNCED, minutes=10 + n, bounce="block"))
    assert [reason for reason, _ in suppressions(network)] == ["bounced_soft"]


SLOW = "421-4.7.28 Gmail has detected an unusual rate of mail originating from your IP"
TOO_FAST: list[tuple[str, EventKind, dict[str, str], bool]] = [
    ("put off as too fast", EventKind.DEFERRED, {"mta_response": SLOW}, True),
    ("blocked as too frequent", EventKind.BOUNCED, {"bounce_class": "Frequency or Volume Too High"}, True),
    ("a status", EventKind.BOUNCED, {"bounce": "block", "status": "4.7.28"}, True),
    ("the first try", EventKind.DEFERRED, {"mta_response": SLOW, "retry": "0"}, True),
    ("a try of the provider's own", EventKind.DEFERRED, {"mta_response": SLOW, "retry": "3"}, False),
    ("another reason", EventKind.DEFERRED, {"mta_response": "421 4.7.0 try again later"}, False),
    ("a number that holds it", EventKind.DEFERRED, {"mta_response": "451 14.7.280"}, False),
    ("a delivery", EventKind.DELIVERED, {"mta_response": SLOW}, False),
]


@pytest.mark.parametrize(("_name", "kind", "more", "stops"), TOO_FAST, ids=[one[0] for one in TOO_FAST])
def test_a_mailbox_that_says_too_fast_stops_its_group_for_ten_minutes(
    network: Any, _name: str, kind: EventKind, more: dict[str, str], stops: bool
) -> None:
    asked = sent(network, address="zoe@gmail.com")
    others = [schedule(network, address=f"z{n}@gmail.com") for n in range(3)]
    elsewhere = schedule(network, address="zoe@orange.fr")
    told = NOW + timedelta(minutes=1)
    apply(network, said(asked, kind, address=asked.address, **more), now=told)

    def leave(minutes: float) -> list[Any]:
        provider = Scripted(events=True)
        send_emails(network, mailer=mailer(provider), now=lambda: NOW + timedelta(minutes=minutes))
        return provider.calls

    if not stops:
        assert set(leave(2)) == {elsewhere.email_id, *(one.email_id for one in others)}
        return
    assert leave(2) == [elsewhere.email_id]
    assert leave(10.9) == []
    assert len(leave(11.1)) == 2, "one a second, and what two seconds bring"


def test_what_is_said_too_late_or_of_nobody_stops_no_group(network: Any) -> None:
    asked = sent(network, address="zoe@gmail.com")
    waiting = schedule(network, address="anna@gmail.com")
    late = NOW + timedelta(minutes=12)
    apply(network, said(asked, EventKind.DEFERRED, address=asked.address, mta_response=SLOW), now=late)
    stranger = said(asked, EventKind.DEFERRED, email_id=None, attempt=None, address="x@gmail.com", mta_response=SLOW)
    apply(network, stranger, now=NOW + timedelta(minutes=1))
    provider = Scripted(events=True)
    send_emails(network, mailer=mailer(provider), now=lambda: late)
    assert provider.calls == [waiting.email_id]


def test_no_outcome_in_72_hours_is_undelivered_until_a_late_delivery(network: Any) -> None:
    asked = sent(network)
    apply(network, said(asked, EventKind.DEFERRED))
    assert count_undelivered(network, now=NOW + timedelta(hours=71)) == 0
    assert count_undelivered(network, now=NOW + timedelta(hours=72)) == 1
    assert count_undelivered(network, now=NOW + timedelta(hours=73)) == 0
    assert counts(network) == {"sent": 1, "undelivered": 1}
    apply(network, said(asked, EventKind.DELIVERED, minutes=5000))
    assert counts(network) == {"sent": 1, "delivered": 1}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("zoe@example.org", {"sent": 1, "delivered": 1}),
        ("hard+zoe@example.org", {"sent": 1, "bounced_hard": 1}),
        ("soft+zoe@example.org", {"sent": 1, "bounced_soft": 1}),
        ("block+zoe@example.org", {"sent": 1, "bounced_soft": 1}),
        ("defer+zoe@example.org", {"sent": 1, "delivered": 1}),
        ("complaint+zoe@example.org", {"sent": 1, "delivered": 1, "complained": 1}),
        ("drop+zoe@example.org", {"sent": 1, "rejected": 1}),
        ("other+zoe@example.org", {"sent": 1, "delivered": 1}),
    ],
)
def test_the_outbox_has_a_world_behind_it(network: Any, address: str, expected: dict[str, int]) -> None:
    sent(network, address=address, provider=Scripted())
    options: dict[str, Any] = {"journeys": Free(), "keys": KEYRING}
    assert simulate_deliveries(network, "memory", now=NOW + timedelta(seconds=4), **options) == 0
    assert simulate_deliveries(network, "memory", now=NOW + timedelta(seconds=6), **options) == 1
    assert simulate_deliveries(network, "memory", now=NOW + timedelta(seconds=9), **options) == 0
    assert simulate_deliveries(network, "sendgrid", now=NOW + timedelta(days=1), **options) == 0
    assert counts(network) == expected
    with network() as session:
        assert (session.scalar(select(func.count()).select_from(EmailEvent)) or 0) >= 1
