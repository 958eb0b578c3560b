"""Pace: a slow group holds nobody else up, a stop lasts as long as it was asked, a wave is spread over the days."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from surveyor.core.pace import Pace
from surveyor.core.rules import Rule
from surveyor.db import limits, streams
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.emails import Channel, Email
from surveyor.flows.judge_streams import judge_streams
from surveyor.flows.manage_users import Actor
from surveyor.flows.release_stream import release_stream
from surveyor.flows.send_emails import Refuse, Sent, send_emails
from surveyor.flows.send_emails.pace import tokens
from surveyor.mail.providers.base import InDoubtError, PermanentError, TransientError
from tests.databases import ON_SQLITE
from tests.flows.sending import NOW, Free, Scripted, mailer, open_network, row, schedule
from tests.servers import lock_awaited, wait_for

ON_POSTGRESQL = pytest.mark.parametrize(
    "engine_name", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def send(sessions: Any, provider: Any, *, now: datetime = NOW, **parts: Any) -> Sent:
    return send_emails(sessions, mailer=mailer(provider, **parts), now=lambda: now)


def several(sessions: Any, count: int, domain: str = "example.org", **about: Any) -> list[Any]:
    return [schedule(sessions, address=f"{domain.partition('.')[0]}{n}@{domain}", **about) for n in range(count)]


def alerts(sessions: Any) -> set[str]:
    with sessions() as session:
        return {alert.code for alert in open_alerts(session)}


def test_a_group_is_served_as_fast_as_its_bucket_fills(network: Any) -> None:
    several(network, 10)
    pace, provider = Pace(group_rate=2.0), Scripted()
    assert send(network, provider, pace=pace).sent == 4
    assert send(network, provider, pace=pace).sent == 0
    assert send(network, provider, pace=pace, now=NOW + SECOND).sent == 2
    assert send(network, provider, pace=pace, now=NOW + 60 * SECOND).sent == 4


def test_a_slow_group_does_not_hold_the_others(network: Any) -> None:
    several(network, 5, "gmail.com")
    several(network, 2, "orange.fr")
    assert send(network, Scripted(), pace=Pace(group_rate=1.0)).sent == 4
    assert send(network, Scripted(), pace=Pace(rate=1.5, group_rate=100.0), now=NOW + MINUTE).sent == 3


def test_tokens_of_emails_that_do_not_leave_are_given_back(network: Any) -> None:
    asked = several(network, 4)
    refused = Free({one.email_id: Refuse("UNSUBSCRIBED") for one in asked[:3]})
    assert send(network, Scripted(), pace=Pace(group_rate=2.0), journeys=refused) == Sent(claimed=4, sent=1, dropped=3)
    several(network, 5, "example.net")
    assert send(network, Scripted(), pace=Pace(group_rate=2.0)).sent == 3


def test_too_many_requests_stop_the_group_until_the_reset_then_it_goes_on_slowly(network: Any) -> None:
    several(network, 9, "gmail.com")
    several(network, 1, "orange.fr")
    until = NOW + 2 * MINUTE
    slow = {n: TransientError("429", retry_at=until, counts=False) for n in range(1, 10)}
    assert send(network, Scripted(script=slow)) == Sent(claimed=10, sent=1, pending=9)
    assert send(network, Scripted(), now=until - SECOND).claimed == 0
    assert send(network, Scripted(), now=until + SECOND).sent == 1
    assert send(network, Scripted(), now=until + 2 * SECOND).sent == 1
    assert send(network, Scripted(), now=until + 2 * MINUTE).sent == 6
    with network() as session:
        assert session.scalar(select(func.max(Email.failures))) == 0
        assert session.scalar(select(func.count()).select_from(Channel)) == 0  # it answers: its breaker saw nothing


def test_a_domain_that_puts_every_email_off_holds_up_no_other(network: Any) -> None:
    several(network, 9, "laposte.net")
    several(network, 3, "orange.fr")

    def greylists(message: Any) -> None:
        if message.address.endswith("laposte.net"):
            raise TransientError("RCPT 450 4.2.0 greylisted", answered=True)

    assert send(network, Scripted(on_call=greylists)) == Sent(claimed=12, sent=3, pending=9)
    with network() as session:
        assert session.scalar(select(func.max(Email.failures))) == 1
        assert session.scalar(select(func.count()).select_from(Channel)) == 0  # it answers: its breaker saw nothing


def test_a_new_domain_sends_twenty_an_hour_to_each_group(network: Any) -> None:
    several(network, 30)
    pace = Pace(warm_up=date(2026, 11, 2))
    assert send(network, Scripted(), pace=pace).sent == 20
    assert send(network, Scripted(), pace=pace, now=NOW + 59 * MINUTE).sent == 0
    assert send(network, Scripted(), pace=pace, now=NOW + 60 * MINUTE).sent == 10


def test_a_wave_beyond_what_a_store_sends_in_a_day_goes_at_the_next_slots(network: Any) -> None:
    several(network, 5, rule=Rule("std", max_late_days=3))
    pace, sent = Pace(store_day=2), []
    for day in range(4):
        sent.append(send(network, Scripted(), pace=pace, now=NOW + timedelta(days=day)).sent)
    assert sent[:3] == [2, 2, 1]
    with network() as session:
        assert session.scalar(select(func.count()).where(Email.state == "sent")) == 5


def test_a_store_that_sent_its_day_sends_no_more_until_the_next(network: Any) -> None:
    several(network, 2)
    assert send(network, Scripted(), pace=Pace(store_day=2)).sent == 2
    late = schedule(network)
    assert send(network, Scripted(), pace=Pace(store_day=2)) == Sent(claimed=1, pending=1)
    assert row(network, Email, late.email_id).due_at == NOW + timedelta(days=1)


def test_after_a_rest_one_leaves_then_five_then_all(network: Any) -> None:
    several(network, 40)
    down = {n: TransientError("not connected") for n in range(1, 6)}
    first = Scripted(group=5, script=down)
    assert send(network, first).paused
    together: list[int] = []

    def count(_message: Any) -> None:
        with network() as session:
            under_way = select(func.count()).where(Email.state == "dispatching")
            together.append(session.scalar(under_way) or 0)

    provider = Scripted(on_call=count)
    assert send(network, provider, now=NOW + timedelta(seconds=31)).sent == 40
    assert provider.probes == 1
    assert together[:7] == [1, 5, 5, 5, 5, 5, 20]


def test_a_relay_that_hangs_for_thirty_seconds_each_time_is_left_alone_after_the_second(network: Any) -> None:
    """Four connections, each answerless for as long as a call may last: the wait itself is no calm between strikes."""
    several(network, 16)
    clock = [NOW]

    def hangs(_message: Any) -> None:
        if len(provider.calls) % 4 == 0:
            clock[0] += timedelta(seconds=30.2)
        raise InDoubtError("no answer to the dot: TimeoutError")

    provider = Scripted(group=4, on_call=hangs)
    found = send_emails(network, mailer=mailer(provider), now=lambda: clock[0])
    assert (found.in_doubt, found.paused) == (8, True)


def test_a_paused_kind_waits_and_the_others_leave(network: Any) -> None:
    held, other = schedule(network), schedule(network, kind="reminder")
    with network.begin() as session:
        streams.pause(session, "memory", "invitation", cause="complaints", detail="", now=NOW)
    provider = Scripted()
    assert send(network, provider).sent == 1
    assert provider.calls == [other.email_id]
    release_stream(network, provider="memory", kind="invitation", why="looked at", by=Actor("zoe"), now=NOW)
    assert send(network, provider).sent == 1
    assert provider.calls[1] == held.email_id


def test_a_provider_that_suspended_the_account_gets_nothing(network: Any) -> None:
    schedule(network)
    with network.begin() as session:
        streams.pause(session, "memory", streams.EVERY_KIND, cause="account_status_change", detail="", now=NOW)
    assert send(network, Scripted()) == Sent(paused=True)


def test_ten_refusals_in_a_row_that_are_not_about_an_address_stop_everything(network: Any) -> None:
    several(network, 30)
    spam = {n: PermanentError("554 5.7.1 spam") for n in range(1, 31)}
    sent = send(network, Scripted(group=10, script=spam))
    assert (sent.failed, sent.paused) == (10, True)
    with network() as session:
        assert [(one.kind, one.cause, one.detail) for one in streams.paused(session)] == [
            ("", "refusals", "554 5.7.1 spam")
        ]
    assert alerts(network) == {"stream_paused"}


def test_refusals_about_addresses_stop_nothing(network: Any) -> None:
    several(network, 12)
    unknown = {n: PermanentError("550 5.1.1", bad_address=True) for n in range(1, 13)}
    assert send(network, Scripted(group=4, script=unknown)) == Sent(claimed=12, failed=12)


def _two_hundred(network: Any, **changes: Any) -> None:
    several(network, 200)
    assert send(network, Scripted(group=200, events=True)).sent == 200
    with network.begin() as session:
        some = list(session.scalars(select(Email.id).order_by(Email.id).limit(11)))
        session.execute(update(Email).where(Email.id.in_(some)).values(**changes))


@pytest.mark.parametrize(
    ("delivery", "cause"), [("bounced_hard", "hard_bounces"), ("complained", "complaints"), ("deferred", None)]
)
def test_a_stream_that_does_harm_is_paused_and_a_person_is_told(network: Any, delivery: str, cause: str | None) -> None:
    _two_hundred(network, delivery=delivery, delivery_rank=50)
    expected = [] if cause is None else ["invitation"]
    assert judge_streams(network, provider="memory", now=NOW + MINUTE) == expected
    assert judge_streams(network, provider="memory", now=NOW + MINUTE) == []
    with network() as session:
        assert [one.cause for one in streams.paused(session)] == ([] if cause is None else [cause])
    assert alerts(network) == (set() if cause is None else {"stream_paused"})


def test_a_released_stream_is_judged_by_what_comes_after(network: Any) -> None:
    _two_hundred(network, delivery="complained", delivery_rank=60)
    judge_streams(network, provider="memory", now=NOW + MINUTE)
    at = NOW + 2 * MINUTE
    release_stream(network, provider="memory", kind="invitation", why="a test list", by=Actor("zoe"), now=at)
    assert judge_streams(network, provider="memory", now=at + MINUTE) == []


def test_one_in_two_hundred_in_doubt_is_told_and_three_stop_the_stream(network: Any) -> None:
    several(network, 200)
    send(network, Scripted(group=200, script={7: InDoubtError("timeout")}))
    assert judge_streams(network, provider="memory", now=NOW + MINUTE) == []
    assert alerts(network) == {"stream_in_doubt"}
    several(network, 20, "example.net")
    send(network, Scripted(group=20, script={n: InDoubtError("timeout") for n in (1, 3, 5)}))
    assert judge_streams(network, provider="memory", now=NOW + MINUTE) == ["invitation"]
    assert alerts(network) == {"stream_paused"}, "the stronger word replaces the weaker one"


def test_doubts_that_rise_no_longer_are_said_no_longer(network: Any) -> None:
    several(network, 200)
    send(network, Scripted(group=200, script={7: InDoubtError("timeout")}))
    judge_streams(network, provider="memory", now=NOW + MINUTE)
    assert judge_streams(network, provider="smtp", now=NOW + timedelta(hours=25)) == []
    assert alerts(network) == {"stream_in_doubt"}, "of another provider"
    assert judge_streams(network, provider="memory", now=NOW + timedelta(hours=25)) == []
    assert alerts(network) == set()


@ON_POSTGRESQL
def test_two_workers_that_find_no_bucket_yet_share_the_first_one(network: Any) -> None:
    """The second one reads what the first one took, though neither row was there to be locked."""
    pace, read, taken = Pace(warm_up=NOW.date()), threading.Event(), []

    def second() -> None:
        with network.begin() as session:
            purse = tokens(session, "memory", pace, now=NOW)
            read.set()
            taken.append(purse.free("other", 20))
            purse.take("other", taken[0])
            purse.save(session)

    other = threading.Thread(target=second)
    with network.begin() as session:
        purse = tokens(session, "memory", pace, now=NOW)
        purse.take("other", purse.free("other", 15))
        purse.save(session)
        other.start()
        engine = session.get_bind()
        wait_for(lambda: read.is_set() or lock_awaited(engine), seconds=300, what="the second worker")
    other.join(300)
    assert taken == [5]
    with network() as session:
        assert limits.buckets(session, "memory")["other"].hour_used == 20


def test_buckets_are_those_of_a_provider(network: Any) -> None:
    several(network, 3)
    send(network, Scripted(), pace=Pace(group_rate=1.0))
    with network() as session:
        assert set(limits.buckets(session, "memory")) == {"", "other"}
        assert limits.buckets(session, "smtp") == {}


@ON_SQLITE
def test_two_of_one_group_put_off_together_stop_it_until_the_later_word(network: Any) -> None:
    several(network, 3, "gmail.com")
    words = {n: TransientError("slow down", retry_at=NOW + n * MINUTE) for n in (1, 2)}
    assert send(network, Scripted(group=2, script=words)).pending == 2
    assert send(network, Scripted(), now=NOW + 119 * SECOND) == Sent()
    assert send(network, Scripted(), now=NOW + 2 * MINUTE + SECOND).sent == 1


@ON_SQLITE
def test_a_group_that_went_slowly_long_enough_is_free_and_its_row_says_so(network: Any) -> None:
    several(network, 1, "gmail.com")
    send(network, Scripted(script={1: TransientError("slow down", retry_at=NOW + MINUTE)}))
    several(network, 1, "example.org", due_at=NOW + timedelta(hours=20))
    with network() as session:
        assert not limits.buckets(session, "memory")["gmail"].at_ease
    assert send(network, Scripted(), now=NOW + timedelta(hours=20)).sent == 2
    with network() as session:
        assert limits.buckets(session, "memory")["gmail"].at_ease


@ON_SQLITE
def test_a_reminder_is_none_of_the_invitations_that_a_store_sends_in_a_day(network: Any) -> None:
    schedule(network)
    assert send(network, Scripted(), pace=Pace(store_day=1)).sent == 1
    schedule(network, kind="reminder")
    assert send(network, Scripted(), pace=Pace(store_day=1)).sent == 1
