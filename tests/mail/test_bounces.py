"""Bounces that come back: reports of real mail servers, mailboxes that hold them, and mail that is no bounce."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from surveyor.errors import SettingsError
from surveyor.mail.bounces import MailboxError, read_mailbox
from surveyor.mail.providers.base import EventKind
from surveyor.mail.providers.smtp.dsn import parse_dsn

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ID = UUID("0192f1c47b1e7c559a573f6b5a0e9d11")


def report(
    *,
    to: str = f"b+{ID.hex}@retour.maison-x.fr",
    action: str = "failed",
    status: str = "5.1.1",
    returned: str = f"Message-ID: <{ID.hex}@enquetes.maison-x.fr>",
    fields: str = "",
    date: str = "Mon, 02 Nov 2026 11:00:00 +0100",
) -> bytes:
    """What Postfix sends back."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@relay.example
To: {to}
Date: {date}
Auto-Submitted: auto-replied
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="B"
MIME-Version: 1.0

--B
Content-Type: text/plain

The mail system

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Arrival-Date: Mon, 02 Nov 2026 10:59:00 +0100

Final-Recipient: rfc822; zoe@example.org
Original-Recipient: rfc822;zoe@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <zoe@example.org>: user unknown
{fields}
--B
Content-Type: text/rfc822-headers

{returned}
Subject: Votre avis

--B--
""".encode()


@pytest.mark.parametrize(
    ("action", "status", "kind", "bounce"),
    [
        ("failed", "5.1.1", EventKind.BOUNCED, "hard"),
        ("failed", "4.2.2", EventKind.BOUNCED, "soft"),
        ("failed", "", EventKind.BOUNCED, "soft"),
        ("delayed", "4.4.1", EventKind.DEFERRED, ""),
        ("delivered", "2.0.0", EventKind.DELIVERED, ""),
        ("relayed", "2.0.0", EventKind.QUEUED, ""),
        ("eaten", "5.0.0", EventKind.UNKNOWN, ""),
    ],
)
def test_what_a_report_says(action: str, status: str, kind: EventKind, bounce: str) -> None:
    (event,) = parse_dsn(report(action=action, status=status), NOW)
    assert (event.kind, event.bounce, event.status, event.email_id) == (kind, bounce, status, ID)
    assert (event.address, event.by_return_path, event.word) == ("zoe@example.org", True, action)
    assert event.mta_response == "550 5.1.1 <zoe@example.org>: user unknown"
    assert event.at == datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("rfc822; zoe@exemple.test", "zoe@exemple.test"),
        ("utf-8; zoé@exemple.test", "zoé@exemple.test"),
        (r"utf-8; zo\x{E9}@exemple.test", "zoé@exemple.test"),
        (r"utf-8; zo\x{D800}@exemple.test", "zo?@exemple.test"),
        (r"rfc822; zo\x{E9}@exemple.test", r"zo\x{E9}@exemple.test"),
    ],
)
def test_a_report_of_a_server_that_speaks_utf_8_is_a_bounce_too(written: str, address: str, ends: str) -> None:
    raw = report(to="x@example.org").decode().replace("message/delivery-status", "message/global-delivery-status")
    raw = raw.replace("text/rfc822-headers", "message/global-headers")
    raw = raw.replace("Final-Recipient: rfc822; zoe@example.org\nOriginal-Recipient: rfc822;zoe@example.org", "{}")
    raw = raw.replace("{}", f"Final-Recipient: {written}").replace("\n", ends)
    (event,) = parse_dsn(raw.encode(), NOW)
    assert (event.kind, event.bounce, event.status, event.email_id) == (EventKind.BOUNCED, "hard", "5.1.1", ID)
    assert (event.address, event.mta_response) == (address, "550 5.1.1 <zoe@example.org>: user unknown")


def test_an_address_in_utf_8_is_read_in_a_plain_report_as_well() -> None:
    raw = report().replace(b"rfc822; zoe@", "utf-8; zoé@".encode()).replace(b"rfc822;zoe@", "utf-8;zoé@".encode())
    (event,) = parse_dsn(raw, NOW)
    assert event.address == "zoé@example.org"


def test_the_email_is_found_by_its_return_path_or_by_the_message_that_comes_back() -> None:
    by_path = report(returned="Message-ID: <other@elsewhere.example>")
    by_header = report(to="postmaster@maison-x.fr")
    moved = report(to="postmaster@maison-x.fr", returned="").replace(
        b"To: ", f"Delivered-To: b+{ID.hex}@x.fr\nTo: ".encode()
    )
    assert [parse_dsn(raw, NOW)[0].email_id for raw in (by_path, by_header, moved)] == [ID, ID, ID]


def test_s33_a_report_that_names_no_email_of_ours_names_nobody() -> None:
    (event,) = parse_dsn(report(to="postmaster@maison-x.fr", returned=""), NOW)
    assert (event.email_id, event.address, event.kind) == (None, "", EventKind.BOUNCED)


def test_a_forwarded_mailbox_is_the_one_we_wrote_to() -> None:
    raw = report().replace(b"Final-Recipient: rfc822; zoe@example.org", b"Final-Recipient: rfc822; z@forward.example")
    assert parse_dsn(raw, NOW)[0].address == "zoe@example.org"


def feedback(
    word: str = "abuse",
    *,
    fields: str = "Original-Rcpt-To: <redacted@orange.example>",
    returned: str = f"Message-ID: <{ID.hex}@enquetes.maison-x.fr>",
    inside: str = "message/rfc822",
) -> bytes:
    """What a feedback loop sends when a reader presses "this is spam"."""
    return f"""From: feedback@loop.example
