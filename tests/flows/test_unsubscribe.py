"""An opposition is heard at once: nothing waits for that address any more, and nothing leaves after it was answered."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.tally import Tally
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.suppressions import Suppression
from surveyor.db.tables.tallies import CoarseTally
from surveyor.flows.send_emails import send_emails
from surveyor.flows.unsubscribe import Choice, preferences, unsubscribe, unsubscribe_address
from surveyor.mail.providers.base import InDoubtError
from tests.flows.sending import NOW, Free, Scripted, mailer, open_network, row, schedule

SENT_DAY, DECIDED = date(2026, 11, 2), date(2026, 10, 31)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def send(sessions: Any, **script: Any) -> None:
    send_emails(sessions, mailer=mailer(Scripted(**script)), now=lambda: NOW)


def stop(sessions: Any, token: str, **options: Any) -> Any:
    options = {"now": LATER, "journeys": Free(), **options}
    return unsubscribe(sessions, token, **options)


def counts(sessions: Any) -> dict[date, dict[str, int]]:
    with sessions() as session:
        found = {r.day: Tally.from_mapping(vars(r)).changes() for r in session.scalars(select(CoarseTally))}
    return {day: tally for day, tally in found.items() if tally}


def reasons(sessions: Any) -> list[tuple[str, bool]]:
    with sessions() as session:
        return [(one.reason, one.lifted_at is None) for one in session.scalars(select(Suppression))]


def test_an_unsubscribe_is_kept_for_ever_and_counted_on_the_day_of_its_email(network: Any) -> None:
    asked = schedule(network)
    send(network)
    done = stop(network, asked.unsubscribe_token)
    assert (done.done, done.choices.unsubscribed, done.can_undo) == (Choice.STOP, True, True)
    assert reasons(network) == [("unsubscribed", True)]
    assert counts(network)[SENT_DAY] == {"sent": 1, "delivered": 1, "unsubscribed": 1}


def test_a_second_click_and_an_unknown_token_change_nothing_and_answer_the_same(network: Any) -> None:
    asked = schedule(network)
    send(network)
    first = stop(network, asked.unsubscribe_token)
    again = stop(network, asked.unsubscribe_token)
    assert first.choices == again.choices
    assert stop(network, "0" * 22).done is Choice.STOP
    assert stop(network, "not a token").done is Choice.STOP
    assert counts(network)[SENT_DAY]["unsubscribed"] == 1


def test_s57_what_waits_for_the_address_is_dropped_with_its_invitation(network: Any) -> None:
    first, rules = schedule(network, address="zoe@example.org"), Free()
    send(network)
    second = schedule(network, address="zoe@example.org", due_at=LATER + timedelta(days=60))
    other = schedule(network, due_at=LATER + timedelta(days=60))
    stop(network, first.unsubscribe_token, journeys=rules)
    assert row(network, Email, second.email_id).reason == "UNSUBSCRIBED"
    assert row(network, Invitation, second.invitation_id).state == "dropped"
    assert row(network, Email, other.email_id).state == "pending"
    assert [(end.state, end.reason) for end in rules.ends] == [("dropped", "UNSUBSCRIBED")]
    assert counts(network)[DECIDED] == {"went_out": 1, "dropped": 1}


def test_opening_the_page_a_hundred_times_changes_nothing(network: Any) -> None:
    asked = schedule(network)
    send(network)
    shown = [preferences(network, asked.unsubscribe_token, now=LATER) for _ in range(100)]
    assert {page.choices.unsubscribed for page in shown} == {False}
    assert shown[0].addressed is not None
    assert shown[0].addressed.brand_name == "Maison"
    assert reasons(network) == []


def test_it_can_be_taken_back_for_ten_minutes_from_the_same_link(network: Any) -> None:
    asked, other = schedule(network, address="a@example.org"), schedule(network, address="b@example.org")
    send(network)
    stop(network, asked.unsubscribe_token)
    stop(network, other.unsubscribe_token, choice=Choice.UNDO, now=LATER + timedelta(minutes=1))
    assert reasons(network) == [("unsubscribed", True)]
    undone = stop(network, asked.unsubscribe_token, choice=Choice.UNDO, now=LATER + timedelta(minutes=10))
    assert (undone.choices.unsubscribed, undone.can_undo) == (False, False)
    assert "unsubscribed" not in counts(network)[SENT_DAY]
    stop(network, asked.unsubscribe_token, now=LATER + timedelta(minutes=20))
    stop(network, asked.unsubscribe_token, choice=Choice.UNDO, now=LATER + timedelta(minutes=31))
    assert reasons(network).count(("unsubscribed", True)) == 1


def test_a_pause_ends_and_less_often_is_kept(network: Any) -> None:
    asked = schedule(network)
    send(network)
    paused = stop(network, asked.unsubscribe_token, choice=Choice.PAUSE, months=3)
    assert paused.choices.paused_until is not None
    assert paused.choices.paused_until.date() == date(2027, 2, 3)
    rare = stop(network, asked.unsubscribe_token, choice=Choice.LESS_OFTEN, months=6)
    assert rare.choices.gap_months == 6
    back = stop(network, asked.unsubscribe_token, choice=Choice.AS_BEFORE)
    assert (back.choices.gap_months, back.choices.paused_until) == (None, None)
    assert stop(network, asked.unsubscribe_token, choice=Choice.PAUSE, months=0).done is None


def test_an_unsubscribe_proves_that_an_email_in_doubt_arrived(network: Any) -> None:
    asked = schedule(network)
    send(network, script={1: InDoubtError("timeout")})
    stop(network, asked.unsubscribe_token)
    assert row(network, Email, asked.email_id).state == "sent"
    assert counts(network)[SENT_DAY] == {"sent": 1, "delivered": 1, "unsubscribed": 1}


def test_an_address_may_be_named_by_staff_or_by_the_api(network: Any) -> None:
    asked = schedule(network)
    assert unsubscribe_address(network, asked.address_key, source="api:key1", journeys=Free(), now=NOW)
    assert not unsubscribe_address(network, asked.address_key, source="api:key1", journeys=Free(), now=NOW)
    assert row(network, Email, asked.email_id).state == "dropped"


def test_s57_no_intent_is_committed_after_an_acknowledged_unsubscribe(network: Any) -> None:
    people = [schedule(network) for _ in range(40)]
    provider, acknowledged = Scripted(group=5), {}

    def leave() -> None:
        for asked in people[::2]:
            unsubscribe(network, asked.unsubscribe_token, journeys=Free(), now=NOW)
            acknowledged[asked.email_id] = set(provider.calls)

    threads = [threading.Thread(target=leave)]
    threads += [threading.Thread(target=send_emails, args=(network,), kwargs=_worker(provider, n)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(acknowledged) == 20
    with network() as session:
        intended = set(session.scalars(select(SendAttempt.email_id)))
        states = dict(session.execute(select(Email.id, Email.state)).all())
    for asked in people[::2]:
        assert (asked.email_id in intended) == (states[asked.email_id] == "sent")
    assert {states[asked.email_id] for asked in people[1::2]} == {"sent"}


def _worker(provider: Any, n: int) -> dict[str, Any]:
    return {"mailer": mailer(provider, owner=f"worker{n}"), "now": lambda: NOW}
