"""Replies of a relay are read as smtplib reads them, several at a time; places are never more than there are."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from time import monotonic

import pytest

from surveyor.mail.providers.smtp.dialogue import dot_stuffed
from surveyor.mail.providers.smtp.places import Places
from surveyor.mail.providers.smtp.replies import replies


@pytest.fixture
def ends() -> Iterator[tuple[smtplib.SMTP, socket.socket]]:
    """Our end of a connection, and the relay's."""
    ours, theirs = socket.socketpair()
    ours.settimeout(2)
    smtp = smtplib.SMTP()
    smtp.sock = ours
    yield smtp, theirs
    smtp.close()
    theirs.close()


SAID = [
    b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n",
    b"250-first\r\n250-second \r\n250 third\r\n550 5.1.1 <a@b.c> no\r\n354\r\n",
    b"250 bare line ends\n250 ok\n354 go\n",
    b"what?\r\n250 ok\r\n354 go\r\n",
    b"250 " + b"x" * 600 + b"\r\n250 ok\r\n354 go\r\n",
]


@pytest.mark.parametrize("said", SAID)
def test_replies_are_those_that_smtplib_reads(said: bytes, ends: tuple[smtplib.SMTP, socket.socket]) -> None:
    smtp, relay = ends
    relay.sendall(said)
    one_by_one = [smtp.getreply() for _ in range(3)]
    relay.sendall(said)
    assert replies(smtp, 3) == one_by_one
    assert smtp.sock is not None


def test_replies_in_pieces_are_waited_for(ends: tuple[smtplib.SMTP, socket.socket]) -> None:
    smtp, relay = ends
    said = SAID[1]

    def speak() -> None:
        for byte in said:
            relay.sendall(bytes([byte]))

    thread = threading.Thread(target=speak)
    thread.start()
    assert [code for code, _ in replies(smtp, 3)] == [250, 550, 354]
    thread.join(5)


def test_after_a_word_too_many_the_connection_says_no_more(ends: tuple[smtplib.SMTP, socket.socket]) -> None:
    """It could be taken for the answer to the dot."""
    smtp, relay = ends
    relay.sendall(b"250 ok\r\n250 ok\r\n354 go\r\n250 queued as GHOST\r\n")
    assert [code for code, _ in replies(smtp, 3)] == [250, 250, 354]
    assert smtp.sock is None
    with pytest.raises(smtplib.SMTPServerDisconnected):
        replies(smtp, 1)


def test_an_end_or_a_line_without_end_is_no_reply(ends: tuple[smtplib.SMTP, socket.socket]) -> None:
    smtp, relay = ends
    relay.sendall(b"250 ok\r\n25")
    relay.shutdown(socket.SHUT_WR)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        replies(smtp, 2)


def test_a_line_that_is_too_long_is_not_read_on(ends: tuple[smtplib.SMTP, socket.socket]) -> None:
    smtp, relay = ends
    thread = threading.Thread(target=relay.sendall, args=(b"250 " + b"x" * 20_000,))
    thread.start()
    with pytest.raises(smtplib.SMTPResponseException, match="too long"):
        replies(smtp, 1)
    thread.join(5)


def test_places_are_taken_together_and_waited_for_one_at_least() -> None:
    places = Places(3)
    assert places.take(2, monotonic()) == 2
    assert places.take(5, monotonic()) == 1
    assert places.take(1, monotonic()) == 0
    threading.Timer(0.05, places.give_back).start()
    assert places.take(2, monotonic() + 5) == 1
    places.give_back()
    assert places.take(2, monotonic()) == 1


@pytest.mark.parametrize(
    ("wire", "sent"),
    [
        (b"a\r\n.b\r\n..\r\n.\r\nc\r\n", b"a\r\n..b\r\n...\r\n..\r\nc\r\n"),
        (b".a\r\n.b", b"..a\r\n..b\r\n"),
        (b"a\n.b\r.c\r\n", b"a\n.b\r.c\r\n"),
        (b"a.b\r\n", b"a.b\r\n"),
    ],
)
def test_a_line_that_starts_with_a_dot_gets_a_second_one(wire: bytes, sent: bytes) -> None:
    assert dot_stuffed(wire) == sent
