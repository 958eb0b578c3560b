"""By SMTP, only what happens after the final dot can be in doubt."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from surveyor.mail.message import Message
from surveyor.mail.providers import provider_from_url
from surveyor.mail.providers.base import (
    Accepted,
    ChannelError,
    EventKind,
    InDoubtError,
    PermanentError,
    Provider,
    ProviderError,
    TransientError,
)
from surveyor.mail.providers.smtp import Relay, SmtpProvider
from surveyor.mail.providers.smtp.dialogue import dot_stuffed
from surveyor.testing.smtp_server import DROP, HANG, SPLIT, SmtpServer
from tests.mail.providers.conftest import NOW, clock, closing
from tests.servers import free_port

pytestmark = pytest.mark.slow

Make = Callable[..., Message]


def plain(server: SmtpServer, **about: object) -> SmtpProvider:
    facts = {"tls": "none", "call_seconds": 2.0, **about}
    relay = Relay("127.0.0.1", server.port, **facts)  # type: ignore[arg-type]
    made: SmtpProvider = closing(SmtpProvider(relay, now=clock))
    return made


FAULTS: dict[str, tuple[dict[str, str], type[ProviderError], int]] = {
    "refused at RCPT": ({"RCPT": "550 5.7.1 no"}, PermanentError, 0),
    "busy at RCPT": ({"RCPT": "450 4.2.0 later"}, TransientError, 0),
    "refused at MAIL": ({"MAIL": "553 5.1.8 no"}, PermanentError, 0),
    "busy at MAIL": ({"MAIL": "421 4.3.2 closing"}, TransientError, 0),
    "refused at DATA": ({"DATA": "554 5.5.1 no"}, PermanentError, 0),
    "busy at DATA": ({"DATA": "451 4.3.0 later"}, TransientError, 0),
    "refused after the dot": ({"dot": "554 5.7.1 spam"}, PermanentError, 1),
    "busy after the dot": ({"dot": "452 4.3.1 full"}, TransientError, 1),
    "closed at the greeting": ({"greeting": DROP}, TransientError, 0),
    "closed at MAIL": ({"MAIL": DROP}, TransientError, 0),
    "closed at RCPT": ({"RCPT": DROP}, TransientError, 0),
    "closed at DATA": ({"DATA": DROP}, TransientError, 0),
    "closed at the dot": ({"dot": DROP}, InDoubtError, 1),
    "silent at the dot": ({"dot": HANG}, InDoubtError, 1),
    "nonsense at the dot": ({"dot": "hello"}, InDoubtError, 1),
    "another yes at the dot": ({"dot": "354 go on"}, InDoubtError, 1),
    "silent at RCPT": ({"RCPT": HANG}, TransientError, 0),
    "nonsense at DATA": ({"DATA": "250 ok"}, TransientError, 0),
    "421 at the greeting": ({"greeting": "421 4.3.2 busy"}, TransientError, 0),
    "554 at the greeting": ({"greeting": "554 5.7.1 not you"}, ChannelError, 0),
    "502 at EHLO and HELO": ({"EHLO": "550 5.7.1 no"}, ChannelError, 0),
}


@pytest.mark.parametrize("pipelining", [True, False], ids=["together", "one by one"])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_class_and_its_copies(fault: str, pipelining: bool, make: Make) -> None:
    script, expected, copies = FAULTS[fault]
    with SmtpServer(script=script, pipelining=pipelining) as server:
        provider = plain(server)
        with pytest.raises(expected) as raised:
            provider.send(make())
        assert type(raised.value) is expected
        put_off = getattr(raised.value, "answered", False)
        assert put_off == (fault in ("busy at RCPT", "busy at DATA", "busy after the dot"))  # the connection lives on
        assert len(server.taken) == copies
        server.script.clear()
        provider.send(make())
        assert len(server.taken) == copies + 1
        provider.close()


def test_an_unknown_mailbox_is_a_bad_address_and_is_not_repeated_in_the_evidence(make: Make) -> None:
    with SmtpServer(script={"RCPT": "550 5.1.1 <zoe.martin@exemple.test> no such user"}) as server:
        provider = plain(server)
        with pytest.raises(PermanentError) as raised:
            provider.send(make())
    assert raised.value.bad_address
    assert "zoe" not in raised.value.evidence
    assert raised.value.evidence == "RCPT 550 5.1.1 <…> no such user"


def test_gmail_asking_to_slow_down_is_left_alone_for_ten_minutes(make: Make) -> None:
    with SmtpServer(script={"dot": "421 4.7.28 unusual rate"}) as server, pytest.raises(TransientError) as raised:
        plain(server).send(make())
    assert raised.value.retry_at == NOW + timedelta(minutes=10)


def test_an_answer_in_pieces_is_read_whole(make: Make) -> None:
    with SmtpServer(script={"dot": SPLIT}) as server:
        accepted = plain(server).send(make())
    assert accepted.ref == "SPLIT"
    assert "queued as SPLIT" in accepted.evidence


@pytest.mark.parametrize("fault", [DROP, "552 5.3.4 too big", "421 4.3.0 stopping"])
def test_a_server_that_stops_inside_the_body_has_taken_nothing(fault: str, make: Make) -> None:
    large = b"Subject: x\r\n\r\n" + b"a line of text\r\n" * 1_000_000  # more than any buffer between the two
    expected = PermanentError if fault.startswith("5") else TransientError
    with SmtpServer(script={"body": fault}) as server:
        provider = plain(server)
        with pytest.raises(TransientError if fault == DROP else (expected, TransientError)):
            provider.send(make(wire=large))
        assert server.taken == []
        server.script.clear()
        provider.send(make())
        assert len(server.taken) == 1


@pytest.mark.parametrize("pipelining", [True, False], ids=["together", "one by one"])
def test_one_connection_carries_many_emails_and_survives_a_refusal(pipelining: bool, make: Make) -> None:
    with SmtpServer(pipelining=pipelining) as server:
        provider = plain(server)
        for number in range(10):
            if number == 5:
                server.script.update({"RCPT": "550 5.1.1 no", "DATA": "554 5.5.1 no recipient"})
                with pytest.raises(PermanentError):
                    provider.send(make())
                server.script.clear()
            provider.send(make())
        assert server.connections == 1
        assert server.commands.count("RSET") == 1
        provider.close()


def test_a_server_that_says_go_on_after_refusing_the_recipient_gets_no_body(make: Make) -> None:
    with SmtpServer(script={"RCPT": "550 5.1.1 no"}) as server:
        provider = plain(server)
        with pytest.raises(PermanentError):
            provider.send(make())
        server.script.clear()
        provider.send(make())
        assert (len(server.taken), server.connections) == (1, 2)


def test_a_connection_is_left_after_five_hundred_emails(make: Make) -> None:
    message = make()
    with SmtpServer() as server:
        provider = plain(server)
        for _ in range(501):
            provider.send(message)
        assert server.connections == 2
        provider.close()


def test_a_server_that_closed_without_a_word_costs_a_connection_and_no_doubt(make: Make) -> None:
    with SmtpServer() as server:
        provider = plain(server)
        provider.send(make())
        provider._free[0].smtp.sock.shutdown(socket.SHUT_WR)  # what the server then closes
        time.sleep(0.1)
        provider.send(make())
        provider._free[0].last -= 30
        provider.send(make())
        assert (len(server.taken), server.connections) == (3, 2)
        assert "NOOP" in server.commands
        provider.close()


def test_no_more_connections_than_asked(make: Make) -> None:
    import threading

    with SmtpServer() as server:
        provider = plain(server, connections=2)
        threads = [threading.Thread(target=lambda: provider.send(make())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(server.taken) == 8
        assert server.connections <= 2
        provider.close()


def test_starttls_with_a_known_certificate_and_a_password(make: Make, certificate: tuple[ssl.SSLContext, str]) -> None:
    context, ca = certificate
    with SmtpServer(tls=context, users={"ana": "s3cret@"}) as server:
        url = f"smtp://ana:s3cret%40@127.0.0.1:{server.port}?starttls=1&ca={ca}"
        provider = provider_from_url(url, now=clock)
        provider.send(make())
        assert server.commands[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
        provider.close()
        wrong = provider_from_url(url.replace("s3cret", "other"), now=clock)
        with pytest.raises(ChannelError, match="AUTH 535"):
            wrong.send(make())


def test_tls_from_the_first_byte(make: Make, certificate: tuple[ssl.SSLContext, str]) -> None:
    context, ca = certificate
    with SmtpServer(tls=context, implicit=True) as server:
        provider = provider_from_url(f"smtps://127.0.0.1:{server.port}?ca={ca}", now=clock)
        for _ in range(3):
            provider.send(make())
        assert (len(server.taken), server.connections) == (3, 1)
        provider.close()


def test_s53_a_self_signed_relay_is_refused_before_anything_left(
    make: Make, certificate: tuple[ssl.SSLContext, str]
) -> None:
    with SmtpServer(tls=certificate[0]) as server:
        provider = provider_from_url(f"smtp://127.0.0.1:{server.port}?starttls=1", now=clock)
        with pytest.raises(TransientError, match="SSLCertVerificationError"):
            provider.send(make())
        assert "MAIL" not in server.commands


def test_a_relay_without_starttls_or_password_is_a_matter_of_settings(make: Make) -> None:
    with SmtpServer() as server:
        for url in (f"smtp://127.0.0.1:{server.port}?starttls=1", f"smtp://a:b@127.0.0.1:{server.port}"):
            with pytest.raises(ChannelError):
                provider_from_url(url, now=clock).send(make())
        assert server.taken == []


@pytest.mark.parametrize("host", ["127.0.0.1:9", "nobody.invalid:25"])
def test_a_relay_that_is_not_there_is_tried_again(host: str, make: Make) -> None:
    with pytest.raises(TransientError, match="not connected"):
        provider_from_url(f"smtp://{host}?starttls=1&timeout=5", now=clock).send(make())


def test_a_probe_tells_a_broken_channel() -> None:
    with SmtpServer(script={"greeting": "554 5.7.1 no"}) as server, pytest.raises(ChannelError):
        plain(server).probe()


def test_lines_that_start_with_a_dot_arrive_as_they_were(make: Make) -> None:
    wire = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\nb."
    with SmtpServer() as server:
        plain(server).send(make(wire=wire))
        assert server.taken[0].content == wire + b"\r\n"
    assert dot_stuffed(b"a\r\n") == b"a\r\n"


def dsn(action: str = "failed", status: str = "5.1.1", message_id: str = "") -> bytes:
    ours = message_id or "<0192f1c47b1e7c559a573f6b5a0e9d11@enquetes.maison-x.fr>"
    return (
        "From: MAILER-DAEMON@relay.example\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; zoe@exemple.test\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {ours}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


def bounces(raw: bytes) -> list[tuple[EventKind, str, str | None]]:
    provider: Provider = SmtpProvider(Relay("127.0.0.1", 25), now=clock)
    return [(e.kind, e.bounce, e.email_id.hex if e.email_id else None) for e in provider.parse(raw)]


def test_a_bounce_names_its_email_and_how_hard_it_was() -> None:
    ours = "0192f1c47b1e7c559a573f6b5a0e9d11"
    assert bounces(dsn()) == [(EventKind.BOUNCED, "hard", ours)]
    assert bounces(dsn(status="4.2.2")) == [(EventKind.BOUNCED, "soft", ours)]
    assert bounces(dsn(action="delayed", status="4.4.1")) == [(EventKind.DEFERRED, "", ours)]
    assert bounces(dsn(message_id="<x@elsewhere.example>")) == [(EventKind.BOUNCED, "hard", None)]
    assert bounces(b"Auto-Submitted: auto-replied\r\n\r\nAbsent.") == [(EventKind.AUTORESPONDED, "", None)]
    assert bounces(b"Subject: hello\r\n\r\nhello") == [(EventKind.INBOUND, "", None)]


@pytest.fixture
def dumps() -> Iterator[Path]:
    """A folder that the sink may write to when it has given up the rights of root."""
    with tempfile.TemporaryDirectory(prefix="surveyor-sink-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.mark.faults
def test_postfix_own_sink_takes_what_we_send(make: Make, dumps: Path, smtp_sink: str) -> None:
    messages = [make() for _ in range(5)]
    with sink(smtp_sink, dumps) as provider:
        for message in messages:
            provider.send(message)
        provider.close()
        time.sleep(0.2)
    dumped = b"".join(path.read_bytes() for path in dumps.iterdir())
    assert all(dumped.count(f"X-Surveyor-Email: {m.id_text}".encode()) == 1 for m in messages)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("-fRCPT", PermanentError),
        ("-rRCPT", TransientError),
        ("-fDATA", PermanentError),
        ("-rDATA", TransientError),
        ("-f.", PermanentError),
        ("-r.", TransientError),
        ("-qRCPT", TransientError),
        ("-qDATA", TransientError),
        ("-q.", InDoubtError),
    ],
)
def test_postfix_own_sink_fails_as_it_is_told(
    option: str, expected: type[ProviderError], make: Make, dumps: Path, smtp_sink: str
) -> None:
    with sink(smtp_sink, dumps, option[:2], option[2:]) as provider, pytest.raises(expected) as raised:
        provider.send(make())
    assert type(raised.value) is expected


@contextmanager
def sink(program: str, folder: Path, *options: str) -> Iterator[SmtpProvider]:
    """A provider on a fresh smtp-sink that dumps what it takes into `folder`."""
    port = free_port()
    command = [program, *options, "-d", str(folder / "%M."), f"127.0.0.1:{port}", "100"]
    if os.getuid() == 0:
        command[1:1] = ["-u", "nobody"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    provider: SmtpProvider = closing(SmtpProvider(Relay("127.0.0.1", port, tls="none", call_seconds=5), now=clock))
    try:
        for _ in range(600):
            try:
                provider.probe()
                break
            except TransientError:
                time.sleep(0.1)
        yield provider
    finally:
        provider.close()
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize("address", ["a b@c.fr", "a@b.fr>\r\nRCPT TO:<x@y.fr", "a@b.fr\r\nDATA", "é@b.fr", ""])
def test_an_address_that_would_break_the_dialogue_never_reaches_it(address: str, make: Make) -> None:
    with SmtpServer() as server:
        for changed in ({"address": address}, {"envelope_sender": address}):
            with pytest.raises(PermanentError):
                plain(server).send(replace(make(), **changed))
        assert not {"MAIL", "RCPT", "DATA"} & set(server.commands)


def test_a_group_leaves_over_as_many_connections_and_each_email_has_its_own_end(make: Make) -> None:
    with SmtpServer() as server:
        provider = plain(server, connections=3)
        messages = [make(), replace(make(), address="no at sign"), make()]
        ended = provider.send_group(messages)
        assert [type(end) for end in ended] == [Accepted, PermanentError, Accepted]
        assert len(server.taken) == 2


def test_a_relay_that_dies_at_the_dot_leaves_every_email_of_the_group_in_doubt_and_no_place_taken(make: Make) -> None:
    with SmtpServer(script={"dot": DROP}) as server:
        provider = plain(server, connections=2)
        for _ in range(3):
            assert [type(end) for end in provider.send_group([make(), make()])] == [InDoubtError, InDoubtError]


def test_more_emails_than_connections_leave_one_after_the_other(make: Make) -> None:
    with SmtpServer() as server:
        provider = plain(server, connections=1)
        assert [type(end) for end in provider.send_group([make(), make(), make()])] == [Accepted] * 3
        assert (len(server.taken), server.connections) == (3, 1)


def test_the_connections_of_a_group_are_opened_and_closed_at_once(make: Make) -> None:
    with SmtpServer(doors=threading.Barrier(3)) as server:
        provider = plain(server, connections=3)
        assert [type(end) for end in provider.send_group([make(), make(), make()])] == [Accepted] * 3
        assert [type(end) for end in provider.send_group([make(), make(), make()])] == [Accepted] * 3
        provider.close()
        assert (len(server.taken), server.connections, server.commands.count("NOOP")) == (6, 3, 0)
