"""The SendGrid account, asked of the server that answers like SendGrid's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from surveyor.mail.doctor.contents import check_lists
from surveyor.mail.doctor.line import Level, Line
from surveyor.mail.doctor.sendgrid import Account, check_account, suppressed_there
from surveyor.mail.message import Message
from surveyor.testing.sendgrid_server import SendGridServer
from tests.servers import free_port

SITE = "https://avis.maison-x.fr"
SENT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def sound(server: SendGridServer) -> Account:
    server.account.domains = ["maison-x.fr"]
    server.account.webhook_url = f"{SITE}/hooks/mail/sendgrid"
    return Account(server.url, server.key, SITE, [server.signer.public_key], ["avis@enquetes.maison-x.fr"], SENT, SENT)


def lines(account: Account, message: Message) -> list[Line]:
    return list(check_account(account, {"invitation/fr": message}))


def faults(found: list[Line]) -> dict[str, Level]:
    return {line.check: line.level for line in found if line.level is not Level.OK}


def test_a_sound_account_is_ok_throughout_and_nothing_is_sent(message: Message) -> None:
    with SendGridServer() as server:
        found = lines(sound(server), message)
        assert server.ledger.messages() == []
    assert faults(found) == {}
    assert [line.check for line in found] == [
        "key",
        "scopes",
        "sandbox invitation/fr",
        "sender identity enquetes.maison-x.fr",
        "tracking",
        "event webhook",
        "webhook key",
        "last event",
    ]


Change = Callable[[SendGridServer], Any]
FAULTS: dict[str, tuple[str, Level, Change]] = {
    "a scope too few": ("scopes", Level.FAIL, lambda s: s.account.scopes.remove("mail.send")),
    "scopes that write": ("scopes", Level.WARN, lambda s: s.account.scopes.append("api_keys.create")),
    "a sender nobody verified": (
        "sender identity enquetes.maison-x.fr",
        Level.FAIL,
        lambda s: s.account.domains.clear(),
    ),
    "clicks tracked": ("tracking", Level.FAIL, lambda s: s.account.tracking.add("click")),
    "a webhook elsewhere": ("event webhook", Level.FAIL, lambda s: setattr(s.account, "webhook_url", "https://x.fr/")),
    "a webhook switched off": ("event webhook", Level.FAIL, lambda s: setattr(s.account, "webhook_enabled", False)),
    "events unsigned": ("webhook key", Level.FAIL, lambda s: setattr(s.account, "signed", False)),
    "tracking that the key may not read": (
        "tracking",
        Level.UNKNOWN,
        lambda s: s.account.unreadable.add("tracking_settings"),
    ),
    "a webhook that the key may not read": (
        "event webhook",
        Level.UNKNOWN,
        lambda s: s.account.unreadable.add("user/webhooks/event/settings"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_an_account(message: Message, fault: str) -> None:
    check, level, change = FAULTS[fault]
    with SendGridServer() as server:
        account = sound(server)
        change(server)
        assert faults(lines(account, message)) == {check: level}


def test_a_verified_single_sender_is_verified(message: Message) -> None:
    with SendGridServer() as server:
        account = sound(server)
        server.account.domains, server.account.verified = [], ["Avis@Enquetes.maison-x.fr"]
        assert faults(lines(account, message)) == {}


def test_scopes_that_only_read_are_what_the_doctor_needs(message: Message) -> None:
    with SendGridServer() as server:
        account = sound(server)
        server.account.scopes += ["suppression.read", "tracking_settings.read", "2fa_required", "messages.read"]
        assert faults(lines(account, message)) == {}


def test_a_key_that_is_refused_ends_the_examination(message: Message) -> None:
    with SendGridServer() as server:
        found = lines(replace(sound(server), key="SG.other"), message)
    assert [(line.check, line.level) for line in found] == [("key", Level.FAIL)]
    assert "SG." not in str(found)


def test_another_key_of_the_webhook_is_not_ours(message: Message) -> None:
    with SendGridServer() as server:
        assert faults(lines(replace(sound(server), webhook_keys=["x"]), message)) == {"webhook key": Level.FAIL}


def test_events_later_than_an_hour_after_the_last_email_fail(message: Message) -> None:
    with SendGridServer() as server:
        account = sound(server)
        for last, level in (
            (SENT - timedelta(minutes=50), None),
            (SENT - timedelta(hours=2), Level.FAIL),
            (None, Level.FAIL),
        ):
            found = faults(lines(replace(account, last_event=last), message))
            assert found.get("last event") is level
        assert faults(lines(replace(account, last_sent=None), message)) == {"last event": Level.UNKNOWN}


def test_an_email_that_sendgrid_refuses_is_named(message: Message) -> None:
    headers = (*message.headers, ("Received", "from a by b"))
    with SendGridServer() as server:
        found = lines(sound(server), replace(message, headers=headers))
    assert faults(found) == {"sandbox invitation/fr": Level.FAIL}


def test_offline_is_unknown(message: Message) -> None:
    account = Account(f"http://127.0.0.1:{free_port()}", "SG.x", SITE)
    assert [line.level for line in lines(account, message)] == [Level.UNKNOWN]


def test_their_lists_are_read_to_the_end_and_compared() -> None:
    with SendGridServer() as server:
        account = sound(server)
        server.account.suppressed = {"bounces": [f"a{n}@b.fr" for n in range(700)], "unsubscribes": ["z@b.fr"]}
        listed = suppressed_there(account)
        assert listed is not None
        assert (len(listed), listed[-1]) == (701, "z@b.fr")
        server.account.unreadable.add("suppression/blocks")
        assert suppressed_there(account) is None
    theirs, ours, known = {b"1", b"2", b"9"}, {b"2", b"3"}, {b"1", b"2", b"3"}
    line = check_lists(theirs, ours, known=known)
    assert (line.level, line.found) == (
        Level.WARN,
        "1 customers suppressed there and not here, 1 here and not there",
    )
    assert check_lists(ours, ours, known=known).level is Level.OK
    assert check_lists(None, ours, known=known).level is Level.UNKNOWN
