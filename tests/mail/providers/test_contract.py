"""What every provider promises, on its real local server: one email once, an answer that can be believed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from email import policy
from email.parser import BytesParser
from uuid import uuid4

import pytest

from surveyor.errors import SettingsError
from surveyor.mail.message import Message
from surveyor.mail.providers import PROVIDERS, provider_from_url
from surveyor.mail.providers.base import Absent, Found, Unknown
from tests.mail.providers.conftest import NOW, Harness, clock

Make = Callable[..., Message]


def test_an_email_handed_over_is_there_once(harness: Harness, make: Make) -> None:
    message = make()
    accepted = harness.provider.send(message)
    assert accepted.ref
    assert accepted.evidence
    assert harness.copies() == {message.id_text: 1}


def test_many_emails_are_each_there_once(harness: Harness, make: Make) -> None:
    messages = [make(f"client{number}@exemple.test") for number in range(25)]
    for message in messages:
        harness.provider.send(message)
    assert harness.copies() == {message.id_text: 1 for message in messages}


def test_threads_share_a_provider(harness: Harness, make: Make) -> None:
    messages = [make(f"client{number}@exemple.test") for number in range(24)]
    failures: list[BaseException] = []

    def work(part: list[Message]) -> None:
        try:
            for message in part:
                harness.provider.send(message)
            harness.provider.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(messages[start::6],)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert harness.copies() == {message.id_text: 1 for message in messages}


def test_what_arrives_is_what_was_built(harness: Harness, make: Make) -> None:
    message = make()
    harness.provider.send(message)
    for wire in harness.wires():
        assert wire == message.wire
        parsed = BytesParser(policy=policy.SMTP).parsebytes(wire)
        assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_email_without_wire_can_be_sent_too(harness: Harness, make: Make) -> None:
    message = make(wire=None)
    harness.provider.send(message)
    assert harness.copies() == {message.id_text: 1}


def test_lookup_keeps_its_word(harness: Harness, make: Make) -> None:
    message = make()
    harness.provider.send(message)
    found, absent = (harness.provider.lookup(one, NOW) for one in (message.email_id, uuid4()))
    if harness.provider.capabilities.lookup == "exact":
        assert isinstance(found, Found)
        assert isinstance(absent, Absent)
    else:
        assert isinstance(found, Unknown)
        assert isinstance(absent, Unknown)


def test_a_probe_sends_nothing(harness: Harness) -> None:
    harness.provider.probe()
    assert harness.copies() == {}


def test_nonsense_from_outside_is_neither_believed_nor_fatal(harness: Harness) -> None:
    for raw in (b"", b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, b'[1, null, {"event": 3}]'):
        assert harness.provider.verify({}, raw) is False
        assert all(event.at.tzinfo is not None for event in harness.provider.parse(raw))


def test_a_provider_closed_may_be_used_again(harness: Harness, make: Make) -> None:
    first, second = make(), make()
    harness.provider.send(first)
    harness.provider.close()
    harness.provider.send(second)
    assert harness.copies() == {first.id_text: 1, second.id_text: 1}


def test_capabilities_are_those_of_the_design(harness: Harness) -> None:
    expected = {
        "memory": (200, 10, "exact", True, 1),
        "outbox": (200, 10, "exact", True, 1),
        "smtp": (20, 30, "none", False, 4),
        "sendgrid": (20, 10, "none", True, 20),
    }
    can = harness.provider.capabilities
    assert (can.group, can.call_seconds, can.lookup, can.events, can.at_once) == expected[harness.provider.name]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host",
        "outbox://",
        "outbox:///",
        "smtp://",
        "smtp://relay.example?starttls=0",
        "smtp://relay.example?connections=0",
        "smtp://relay.example?timeout=abc",
        "sendgrid://",
        "sendgrid://?host=http://api.example",
        "sendgrid://?host=ftp://127.0.0.1",
    ],
)
def test_an_address_that_cannot_work_is_named_when_starting(url: str) -> None:
    secrets = {"SENDGRID_API_KEY": "SG.key"} if "host" in url else {}
    with pytest.raises(SettingsError, match=r"SURVEYOR_MAIL_URL|SENDGRID_API_KEY"):
        provider_from_url(url, now=clock, secrets=secrets)


def test_every_provider_of_the_list_can_be_made(tmp_path: object) -> None:
    made = {
        "memory": "memory://",
        "outbox": f"outbox://{tmp_path}",
        "smtp": "smtp://127.0.0.1:2525",
        "smtps": "smtps://relay.example",
        "sendgrid": "sendgrid://",
    }
    assert set(made) == set(PROVIDERS)
    for name, url in made.items():
        assert provider_from_url(url, now=clock, secrets={"SENDGRID_API_KEY": "SG.key"}).name == name.removesuffix("s")
