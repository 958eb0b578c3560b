"""Webhooks are told what happened on the line: once at least, signed, later when nobody answers, never the inside."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.core.outgoing import EVENTS, PAUSE_AFTER, WAITS, Policy, read_url
from surveyor.core.tokens import keys
from surveyor.db import outgoing
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.outgoing import WebhookDelivery, WebhookEvent
from surveyor.db.tables.responses import Response
from surveyor.errors import NotFound, Refused
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.deliver_webhooks import Delivered, Means, deliver_webhooks
from surveyor.flows.manage_webhooks import (
    BOTH_LIVE,
    MadeWebhook,
    NewWebhook,
    add_webhook,
    end_webhook,
    pause_webhook,
    replay_delivery,
    resume_webhook,
    rotate_webhook,
)
from surveyor.flows.note_fact import note_fact
from surveyor.flows.record_response import Form, record_response
from surveyor.flows.reseal_secrets import reseal_secrets
from surveyor.flows.unsubscribe import Choice
from surveyor.jobs.worker import SideWork
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.outgoing import Post
from surveyor.services import Services
from tests.flows.line import choose, install, sent_to
from tests.flows.line import send as send_due
from tests.flows.orders import event, record
from tests.flows.receivers import LOOPBACK, Receiver, receiver, verified
from tests.web.conftest import make_services
from tests.web.links import Sent, mark, open_network, send


@pytest.fixture
def here(sessions: Any, clock: Any) -> Services:
    made = make_services(sessions, clock)
    open_network(made)
    return made


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def listen(here: Services, hook: Receiver, *events: str, identity: bool = False) -> MadeWebhook:
    wanted = NewWebhook(hook.url, events or EVENTS, "ours", identity)
    check = hook.post().may_go_to
    return add_webhook(here.sessions, wanted, check=check, keys=here.keyring, now=here.now(), actor="test")


def deliver(here: Services, hook: Receiver, **more: Any) -> Delivered:
    return deliver_webhooks(here.sessions, Means(here.keyring, hook.post(**more)), now=here.now)


def opened(here: Services, subject: str = "c" * 32) -> None:
    with here.sessions.begin() as session:
        note_fact(session, "case.opened", subject, {"store_id": "S1"}, now=here.now())


def states(here: Services) -> list[tuple[str, int, str]]:
    d = WebhookDelivery
    with here.sessions() as session:
        return [tuple(row) for row in session.execute(select(d.state, d.tries, d.outcome).order_by(d.event_id))]


def answer(here: Services, sent: Sent, score: int, comment: str, follows: tuple[int, ...] = ()) -> None:
    """An answer that counts, now."""
    nonce = mark(here, sent, seconds=60, follows=follows)
    items = (("score", str(score)), ("q_channel", "web"), ("comment", comment), ("nonce", nonce))
    form, journeys = Form(items, bytes(32)), CustomerJourneys(here.keyring)
    record_response(here.sessions, sent.survey, form=form, keys=here.keyring, journeys=journeys, now=here.now())


def asked(here: Services, customer: str = "c1") -> Sent:
    return send(here, customer)


def test_an_answer_is_told_a_minute_later_signed_and_without_identity(
    here: Services, hook: Receiver, clock: Any
) -> None:
    made = listen(here, hook, "response.recorded")
    sent = asked(here)
    answer(here, sent, 3, "Rappelez-moi au 06 12 34 56 78")
    assert deliver(here, hook) == Delivered()
    clock.forward(seconds=60)
    assert deliver(here, hook) == Delivered(1, 1, 1, 0)
    (headers, body) = hook.received[0]
    assert verified(headers, body, made.secret)
    assert not verified(headers, body.replace(b"3", b"9"), made.secret)
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"].startswith("msg_")
    told = hook.events[0]
    assert (told["type"], told["data"]["score"], told["data"]["store_id"]) == ("response.recorded", 3, "S1")
    assert told["data"]["comment"] == "Rappelez-moi au […]"
    assert told["data"]["id"] == sent.invitation_id.hex
    text = body.decode()
    assert [word for word in ("example.fr", "Dupont", "Ana", "customer") if word in text] == []
    assert deliver(here, hook) == Delivered()


def test_an_answer_that_is_changed_is_told_again_as_an_edit(here: Services, hook: Receiver, clock: Any) -> None:
    listen(here, hook, "response.recorded", "response.edited")
    sent = asked(here)
    answer(here, sent, 3, "non")
    clock.forward(minutes=2)
    deliver(here, hook)
    answer(here, sent, 9, "oui", follows=(1,))
    clock.forward(minutes=2)
    deliver(here, hook)
    assert [(one["type"], one["data"]["score"]) for one in hook.events] == [
        ("response.recorded", 3),
        ("response.edited", 9),
    ]


def test_a_webhook_that_was_made_to_know_learns_whom_it_is_about_until_they_are_erased(
    here: Services, hook: Receiver, clock: Any
) -> None:
    listen(here, hook, "response.recorded", identity=True)
    sent = asked(here)
    answer(here, sent, 9, "bien")
    clock.forward(minutes=2)
    deliver(here, hook)
    told = hook.events[0]["data"]["customer"]
    assert (told["customer_id"], told["first_name"]) == ("c1", "Ana")
    assert told["email"].endswith("@example.fr")
    with here.sessions.begin() as session:
        session.scalars(select(Customer)).one().erased_at = here.now()
        event = session.scalars(select(WebhookEvent.id)).one()
        webhook = session.scalars(select(WebhookDelivery.webhook_id)).one()
    replay_delivery(here.sessions, webhook, event, now=here.now(), actor="test")
    deliver(here, hook)
    assert hook.events[1]["data"]["customer"] is None


def test_nothing_is_written_when_nobody_listens_and_nothing_from_before_is_told(
    here: Services, hook: Receiver, clock: Any
) -> None:
    opened(here)
    with here.sessions() as session:
        assert session.scalar(select(func.count()).select_from(WebhookEvent)) == 0
    clock.forward(minutes=1)
    listen(here, hook, "case.opened")
    opened(here)
    assert deliver(here, hook).told == 1
    with receiver() as late:
        clock.forward(seconds=1)
        listen(here, late, "case.opened")
        deliver(here, late)
        assert late.received == []


def test_a_kind_that_is_not_announced_is_a_mistake_of_ours(here: Services) -> None:
    with here.sessions.begin() as session, pytest.raises(ValueError, match=r"case\.reopened"):
        note_fact(session, "case.reopened", "x", now=here.now())


def test_a_transaction_that_is_rolled_back_tells_nothing(here: Services, hook: Receiver) -> None:
    listen(here, hook, "case.opened")
    with here.sessions() as session:
        note_fact(session, "case.opened", "x", now=here.now())
        session.rollback()
    assert deliver(here, hook) == Delivered()


def test_what_fails_is_tried_again_later_under_the_same_id_then_given_up(
    here: Services, hook: Receiver, clock: Any
) -> None:
    listen(here, hook, "case.opened")
    opened(here)
    hook.status = 503
    for wait in WAITS:
        assert deliver(here, hook).tried == 1
        assert deliver(here, hook).tried == 0
        clock.forward(seconds=wait.total_seconds())
    deliver(here, hook)
    assert states(here) == [("failed", len(WAITS) + 1, "status")]
    clock.forward(days=10)
    assert deliver(here, hook).tried == 0
    assert len({headers["webhook-id"] for headers, _ in hook.received}) == 1


def test_s38_a_redirect_is_not_followed(here: Services, hook: Receiver) -> None:
    listen(here, hook, "case.opened")
    opened(here)
    with receiver() as other:
        hook.status, hook.headers = 307, {"Location": other.url}
        deliver(here, hook)
        assert other.received == []
    assert states(here) == [("waiting", 1, "status")]


def test_a_slow_answer_is_cut_and_a_long_one_is_not_kept(here: Services, hook: Receiver, clock: Any) -> None:
    listen(here, hook, "case.opened")
    opened(here)

    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            try:
                handler.wfile.write(b"X-Slow: 1\r\n")
                handler.wfile.flush()
            except OSError:
                return
            threading.Event().wait(0.02)

    hook.respond = drip
    deliver(here, hook, seconds=0.3)
    assert states(here) == [("waiting", 1, "timeout")]
    hook.respond, hook.status, hook.body = None, 200, b"SECRET" * 50_000
    clock.forward(minutes=10)
    deliver(here, hook)
    with here.sessions() as session:
        row = session.scalars(select(WebhookDelivery)).one()
        assert (row.state, row.status, row.size) == ("delivered", 200, 64 * 1024)
        assert "SECRET" not in json.dumps([str(value) for value in row.__dict__.values()])


def test_a_webhook_that_keeps_failing_is_paused_with_an_alert_and_goes_on_when_a_person_says_so(
    here: Services, hook: Receiver, clock: Any
) -> None:
    made = listen(here, hook, "case.opened")
    for number in range(3):
        opened(here, f"{number:032x}")
    hook.status = 500
    for _ in range(PAUSE_AFTER + 5):
        deliver(here, hook)
        clock.forward(days=2)
        if open_ := alerts(here):
            break
        opened(here)
    assert open_ == [("webhook_paused", made.id.hex)]
    tries = len(hook.received)
    assert tries == PAUSE_AFTER
    assert deliver(here, hook).tried == 0
    hook.status = 204
    resume_webhook(here.sessions, made.id, now=here.now(), actor="test")
    assert alerts(here) == []
    while deliver(here, hook).tried:
        pass
    assert {state for state, _, _ in states(here)} <= {"delivered", "failed"}
    assert len(hook.received) > tries


def alerts(here: Services) -> list[tuple[str, str]]:
    with here.sessions() as session:
        return [(one.code, one.subject) for one in open_alerts(session)]


def test_a_webhook_that_says_gone_is_paused_at_once(here: Services, hook: Receiver) -> None:
    listen(here, hook, "case.opened")
    opened(here)
    hook.status = 410
    assert deliver(here, hook).paused == 1


def test_one_that_does_not_answer_does_not_hold_up_the_others_nor_waste_its_own_tries(
    here: Services, hook: Receiver, clock: Any
) -> None:
    listen(here, hook, "case.opened")
    with receiver() as well:
        wanted = NewWebhook(well.url, ("case.opened",))
        both = Post(Policy(networks=(LOOPBACK,), ports=(hook.port, well.port)))
        add_webhook(here.sessions, wanted, check=both.may_go_to, keys=here.keyring, now=here.now(), actor="test")
        for number in range(4):
            opened(here, f"{number:032x}")
        hook.status = 500
        done = deliver_webhooks(here.sessions, Means(here.keyring, both), now=here.now)
        assert len(well.received) == 4
        assert len(hook.received) == 1
        assert (done.tried, done.told) == (5, 4)
    assert sorted(tries for state, tries, _ in states(here) if state == "waiting") == [0, 0, 0, 1]
    clock.forward(minutes=6)
    hook.status = 204
    assert deliver(here, hook).told == 4


def test_after_a_rotation_two_secrets_are_live_for_a_day(here: Services, hook: Receiver, clock: Any) -> None:
    made = listen(here, hook, "case.opened")
    new = rotate_webhook(here.sessions, made.id, keys=here.keyring, now=here.now(), actor="test")
    opened(here)
    deliver(here, hook)
    headers, body = hook.received[0]
    assert verified(headers, body, made.secret)
    assert verified(headers, body, new)
    clock.forward(seconds=BOTH_LIVE.total_seconds())
    opened(here)
    deliver(here, hook)
    headers, body = hook.received[1]
    assert not verified(headers, body, made.secret)
    assert verified(headers, body, new)


def test_of_two_who_rotate_at_once_both_are_told_a_secret_that_is_live(here: Services, hook: Receiver) -> None:
    made = listen(here, hook, "case.opened")
    told: list[str] = []

    def rotate() -> None:
        told.append(rotate_webhook(here.sessions, made.id, keys=here.keyring, now=here.now(), actor="test"))

    threads = [threading.Thread(target=rotate) for _ in range(2)]
    with here.sessions.begin() as session:
        assert outgoing.hook(session, made.id, locked=True) is not None
        for thread in threads:
            thread.start()
        time.sleep(0.3)  # both have read what they may read of a webhook that somebody else holds
    for thread in threads:
        thread.join()
    opened(here)
    deliver(here, hook)
    assert [verified(*hook.received[0], secret) for secret in told] == [True, True]


def test_a_secret_of_the_installation_may_leave_once_those_of_webhooks_are_sealed_again(
    here: Services, hook: Receiver
) -> None:
    made = listen(here, hook, "case.opened")
    rotate_webhook(here.sessions, made.id, keys=here.keyring, now=here.now(), actor="test")
    new = bytes(range(100, 132))
    both, alone = keys((new, *here.keyring.secrets)), keys((new,))
    assert reseal_secrets(here.sessions, both) == 1
    assert reseal_secrets(here.sessions, both) == 0
    opened(here)
    deliver_webhooks(here.sessions, Means(alone, hook.post()), now=here.now)
    assert verified(*hook.received[0], made.secret)


def test_s38_the_address_is_checked_again_at_each_delivery_and_the_checked_one_is_connected_to(
    here: Services, hook: Receiver, clock: Any
) -> None:
    """DNS that says a good address when a webhook is made and an inside one later; and several at once."""
    listen(here, hook, "case.opened")
    opened(here)
    closed = Post(Policy(), look_up=lambda _host, _port: ["8.8.8.8", "127.0.0.1"])
    target = read_url("https://hooks.example.com/", Policy())
    assert closed(target, b"{}", {}).outcome == "url_internal"
    asked: list[str] = []

    def once(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    named = read_url(f"http://rebinding.example:{hook.port}/x", hook.post().policy)
    assert hook.post(look_up=once)(named, b"{}", {}).outcome == "ok"
    assert asked == ["rebinding.example"]
    assert hook.received[0][0]["Host"] == f"rebinding.example:{hook.port}"
    done = deliver_webhooks(here.sessions, Means(here.keyring, Post(Policy(ports=(hook.port,)))), now=here.now)
    assert done.told == 0
    assert states(here) == [("waiting", 1, "url_invalid")]


def test_s38_proxies_of_the_environment_are_not_asked(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert hook.post()(read_url(hook.url, hook.post().policy), b"{}", {}).outcome == "ok"


def test_nobody_listening_on_the_port_is_a_failure_like_another(here: Services, hook: Receiver) -> None:
    listen(here, hook, "case.opened")
    opened(here)
    silent = Post(hook.post().policy, look_up=lambda _host, _port: ["127.0.0.2"])
    free = socket.socket()
    free.bind(("127.0.0.2", 0))
    free.close()
    assert silent(read_url(hook.url, hook.post().policy), b"", {}).outcome == "connection"


def test_a_kill_between_claim_and_answer_tells_it_again_under_the_same_id(
    here: Services, hook: Receiver, clock: Any
) -> None:
    listen(here, hook, "case.opened")
    opened(here)
    with here.sessions.begin() as session:
        outgoing.spread(session, now=here.now())
    with here.sessions.begin() as session:
        assert outgoing.claim(session, now=here.now(), lease=timedelta(minutes=2), each=10, limit=50)
    assert deliver(here, hook).tried == 0
    clock.forward(minutes=3)
    assert deliver(here, hook).told == 1
    assert states(here) == [("delivered", 2, "ok")]


def test_paused_it_waits_ended_it_is_dropped(here: Services, hook: Receiver) -> None:
    made = listen(here, hook, "case.opened")
    opened(here)
    pause_webhook(here.sessions, made.id, now=here.now(), actor="test")
    assert deliver(here, hook).tried == 0
    end_webhook(here.sessions, made.id, now=here.now(), actor="test")
    assert states(here) == [("dropped", 0, "ended")]
    assert deliver(here, hook) == Delivered()
    with pytest.raises(NotFound):
        resume_webhook(here.sessions, made.id, now=here.now(), actor="test")


def test_an_answer_that_was_struck_meanwhile_is_not_told(here: Services, hook: Receiver, clock: Any) -> None:
    listen(here, hook, "response.recorded")
    sent = asked(here)
    answer(here, sent, 3, "non")
    with here.sessions.begin() as session:
        row = session.get(Response, sent.invitation_id)
        assert row is not None
        row.score = row.standing = None
    clock.forward(minutes=2)
    deliver(here, hook)
    assert hook.received == []
    assert states(here) == [("dropped", 1, "gone")]


def test_wrong_events_and_addresses_are_refused_together(here: Services, hook: Receiver) -> None:
    wanted = NewWebhook("https://10.1.2.3/", ("order.made",))
    with pytest.raises(Refused) as refused:
        add_webhook(here.sessions, wanted, check=Post().may_go_to, keys=here.keyring, now=here.now(), actor="test")
    assert [(one.where, one.code) for one in refused.value.complaints] == [
        ("url", "url_internal"),
        ("events", "field_value"),
    ]


def test_a_worker_tells_webhooks_beside_the_mail_where_the_settings_let_them_go(
    here: Services, hook: Receiver, tmp_path: Path
) -> None:
    settings = replace(here.settings, home=tmp_path, webhook_networks=(LOOPBACK,), webhook_ports=(hook.port,))
    ours = replace(here, settings=settings, provider=MemoryProvider())
    listen(ours, hook, "case.opened")
    opened(ours)
    SideWork(ours, lambda: 0.0, beside=lambda work: work()).look()
    assert [one["type"] for one in hook.events] == ["case.opened"]
    opened(ours)
    closed = replace(ours, settings=replace(settings, webhook_hosts=("hooks.example.com",)))
    SideWork(closed, lambda: 0.0, beside=lambda work: work()).look()
    assert len(hook.events) == 1
    assert ("waiting", 1, "url_invalid") in states(ours)


def test_two_workers_at_once_tell_each_event_once(here: Services, hook: Receiver) -> None:
    listen(here, hook, "case.opened")
    for number in range(24):
        opened(here, f"{number:032x}")
    failed: list[BaseException] = []

    def work() -> None:
        try:
            while deliver(here, hook).tried:
                pass
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    while deliver(here, hook).tried:
        pass
    assert failed == []
    ids = [headers["webhook-id"] for headers, _ in hook.received]
    assert len(ids) == len(set(ids)) == 24
    assert {state for state, _, _ in states(here)} == {"delivered"}


def test_a_customer_who_is_asked_then_refused_then_says_no_is_told_step_by_step(
    sqlite_sessions: Any, hook: Receiver, clock: Any
) -> None:
    house = make_services(sqlite_sessions, clock)
    rules = '[[rule]]\nid = "std"\nmin_orders = 1\ndelay_days = 0\nsend_time = "11:00"\n'
    install(sqlite_sessions, rules)
    listen(house, hook, "invitation.sent", "invitation.suppressed", "customer.unsubscribed")
    record(sqlite_sessions, event("o1", "c1", clock()), now=clock())
    clock.forward(hours=3)
    send_due(sqlite_sessions, clock())
    record(sqlite_sessions, event("o2", "c1", clock()), now=clock())
    ((invitation, email),) = sent_to(sqlite_sessions).values()
    choose(sqlite_sessions, email, Choice.STOP, now=clock())
    clock.forward(minutes=5)
    deliver(house, hook)
    told = {one["type"]: one["data"] for one in hook.events}
    assert set(told) == {"invitation.sent", "invitation.suppressed", "customer.unsubscribed"}
    assert told["invitation.sent"]["id"] == invitation.id.hex
    assert told["invitation.suppressed"]["reason"] == "COOLDOWN"
    assert told["customer.unsubscribed"]["reason"] == "unsubscribed"
