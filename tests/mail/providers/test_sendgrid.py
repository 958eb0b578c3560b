"""With SendGrid, each answer has one meaning, and the key is in no log."""

from __future__ import annotations

import base64
import json
import logging
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from surveyor.errors import SettingsError
from surveyor.mail.message import Message
from surveyor.mail.providers import provider_from_url
from surveyor.mail.providers.base import (
    Absent,
    ChannelError,
    EventKind,
    Found,
    InDoubtError,
    PermanentError,
    Provider,
    ProviderError,
    TransientError,
)
from surveyor.mail.providers.sendgrid import Account, SendGridProvider, payload
from surveyor.mail.providers.sendgrid_events import parse_events, public_keys, verified
from surveyor.testing.sendgrid_server import SendGridServer
from tests.mail.providers.conftest import NOW, clock, closing

Make = Callable[..., Message]


def provider(server: SendGridServer, **about: object) -> SendGridProvider:
    facts = {"key": server.key, "host": server.url, "instance": "6f1d0c9a7be24c18", "call_seconds": 2.0, **about}
    made: SendGridProvider = closing(SendGridProvider(Account(**facts), now=clock))  # type: ignore[arg-type]
    return made


FAULTS: dict[str, tuple[type[ProviderError], int]] = {
    "hang": (InDoubtError, 0),
    "drop_before_read": (InDoubtError, 0),
    "accept_then_drop": (InDoubtError, 1),
    "accept_then_hang": (InDoubtError, 1),
    "accept_then_500": (InDoubtError, 1),
    "500": (InDoubtError, 0),
    "502_html": (InDoubtError, 0),
    "503": (InDoubtError, 0),
    "half_reply": (InDoubtError, 1),
    "garbage": (InDoubtError, 0),
    "unasked_200": (InDoubtError, 0),
    "429": (TransientError, 0),
    "401": (ChannelError, 0),
    "redirect": (ChannelError, 0),
    "bad_json": (PermanentError, 0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_class_and_its_copies(fault: str, make: Make) -> None:
    expected, copies = FAULTS[fault]
    message = make()
    with SendGridServer() as server:
        sender = provider(server)
        server.fail(fault, number=1)
        with pytest.raises(expected) as raised:
            sender.send(message)
        assert type(raised.value) is expected
        assert getattr(raised.value, "unexpected", False) is (fault == "unasked_200")
        assert server.ledger.accepted(message.id_text) == copies
        assert sender.send(make()).ref
        sender.close()


def test_a_slow_answer_is_an_answer(make: Make) -> None:
    with SendGridServer() as server:
        server.fail("slow=300", number=1)
        assert provider(server).send(make()).evidence == "202"


@pytest.mark.parametrize(("fault", "seconds"), [("429", 60), ("429=5", 5)])
def test_429_waits_for_the_reset_and_does_not_count(fault: str, seconds: int, make: Make) -> None:
    with SendGridServer(clock=lambda: NOW.timestamp()) as server:
        server.fail(fault, number=1)
        with pytest.raises(TransientError) as raised:
            provider(server).send(make())
    assert raised.value.retry_at == NOW + timedelta(seconds=seconds)
    assert raised.value.counts is False


@pytest.mark.parametrize("said", ["Retry-After", "X-RateLimit-Reset"])
@pytest.mark.parametrize("when", [b"\xb2", b"9" * 5000, b"Wed, 21 Oct 2026 07:28:00 GMT", b"-5", b"1.5"])
def test_a_reset_that_cannot_be_read_is_a_minute_and_no_doubt(make: Make, said: str, when: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def answer() -> None:
            with listening.accept()[0] as line:
                line.recv(1 << 16)
                line.sendall(b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n" + f"{said}: ".encode() + when + b"\r\n\r\n")
                line.recv(1 << 16)

        threading.Thread(target=answer, daemon=True).start()
        sender = closing(SendGridProvider(Account("SG.key", host=host, call_seconds=2.0), now=clock))
        with pytest.raises(TransientError) as raised:
            sender.send(make())
    assert raised.value.retry_at == NOW + timedelta(seconds=60)


def test_a_server_that_counts_says_when_to_come_back(make: Make) -> None:
    with SendGridServer(rate=1.0, burst=2, clock=lambda: NOW.timestamp()) as server:
        sender = provider(server)
        sender.send(make())
        sender.send(make())
        with pytest.raises(TransientError) as raised:
            sender.send(make())
        assert raised.value.retry_at is not None
        assert NOW < raised.value.retry_at <= NOW + timedelta(seconds=3)


@pytest.mark.parametrize("host", ["http://127.0.0.1:9", "https://nobody.invalid"])
def test_nothing_left_when_there_was_no_connection(host: str, make: Make) -> None:
    sender = SendGridProvider(Account("SG.key", host=host), now=clock)
    with pytest.raises(TransientError, match="not connected"):
        sender.send(make())


def test_s53_a_self_signed_provider_is_refused(make: Make, certificate: tuple[ssl.SSLContext, str]) -> None:
    context, ca = certificate
    with SendGridServer(tls=context) as server:
        with pytest.raises(TransientError, match="SSLCertVerificationError"):
            provider(server).send(make())
        assert provider(server, ca_file=ca).send(make()).ref
        assert len(server.ledger.messages()) == 1


def test_one_connection_carries_many_emails(make: Make) -> None:
    with SendGridServer() as server:
        sender = provider(server)
        for _ in range(30):
            sender.send(make())
        assert (server.connections, len(server.ledger.messages())) == (1, 30)


def test_the_request_has_what_the_design_says_and_nothing_personal_in_its_metadata(make: Make) -> None:
    message = make()
    with SendGridServer() as server:
        provider(server).send(message)
        body = server.ledger.messages()[0].body
    person = body["personalizations"][0]
    assert person["to"] == [{"email": "zoe.martin@exemple.test", "name": "Zoé Martin"}]
    assert person["custom_args"] == {"sv_email": message.id_text, "sv_try": "1", "sv_name": "6f1d0c9a7be24c18"}
    assert body["categories"] == ["invitation"]
    assert body["from"] == {"email": "avis@enquetes.maison-x.fr", "name": "Maison X"}
    assert body["reply_to"] == {"email": "contact@maison-x.fr"}
    assert body["headers"]["List-Unsubscribe"] == "<https://avis.maison-x.fr/u/1gZl4Qgm0c4nReuIc7ExU3>"
    assert body["headers"]["Message-ID"] == f"<{message.id_text}@enquetes.maison-x.fr>"
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert not any(track["enable"] for track in body["tracking_settings"].values())


def test_a_refused_address_is_named_as_such_and_not_repeated(make: Make) -> None:
    with SendGridServer() as server:
        with pytest.raises(PermanentError) as raised:
            provider(server).send(replace(make(), address="zoe martin@exemple.test"))
        assert raised.value.bad_address
        assert "exemple" not in raised.value.evidence
        with pytest.raises(PermanentError) as other:
            provider(server).send(make(subject=""))
        assert not other.value.bad_address
        assert "subject" in other.value.evidence


def test_a_wrong_key_pauses_and_shows_in_the_probe(make: Make) -> None:
    with SendGridServer() as server:
        wrong = provider(server, key="SG.wrong")
        for act in (wrong.probe, lambda: wrong.send(make())):
            with pytest.raises(ChannelError):
                act()
        provider(server).probe()
        assert server.ledger.messages() == []


def test_s46_the_key_is_in_no_log_at_any_level(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    key = "SG.a-very-secret-key"
    with caplog.at_level(logging.DEBUG), SendGridServer(key=key) as server:
        sender = provider(server)
        sender.send(make())
        sender.probe()
        server.fail("401")
        with pytest.raises(ChannelError) as raised:
            sender.send(make())
    said = caplog.text + str(raised.value) + repr(sender) + repr(Account(key)) + repr(vars(raised.value))
    assert key not in said
    assert "zoe.martin" not in said


def test_email_logs_find_what_one_address_was_sent_among_all_that_left_since(make: Make) -> None:
    """They tell a hundred emails at most, and their arguments cannot be searched."""
    mine, others = make(), [make(address=f"other{n}@exemple.test") for n in range(101)]
    with SendGridServer() as server:
        sender = provider(server, logs=True)
        for message in (mine, *others):
            sender.send(message)
        assert isinstance(sender.lookup(mine.email_id, NOW), Absent)
        assert isinstance(sender.lookup(mine.email_id, NOW, mine.address), Found)


def test_email_logs_find_what_was_taken(make: Make) -> None:
    message = make()
    with SendGridServer() as server:
        sender = provider(server, logs=True)
        assert sender.capabilities.lookup == "search"
        server.fail("accept_then_500", number=1)
        with pytest.raises(InDoubtError):
            sender.send(message)
        assert isinstance(sender.lookup(message.email_id, NOW), Found)
        assert isinstance(sender.lookup(make().email_id, NOW), Absent)


def test_the_ledger_answers_over_http(make: Make) -> None:
    message = make()
    with SendGridServer() as server:
        provider(server).send(message)
        for path, expected in (
            (f"/__test/accepted?sv_email={message.id_text}", {message.id_text: 1}),
            ("/__test/accepted?sv_email=none", {"none": 0}),
        ):
            with urllib.request.urlopen(server.url + path) as reply:
                assert json.load(reply) == expected
        with urllib.request.urlopen(f"{server.url}/__test/messages?to=zoe.martin@exemple.test") as reply:
            assert len(json.load(reply)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda body: body.update(personalizations=[]), "personalizations"),
        (lambda body: body["personalizations"][0].update(to=[]), "personalizations.0.to"),
        (lambda body: body["personalizations"][0].update(custom_args={"sv_try": 1}), None),
        (lambda body: body["headers"].update(Subject="x"), "headers.Subject"),
        (lambda body: body["headers"].update({"X-A": "é"}), "headers.X-A"),
        (lambda body: body.update(subject="a\r\nBcc: b"), "subject"),
        (lambda body: body.update(categories=["a"] * 2), "categories"),
        (lambda body: body["content"].reverse(), "content"),
        (lambda body: body["content"][0].update(value=""), "content.0.value"),
    ],
)
def test_our_server_refuses_what_theirs_refuses(
    change: Callable[[dict[str, object]], None], field: str | None, make: Make
) -> None:
    from surveyor.testing.sendgrid_server.rules import errors_of

    body = json.loads(json.dumps(payload(make(), "x")))
    assert errors_of(body) == []
    change(body)
    assert field in {error["field"] for error in errors_of(body)}


def test_the_package_itself_sends_through_our_server(make: Make) -> None:
    import sendgrid

    with SendGridServer() as server:
        plain = sendgrid.SendGridAPIClient(api_key=server.key, host=server.url)
        assert plain.send(payload(make(), "x")).status_code == 202


def test_signed_events_are_believed_and_changed_ones_are_not(make: Make) -> None:
    with SendGridServer(clock=lambda: NOW.timestamp()) as server:
        sender = provider(server, webhook_keys=server.signer.public_key)
        sender.send(make("hard-x@exemple.test"))
        headers, raw = server.events()
        assert sender.verify(headers, raw)
        assert sender.verify({name.upper(): value for name, value in headers.items()}, raw)
        assert not sender.verify(headers, raw.rstrip())
        assert not sender.verify(headers, json.dumps(json.loads(raw)).encode())
        assert not sender.verify({}, raw)
        late = SendGridProvider(
            Account(server.key, webhook_keys=server.signer.public_key), now=lambda: NOW + timedelta(hours=26)
        )
        assert not late.verify(headers, raw)
        other: Provider = provider(server)
        assert not other.verify(headers, raw)
        kinds = [(event.kind, event.bounce) for event in sender.parse(raw)]
    assert kinds == [(EventKind.QUEUED, ""), (EventKind.BOUNCED, "hard")]


def test_keys_are_read_when_starting() -> None:
    for wrong in ("x", base64.b64encode(b"no key").decode()):
        with pytest.raises(SettingsError, match="SENDGRID_WEBHOOK_KEYS"):
            public_keys(wrong)
    with pytest.raises(SettingsError, match="SENDGRID_API_KEY"):
        provider_from_url("sendgrid://", now=clock, secrets={"SENDGRID_API_KEY": "a\nb"})


def test_the_published_vector_is_verified_byte_for_byte(real_data: Callable[[str], Path]) -> None:
    vector = json.loads(real_data("webhooks/sendgrid/signed_vector.json").read_text())
    raw = real_data("webhooks/sendgrid/signed_payload.bin").read_bytes()
    keys = public_keys(vector["public_key_der_base64"])
    assert verified(keys, vector["headers"], raw)
    assert not verified(keys, vector["headers"], raw[:-2])
    assert not verified(keys, vector["headers"], raw, now=NOW)


EVENTS = [
    ({"event": "delivered", "response": "250 ok"}, EventKind.DELIVERED, {"mta_response": "250 ok"}),
    (
        {"event": "bounce", "type": "blocked", "status": "4.2.2"},
        EventKind.BOUNCED,
        {"bounce": "block", "status": "4.2.2"},
    ),
    ({"event": "dropped", "reason": "Bounced Address"}, EventKind.REJECTED, {"reject_reason": "bounced"}),
    ({"event": "dropped", "reason": "Spam Content"}, EventKind.REJECTED, {"reject_reason": "other"}),
    ({"event": "click", "url": "https://a.fr/s/x/9"}, EventKind.CLICKED, {"click_url": "https://a.fr/s/x/9"}),
    ({"event": "open", "sg_machine_open": True}, EventKind.OPENED, {"machine": True}),
    ({"event": "account_status_change"}, EventKind.ACCOUNT, {}),
    ({"event": "something_new"}, EventKind.UNKNOWN, {}),
    ({"event": "delivered", "category": "a"}, EventKind.DELIVERED, {"tags": ("a",)}),
    ({"event": "delivered", "category": ["a", "b"]}, EventKind.DELIVERED, {"tags": ("a", "b")}),
    (
        {"event": "delivered", "timestamp": "1794600000"},
        EventKind.DELIVERED,
        {"at": datetime.fromtimestamp(1794600000, UTC)},
    ),
    ({"event": "delivered", "timestamp": "soon"}, EventKind.DELIVERED, {"at": NOW}),
    (
        {"event": "delivered", "sv_email": "no id", "sv_try": []},
        EventKind.DELIVERED,
        {"email_id": None, "attempt": None},
    ),
    ({"event": "delivered", "sg_message_id": "abc.recvd-1"}, EventKind.DELIVERED, {"provider_ref": "abc"}),
]


@pytest.mark.parametrize(("given", "kind", "facts"), EVENTS)
def test_each_event_is_read_in_our_words(given: dict[str, object], kind: EventKind, facts: dict[str, object]) -> None:
    (event,) = parse_events(json.dumps([given]).encode(), NOW)
    assert event.kind is kind
    assert {name: getattr(event, name) for name in facts} == facts
    assert event.raw == given


def test_one_bad_event_does_not_stop_its_batch() -> None:
    raw = b'[{"event": "processed"}, 3, {"event": "\xff"}, {"event": "delivered"}]'
    kinds = [event.kind for event in parse_events(raw, NOW)]
    assert kinds == [EventKind.QUEUED, EventKind.UNKNOWN, EventKind.UNKNOWN, EventKind.DELIVERED]


def test_real_batches_are_read_without_a_fault(real_data: Callable[[str], Path]) -> None:
    batches = [
        case["payload"] for case in json.loads(real_data("webhooks/sendgrid/anymail_sendgrid_events.json").read_bytes())
    ]
    batches += [
        json.loads(real_data(f"webhooks/sendgrid/docs_{n}.json").read_bytes()) for n in ("event_batch", "single_events")
    ]
    events = [event for batch in batches for event in parse_events(json.dumps(batch).encode(), NOW)]
    kinds = {event.kind for event in events}
    assert len(events) > 20
    assert {EventKind.QUEUED, EventKind.DELIVERED, EventKind.BOUNCED, EventKind.REJECTED, EventKind.COMPLAINED} <= kinds