To: plaintes@maison-x.fr
Date: Mon, 02 Nov 2026 11:00:00 +0100
Subject: FW: Votre avis
Content-Type: multipart/report; report-type=feedback-report; boundary="B"
MIME-Version: 1.0

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {word}
User-Agent: Loop/1.0
Version: 1
{fields}

--B
Content-Type: {inside}

From: avis@enquetes.maison-x.fr
{returned}
Subject: Votre avis

0 1 2 3

--B--
""".encode()


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("abuse", EventKind.COMPLAINED),
        ("Fraud", EventKind.COMPLAINED),
        ("opt-out", EventKind.UNSUBSCRIBED),
        ("not-spam", EventKind.UNKNOWN),
        ("", EventKind.UNKNOWN),
    ],
)
def test_a_feedback_loop_tells_of_a_complaint(word: str, kind: EventKind) -> None:
    (event,) = parse_dsn(feedback(word), NOW)
    assert (event.kind, event.email_id, event.by_return_path, event.word) == (kind, ID, True, word.lower())
    assert (event.address, event.bounce) == ("", "")


def test_a_complaint_is_about_the_email_that_comes_back_or_the_sender_it_had() -> None:
    ours = f"X-Surveyor-Email: {ID.hex}"
    path = f"Original-Mail-From: <b+{ID.hex}@retour.maison-x.fr>"
    found = [
        feedback(returned=ours),
        feedback(inside="text/rfc822-headers"),
        feedback(fields=path, returned="Message-ID: <gone@loop.example>"),
    ]
    assert [parse_dsn(raw, NOW)[0].email_id for raw in found] == [ID, ID, ID]


def test_s33_a_complaint_that_names_no_email_of_ours_silences_nobody() -> None:
    (event,) = parse_dsn(feedback(returned="Message-ID: <other@elsewhere.example>"), NOW)
    assert (event.kind, event.email_id, event.address) == (EventKind.COMPLAINED, None, "")


def test_two_recipients_are_two_events_and_an_instant_that_cannot_be_is_that_of_reading() -> None:
    second = "\nFinal-Recipient: rfc822; ana@example.org\nAction: delayed\nStatus: 4.0.0\n"
    events = parse_dsn(report(fields=second, date="Mon, 02 Nov 1999 11:00:00 +0100"), NOW)
    assert [(event.address, event.kind) for event in events] == [
        ("zoe@example.org", EventKind.BOUNCED),
        ("ana@example.org", EventKind.DEFERRED),
    ]
    assert {event.at for event in events} == {NOW}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"Auto-Submitted: auto-replied\n\nI am on holiday", EventKind.AUTORESPONDED),
        (b"Auto-Submitted: auto-generated (x); y\n\n", EventKind.AUTORESPONDED),
        (b"Precedence: bulk\n\nold", EventKind.AUTORESPONDED),
        (b"X-Autoreply: yes\n\n", EventKind.AUTORESPONDED),
        (b"Auto-Submitted: no\nSubject: hello\n\n", EventKind.INBOUND),
        (b"", EventKind.INBOUND),
        (b"Content-Type: multipart/report; boundary=x\n\n--x\n\n--x--", EventKind.INBOUND),
        (b"Content-Type: multipart/report; report-type=disposition-notification; boundary=x\n\nx", EventKind.INBOUND),
        (b"\xff" * 5000, EventKind.INBOUND),
        (b"Content-Type: message/rfc822\n\n" * 3000, EventKind.UNKNOWN),
    ],
    ids=range(10),
)
def test_what_is_no_bounce_is_not_one(raw: bytes, kind: EventKind) -> None:
    assert {event.kind for event in parse_dsn(raw, NOW)} == {kind}


def test_hostile_fields_are_one_line_without_control_characters() -> None:
    raw = report().replace(b"user unknown", b"\x00\x1b[31m\xe2\x80\xae" + b"x" * 9000)
    (event,) = parse_dsn(raw, NOW)
    assert len(event.mta_response) <= 500
    assert event.mta_response.isprintable()


def test_a_maildir_is_read_once_and_nothing_is_lost_by_a_kill_in_between(tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    for name in ("2", "1", ".hidden"):
        (new / name).write_bytes(name.encode())
    url = f"maildir://{tmp_path}"
    assert [raw for raw, _ in read_mailbox(url)] == [b"1", b"2"]  # nobody let go: they are there still
    for _, let_go in read_mailbox(url):
        let_go()
    assert list(read_mailbox(url)) == []
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["1:2,S", "2:2,S"]


@pytest.mark.parametrize("url", ["pop3://host/x", "imap:///INBOX", "file:///x"])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="SURVEYOR_BOUNCES_URL"):
        list(read_mailbox(url))


def test_a_mailbox_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for url in (f"imap://me:hunter22@127.0.0.1:{port}/INBOX", f"maildir://{tmp_path}/none"):
        with pytest.raises(MailboxError) as told:
            list(read_mailbox(url))
        assert "hunter22" not in str(told.value)


class Imap:
    """An IMAP server of one folder, as far as a bounce reader needs one."""

    def __init__(self, messages: list[bytes]) -> None:
        self.messages: dict[int, bytes] = dict(enumerate(messages, start=11))
        self.flags: dict[int, str] = {}
        self.said: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as wire:
                wire.write(b"* OK ready\r\n")
                wire.flush()
                for line in wire:
                    tag, _, said = line.decode().strip().partition(" ")
                    self.said.append(said)
                    wire.write(self.answer(said) + f"{tag} OK done\r\n".encode())
                    wire.flush()
                    if said == "LOGOUT":
                        break

    def answer(self, said: str) -> bytes:
        words = said.split()
        if words[:2] == ["UID", "SEARCH"]:
            there = [str(uid) for uid in self.messages if uid not in self.flags]
            return f"* SEARCH {' '.join(there)}\r\n".encode()
        if words[:2] == ["UID", "FETCH"]:
            raw = self.messages[int(words[2])]
            return f"* 1 FETCH (UID {words[2]} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        if words[:2] == ["UID", "STORE"]:
            self.flags[int(words[2])] = words[-1]
        if words[0] == "EXPUNGE":
            for uid in [uid for uid, flag in self.flags.items() if "Deleted" in flag]:
                del self.messages[uid]
        return {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", "SELECT": b"* 2 EXISTS\r\n", "LOGOUT": b"* BYE\r\n"}.get(
            words[0], b""
        )


@contextmanager
def imap(messages: list[bytes]) -> Iterator[Imap]:
    server = Imap(messages)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield server
    server.socket.close()
    thread.join(2)


def test_an_imap_folder_is_read_and_what_was_kept_is_deleted() -> None:
    with imap([b"first", b"second"]) as server:
        url = f"imap://me:p%40ss@127.0.0.1:{server.port}/Bounces"
        found = []
        for raw, let_go in read_mailbox(url):
            found.append(raw)
            let_go()
        assert found == [b"first", b"second"]
        assert server.messages == {}
        assert 'SELECT "Bounces"' in server.said
        assert any(said.startswith("LOGIN me") and "p@ss" in said for said in server.said)


def test_an_imap_folder_that_is_to_be_kept_is_marked_as_seen() -> None:
    with imap([b"one"]) as server:
        for _, let_go in read_mailbox(f"imap://me:x@127.0.0.1:{server.port}/?keep=1"):
            let_go()
        assert server.flags == {11: r"(\Seen)"}
        assert list(server.messages) == [11]
