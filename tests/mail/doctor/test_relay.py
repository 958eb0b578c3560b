"""The relay, asked over real SMTP: what it offers and refuses, without an email begun."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from surveyor.mail.doctor.line import Level
from surveyor.mail.doctor.relay import check_relay
from surveyor.mail.doctor.resolver import Silent
from surveyor.mail.providers.smtp import Relay
from surveyor.testing.smtp_server import DROP, SmtpServer
from tests.servers import free_port


def no_dns(name: str, kind: str) -> list[str]:
    raise Silent("none here")


def levels(server: SmtpServer, **about: Any) -> dict[str, Level]:
    relay = Relay("127.0.0.1", server.port, **{"tls": "none", **about})
    found = {line.check.partition(" ")[0]: line.level for line in check_relay(relay, no_dns)}
    assert server.taken == []
    return found


def test_a_sound_relay(certificate: tuple[ssl.SSLContext, str]) -> None:
    context, trusted = certificate
    with SmtpServer(tls=context, users={"shop": "secret"}) as server:
        found = levels(server, tls="starttls", ca_file=trusted, user="shop", password="secret")
    assert found.pop("PTR") is Level.UNKNOWN
    found.pop("SIZE")
    assert found == dict.fromkeys(("smtp", "TLS", "AUTH", "PIPELINING"), Level.OK)


@pytest.mark.parametrize(
    ("script", "about", "check", "level"),
    [
        ({}, {"tls": "none"}, "TLS", Level.WARN),
        ({}, {"tls": "starttls"}, "STARTTLS", Level.FAIL),
        ({}, {"user": "shop", "password": "x"}, "AUTH", Level.FAIL),
        ({"greeting": "554 5.7.1 go away"}, {}, "smtp", Level.FAIL),
        ({"greeting": DROP}, {}, "smtp", Level.UNKNOWN),
    ],
)
def test_each_fault_of_a_relay(script: dict[str, str], about: dict[str, Any], check: str, level: Level) -> None:
    with SmtpServer(script=script) as server:
        assert levels(server, **about)[check] is level


def test_a_wrong_password_and_an_unknown_certificate_fail(certificate: tuple[ssl.SSLContext, str]) -> None:
    context, trusted = certificate
    with SmtpServer(tls=context, users={"shop": "secret"}) as server:
        assert levels(server, tls="starttls", ca_file=trusted, user="shop", password="no")["AUTH"] is Level.FAIL
        assert levels(server, tls="starttls")["TLS"] is Level.FAIL
    with SmtpServer(tls=context, implicit=True) as server:
        assert levels(server, tls="implicit", ca_file=trusted)["TLS"] is Level.OK


def test_a_relay_without_pipelining_is_slow_and_no_failure() -> None:
    with SmtpServer(pipelining=False) as server:
        assert levels(server)["PIPELINING"] is Level.WARN


def test_a_relay_that_cannot_be_reached_is_unknown() -> None:
    relay = Relay("127.0.0.1", free_port(), tls="none")
    assert [line.level for line in check_relay(relay, no_dns)] == [Level.UNKNOWN]
