"""What providers post, from the raw body to the ladder: every event of the design, and every way it comes wrong."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from surveyor.db import streams
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.emails import Email, EmailEvent, ProviderBatch, SendAttempt
from surveyor.db.tables.suppressions import Suppression
from surveyor.flows.apply_provider_batches import AppliedBatches, apply_provider_batches, forget_batches
from surveyor.flows.keep_provider_batch import keep_provider_batch
from surveyor.flows.record_provider_events import Applied
from surveyor.flows.send_emails import send_emails
from surveyor.flows.settle_doubts import settle_doubts
from surveyor.mail.providers.base import InDoubtError
from tests.databases import ON_SQLITE
from tests.flows.meanwhile import Meanwhile
from tests.flows.provider_bodies import EXAMPLES, body, told
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, mailer, open_network, row, schedule

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def sent(sessions: Any, *, address: str = "", provider: Any = None) -> Asked:
    asked = schedule(sessions, address=address)
    provider = provider or Scripted(events=True)
    provider.name = "sendgrid"
    send_emails(sessions, mailer=mailer(provider), now=lambda: NOW)
    return asked


def post(sessions: Any, *bodies: bytes, now: Any = LATER, journeys: Any = None) -> AppliedBatches:
    for raw in bodies:
        keep_provider_batch(sessions, "sendgrid", raw, now=now)
    return apply_provider_batches(sessions, journeys=journeys or Free(), keys=KEYRING, now=now)


def alerts(sessions: Any) -> list[str]:
    with sessions() as session:
        return sorted(alert.code for alert in open_alerts(session))


def suppressed(sessions: Any) -> list[str]:
    with sessions() as session:
        return sorted(session.scalars(select(Suppression.reason)))


def events(sessions: Any) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(EmailEvent)) or 0


def states(sessions: Any) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(ProviderBatch.state).order_by(ProviderBatch.received_at)))


def delivery(sessions: Any, asked: Asked) -> str | None:
    found: str | None = row(sessions, Email, asked.email_id).delivery
    return found


@pytest.mark.parametrize(
    ("what", "ladder", "reasons"),
    [
        ("processed", "queued", []),
        ("deferred", "deferred", []),
        ("delivered", "delivered", []),
        ("blocked", "bounced_soft", []),
        ("bounce", "bounced_hard", ["bounced_hard"]),
        ("late bounce", None, []),
        ("dropped", "rejected", ["bounced_hard"]),
        ("spamreport", "complained", ["complained"]),
        ("unsubscribe", None, ["unsubscribed"]),
        ("group_unsubscribe", None, ["unsubscribed"]),
        ("group_resubscribe", None, []),
        ("click", None, []),
        ("open", None, []),
        ("account_status_change", None, []),
        ("unknown", None, []),
    ],
)
def test_each_event_of_the_table_does_what_it_says(
    network: Any, what: str, ladder: str | None, reasons: list[str]
) -> None:
    asked = sent(network)
    assert post(network, body(told(asked, what, LATER))).events.new == 1
    assert (delivery(network, asked), suppressed(network)) == (ladder, reasons)
    assert states(network) == ["applied"]


def test_every_example_of_the_design_has_a_case_above() -> None:
    cases = test_each_event_of_the_table_does_what_it_says.pytestmark[0].args[1]
    assert {case[0] for case in cases} == set(EXAMPLES)


def test_the_same_event_again_and_with_another_id_is_one(network: Any) -> None:
    asked = sent(network)
    event = told(asked, "blocked", LATER)
    assert post(network, body(event), body(event)).events == Applied(1, 1)
    again = {**event, "sg_event_id": "another"}
    nameless = {name: value for name, value in event.items() if name != "sg_event_id"}
    assert post(network, body(again, nameless)).events == Applied()
    assert events(network) == 1


def test_three_bodies_of_one_soft_bounce_do_not_rest_an_address(network: Any) -> None:
    asked = sent(network)
    event = told(asked, "blocked", LATER)
    post(network, *[body({**event, "sg_event_id": f"copy-{n}"}) for n in range(46)])
    assert suppressed(network) == []


def test_the_ladder_ends_the_same_in_any_order_of_bodies(network: Any) -> None:
    for order in itertools.permutations(["processed", "deferred", "delivered"]):
        asked = sent(network)
        post(network, *[body(told(asked, what, LATER)) for what in order])
        assert delivery(network, asked) == "delivered"


def test_delivered_then_the_bounce_without_arguments_may_suppress_and_moves_nothing(network: Any) -> None:
    asked = sent(network)
    bounce = told(asked, "late bounce", LATER + timedelta(hours=4))
    post(network, body(told(asked, "delivered", LATER)), body(bounce))
    assert (delivery(network, asked), suppressed(network)) == ("delivered", [])
    later = told(asked, "late bounce", LATER + timedelta(hours=5), sg_event_id="other", status="5.1.1")
    post(network, body({**later, "bounce_classification": "invalid address"}))
    assert (delivery(network, asked), suppressed(network)) == ("delivered", ["bounced_hard"])
    with network() as session:
        guessed = select(EmailEvent.email_id).where(EmailEvent.matched_by == "address")
        assert set(session.scalars(guessed)) == {asked.email_id}


def test_an_address_is_a_guess_for_five_days_only(network: Any) -> None:
    asked = sent(network)
    late = {**told(asked, "late bounce", NOW + timedelta(days=5, minutes=1)), "status": "5.1.1"}
    post(network, body({**late, "bounce_classification": "Invalid Address"}), now=NOW + timedelta(days=5, minutes=2))
    assert suppressed(network) == []
    with network() as session:
        assert session.scalar(select(EmailEvent.matched_by)) == "none"


def test_an_unknown_word_is_kept(network: Any) -> None:
    asked = sent(network)
    post(network, body(told(asked, "unknown", LATER)))
    with network() as session:
        found = session.scalars(select(EmailEvent)).one()
        assert (found.kind, found.detail["word"], found.email_id) == ("unknown", "teleported", asked.email_id)
    assert alerts(network) == []


def test_three_thousand_events_are_applied_five_hundred_at_a_time(network: Any) -> None:
    asked = sent(network)
    clicks = [
        told(asked, "click", LATER + timedelta(seconds=n), sg_event_id=f"c{n}", url=f"https://a.fr/{n}")
        for n in range(2999)
    ]
    found = post(network, body(*clicks, told(asked, "delivered", LATER)))
    assert (found.events.new, delivery(network, asked)) == (3000, "delivered")
    assert states(network) == ["applied"]


@pytest.mark.parametrize("raw", [b"{}", b"", b"[", b"\xff\xfe", b'[3, null, "x"]', b"[" * 5000])
def test_a_signed_body_that_cannot_be_read_is_kept_and_told(network: Any, raw: bytes) -> None:
    post(network, raw)
    assert states(network) == ["applied"]
    assert alerts(network) == ["provider_events_unusable"]


def test_bytes_that_are_no_utf_8_and_texts_no_column_takes_cost_one_event_at_most(network: Any) -> None:
    asked, other = sent(network), sent(network)
    broken = body(
        told(asked, "delivered", LATER, response="caf\udce9".encode("utf-8", "surrogateescape").decode("latin-1"))
    )
    raw = broken.replace("é".encode(), b"\xe9")
    nul = told(other, "delivered", LATER, sg_event_id="a\0b", response="\ud800\0", reason="\0")
    post(network, raw, json.dumps([nul, {"event": "\0", "sg_event_id": "\ud800"}]).encode())
    assert [delivery(network, one) for one in (asked, other)] == ["delivered", "delivered"]
    assert states(network) == ["applied", "applied"]


def test_an_argument_named_like_a_reserved_field_changes_nothing(network: Any) -> None:
    asked = sent(network)
    odd = told(asked, "delivered", LATER, attempt={"n": 1}, status=5, type=["bounce"], category={"a": 1}, reason=None)
    post(network, body(odd))
    assert delivery(network, asked) == "delivered"


def test_an_event_of_another_installation_is_kept_counted_and_ignored(network: Any) -> None:
    asked = sent(network)
    foreign = [told(asked, what, LATER, name="0" * 16) for what in ("spamreport", "account_status_change")]
    assert post(network, body(*foreign)).events == Applied(2, 0, 2)
    assert (delivery(network, asked), suppressed(network), alerts(network)) == (None, [], [])


def test_a_timestamp_that_is_a_text_is_read(network: Any) -> None:
    asked = sent(network)
    post(network, body(told(asked, "delivered", LATER, timestamp=str(int(LATER.timestamp())))))
    assert row(network, Email, asked.email_id).delivery_at == LATER


@pytest.mark.parametrize("stamp", [253402300799, 4102444800, "9e9", 1e308, "nan", -62135596800, 0, True, None])
def test_an_instant_that_no_event_can_have_is_that_of_reading(network: Any, stamp: Any) -> None:
    asked = sent(network)
    assert post(network, body(told(asked, "bounce", LATER, timestamp=stamp))).bad == 0
    with network() as session:
        assert session.scalar(select(Suppression.expires_at)) == LATER + timedelta(days=180)
    assert row(network, Email, asked.email_id).delivery_at == LATER


def test_an_event_settles_a_doubt_and_the_same_one_about_an_unconfirmed_email_too(network: Any) -> None:
    doubtful = sent(network, provider=Scripted(events=True, script={1: InDoubtError("timeout")}))
    post(network, body(told(doubtful, "processed", LATER)))
    assert row(network, Email, doubtful.email_id).state == "sent"
    dropped = sent(network, provider=Scripted(events=True, script={1: InDoubtError("timeout")}))
    silent = Scripted(events=True, name="other")
    settle_doubts(network, provider=silent, journeys=Free(), keys=KEYRING, now=NOW + timedelta(hours=27))
    assert row(network, Email, dropped.email_id).reason == "UNCONFIRMED"
    post(network, body(told(dropped, "bounce", LATER)), now=NOW + timedelta(hours=28))
    found = row(network, Email, dropped.email_id)
    assert (found.state, found.reason, found.sent_at, found.delivery) == ("sent", None, NOW, "bounced_hard")


def test_an_event_whose_address_is_not_that_of_its_email_has_no_effect(network: Any) -> None:
    asked, other = sent(network), sent(network)
    forged = told(asked, "bounce", LATER, email=other.address)
    post(network, body(forged))
    assert (delivery(network, asked), delivery(network, other), suppressed(network)) == (None, None, [])
    assert events(network) == 1


def test_a_request_that_carried_several_emails_is_told_apart_by_the_address(network: Any) -> None:
    asked, other = sent(network), sent(network)
    with network.begin() as session:
        session.execute(update(SendAttempt).values(provider_ref="shared"))
    event = told(other, "delivered", LATER, sg_message_id="shared.recvd-1")
    post(network, body({name: value for name, value in event.items() if not name.startswith("sv_")}))
    assert (delivery(network, asked), delivery(network, other)) == (None, "delivered")


def test_an_account_that_changes_pauses_every_stream_until_a_person_releases(network: Any) -> None:
    asked = sent(network)
    post(network, body(told(asked, "account_status_change", LATER)))
    with network() as session:
        (found,) = streams.paused(session)
    assert (found.provider, found.kind, found.cause) == ("sendgrid", "", "account_status_change")
    assert alerts(network) == ["provider_account"]


def test_blocks_for_our_reputation_do_not_count_towards_the_three(network: Any) -> None:
    people = [sent(network, address="zoe@example.org") for _ in range(7)]  # before blocks slow their mailboxes down
    classes = ("Reputation", "content", "Technical Failure", "Frequency or Volume Too High", "")
    for asked, kind in zip(people[:5], classes, strict=True):
        post(network, body(told(asked, "blocked", LATER, bounce_classification=kind)))
    assert suppressed(network) == []
    post(network, body(*[told(asked, "blocked", LATER) for asked in people[5:]]))
    assert suppressed(network) == ["bounced_soft"]
    with network() as session:
        assert session.scalar(select(Suppression.expires_at)) == LATER + timedelta(days=30)


def test_a_body_is_applied_once_by_two_workers_and_after_a_database_that_failed_between(network: Any) -> None:
    asked = sent(network)
    post(network, body(told(asked, "delivered", LATER)))
    assert post(network) == AppliedBatches()
    with network.begin() as session:
        session.execute(update(ProviderBatch).values(state="new"))
    assert post(network).events == Applied()


def test_an_event_for_an_email_that_is_nobodys_is_kept(network: Any) -> None:
    asked = sent(network)
    event = told(asked, "spamreport", LATER, email="stranger@example.org", sv_email=UUID(int=7).hex)
    assert post(network, body({**event, "sg_message_id": "x.y"})).events == Applied(1, 0)
    assert suppressed(network) == []


def test_bodies_are_let_go_after_ninety_days(network: Any) -> None:
    post(network, b"[]")
    assert forget_batches(network, now=LATER + timedelta(days=89)) == 0
    assert forget_batches(network, now=LATER + timedelta(days=91)) == 1


class Broken(Free):
    """Rules that cannot let go of anybody."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def ended(self, end: Any) -> None:
        raise self.error


