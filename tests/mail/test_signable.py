"""A signature over our headers, both `List-*` among them, and over our body still holds where the email arrives."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from surveyor.mail.message import Message
from surveyor.mail.providers.smtp import Relay, SmtpProvider
from surveyor.mail.published import load_folder
from surveyor.mail.samples import sample_messages
from surveyor.testing.smtp_server import SmtpServer
from tests.mail.conftest import DATE, EMAILS
from tests.mail.dkim import sign, verify

PLACES = sorted(p for p in EMAILS.glob("[a-z]*/*") if p.is_dir())


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("place", PLACES, ids=lambda p: "/".join(p.parts[-2:]))
def test_every_case_arrives_with_a_signature_that_holds(place: Path) -> None:
    template = load_folder(EMAILS)[place.parent.name, place.name]
    with SmtpServer() as server:
        provider = SmtpProvider(Relay("127.0.0.1", server.port, tls="none"), now=lambda: DATE)
        messages = sample_messages(template, place, date=DATE)
        for message in messages.values():
            provider.send(replace(message, wire=sign(message.wire or b"", key())))
        provider.close()
    assert len(server.taken) == len(messages) >= 5
    for taken in server.taken:
        passed_on = b"Received: from a by b; Sat, 14 Nov 2026 09:00:01 +0000\r\n" + taken.content
        assert verify(passed_on, key().public_key())


@pytest.mark.parametrize("changed", [b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"/u/1gZ", b"Bonjour"])
def test_a_change_to_what_is_signed_is_noticed(message: Message, changed: bytes) -> None:
    signed = sign(message.wire or b"", key())
    assert verify(signed, key().public_key())
    assert changed in signed
    assert not verify(signed.replace(changed, changed.upper()), key().public_key())