def complaining(sessions: Any) -> Asked:
    """Somebody for whom another email waits: their complaint has rules to tell."""
    asked = sent(sessions, address="zoe@example.org")
    schedule(sessions, address="zoe@example.org", due_at=LATER + timedelta(days=9))
    return asked


@ON_SQLITE
def test_an_event_that_cannot_be_applied_is_left_out_alone_and_told(network: Any) -> None:
    asked, others = complaining(network), [sent(network) for _ in range(2)]
    good = [told(one, "delivered", LATER) for one in others]
    done = post(network, body(good[0], told(asked, "spamreport", LATER), good[1]), journeys=Broken(ValueError()))
    assert (done.events.new, done.bad) == (2, 1)
    assert [delivery(network, one) for one in (asked, *others)] == [None, "delivered", "delivered"]
    assert (suppressed(network), states(network), alerts(network)) == ([], ["applied"], ["provider_events_unusable"])
    with network() as session:
        assert session.scalar(select(ProviderBatch.error)) == "1 failed: ValueError"


@ON_SQLITE
def test_a_body_of_which_nothing_can_be_applied_has_failed(network: Any) -> None:
    asked = complaining(network)
    assert post(network, body(told(asked, "spamreport", LATER)), journeys=Broken(KeyError())).bad == 1
    assert (states(network), events(network)) == (["failed"], 0)


@ON_SQLITE
@pytest.mark.parametrize("calls", [1, 2])
def test_a_body_waits_while_the_database_is_away(network: Any, calls: int) -> None:
    """Away at the body as a whole, or at one event once the body had failed for another reason."""
    asked = complaining(network)
    away = OperationalError("UPDATE", {}, Exception("gone"))
    broken = Broken(away if calls == 1 else ValueError())

    def ended(end: Any) -> None:
        error, broken.error = broken.error, away
        raise error

    broken.ended = ended  # type: ignore[method-assign]
    raw = body(told(asked, "spamreport", LATER))
    with pytest.raises(OperationalError):
        post(network, raw, journeys=broken)
    assert (states(network), suppressed(network)) == (["new"], [])
    assert post(network).events.new == 1
    assert (states(network), suppressed(network)) == (["applied"], ["complained"])


@ON_SQLITE
@pytest.mark.parametrize("before", [2, 3])
def test_a_body_that_another_worker_took_meanwhile_is_left_to_it(network: Any, before: int) -> None:
    """Taken before the body is applied, or between the body that failed as a whole and its first event alone."""
    asked = complaining(network)
    keep_provider_batch(network, "sendgrid", body(told(asked, "spamreport", LATER)), now=LATER)
    slow = Meanwhile(network, lambda: post(network), before=before)
    done = apply_provider_batches(slow, journeys=Broken(ValueError()), keys=KEYRING, now=LATER)
    assert (done.events, done.bad, slow.happened) == (Applied(), 0, True)
    assert (states(network), suppressed(network), events(network)) == (["applied"], ["complained"], 1)
