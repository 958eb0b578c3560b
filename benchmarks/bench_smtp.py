"""Rows 9 and 10: due emails sent by SMTP from claim to tallies, against a C client that sends the same bytes; and how
much of the waiting behind a slow relay is left."""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache

from sqlalchemy import func, select

from benchmarks import bench_send, data, databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.db.emails import EmailFacts
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.jobs.desk import boot_seconds
from surveyor.mail.message import Message
from surveyor.mail.providers.smtp import Relay, SmtpProvider
from tests.servers import free_port, smtp_sink_path

SIZES = {"small": 2000, "full": 10_000}
CONNECTIONS = 20
DELAY = 0.03
#: As large as a survey email: text, HTML with eleven links, quoted-printable lines of 76.
BODY = b"\r\n".join([b"=C3=A9" * 12 + b"abcd"] * 200) + b"\r\n"


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Client CPU against `smtp-source`; seconds against what waiting alone takes."""
    many = SIZES[size]
    for which in databases.engines(engine, "E", "P"):
        fresh = lambda which=which: bench_send.ready(which, many)  # noqa: E731
        yield Case("9", which, ours, limit=source, fresh=fresh, done=databases.close, check=check)
        few = lambda which=which: bench_send.ready(which, 600)  # noqa: E731
        yield Case("10", which, slowly, limit=waiting, fresh=few, done=databases.close, check=check, wall=True)


def ours(place: Place) -> int:
    """Everything that is due, to postfix's own sink."""
    return _send(place, sink())


def slowly(place: Place) -> int:
    """Everything that is due, to a relay that answers after 30 ms."""
    return _send(place, slow_sink())


def _send(place: Place, port: int) -> int:
    now = place.notes["now"]
    relay = Relay("127.0.0.1", port, tls="none", connections=CONNECTIONS)
    provider = SmtpProvider(relay, now=lambda: now)
    mailer = Mailer(provider, build, CustomerJourneys(data.KEYS), "bench", boot_seconds)
    done = send_emails(place.sessions, mailer=mailer, now=lambda: now, limit=1_000_000)
    provider.close()
    return done.sent


def check(place: Place) -> None:
    """Each email due was accepted once, with what the relay answered as evidence."""
    with place.sessions() as session:
        sent = session.scalar(select(func.count()).where(Email.state == "sent"))
        accepted = select(func.count()).where(SendAttempt.outcome == "accepted", SendAttempt.evidence.like("dot 250%"))
        attempts = session.scalar(accepted)
    if {sent, attempts} != {place.notes["due"]}:
        raise CheckError(f"due {place.notes['due']}, sent {sent}, accepted by the relay {attempts}")


def source(place: Place) -> int:
    """The C client of postfix: the same number of bytes over as many connections; more of them, since it is quick."""
    many = int(place.notes["due"]) * 5
    size = len(wire(place.notes["due"])) - 200
    command = ["smtp-source", "-d", "-s", str(CONNECTIONS), "-m", str(many), "-l", str(size)]
    subprocess.run([*command, f"127.0.0.1:{sink()}"], check=True, capture_output=True)
    return many


def waiting(place: Place) -> int:
    """Two round trips for each group of connections, and nothing else."""
    many = int(place.notes["due"])
    time.sleep(many / CONNECTIONS * 2 * DELAY)
    return many


def wire(about: object) -> bytes:
    """The bytes of an email, as large as a real one."""
    return b"From: s@bench.example\r\nSubject: s\r\nMessage-ID: <" + str(about).encode() + b"@bench>\r\n\r\n" + BODY


def build(facts: EmailFacts) -> Message:
    """A message whose bytes are ready, as the builder hands them over: building has its own row."""
    whole = wire(facts.email_id.hex)
    return Message(
        email_id=facts.email_id,
        attempt=facts.attempt,
        kind=facts.kind,
        address=facts.address,
        name="",
        sender="s@bench.example",
        sender_name="",
        reply_to="",
        subject="s",
        text="t",
        html="h",
        headers=(),
        date="",
        envelope_sender="s@bench.example",
        language="fr",
        wire=whole,
        sha256=hashlib.sha256(whole[: len(whole) // 10]).digest(),  # a tenth of the bytes: see `Message.sha256`
    )


_pids: list[int] = []


def sink_pid() -> int:
    """The process of the sink, started if need be."""
    sink()
    return _pids[0]


@cache
def sink() -> int:
    """The port of postfix's own sink."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([smtp_sink_path(), *user, f"127.0.0.1:{port}", "100"], stderr=subprocess.DEVNULL)
    _pids.append(process.pid)
    atexit.register(process.kill)
    _wait(port)
    return port


@cache
def slow_sink() -> int:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bench_smtp", str(port)])
    atexit.register(process.kill)
    _wait(port)
    return port


def _wait(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise CheckError("no sink")


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A relay with PIPELINING that answers whatever came together after 30 ms."""
    writer.write(b"220 slow\r\n")
    try:
        while chunk := await reader.read(65536):
            answers, body = _answers(chunk), b""
            if answers.endswith(b"354 go\r\n"):
                await asyncio.sleep(DELAY)
                writer.write(answers)
                body = await reader.readuntil(b"\r\n.\r\n")
                answers = b"250 2.0.0 Ok: queued as A1\r\n" if body else b""
            await asyncio.sleep(DELAY)
            writer.write(answers)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


def _answers(commands: bytes) -> bytes:
    said = []
    for line in commands.split(b"\r\n")[:-1]:
        word = line[:4].upper()
        said.append({b"EHLO": b"250-slow\r\n250 PIPELINING\r\n", b"DATA": b"354 go\r\n"}.get(word, b"250 ok\r\n"))
    return b"".join(said)


async def _serve(port: int) -> None:
    server = await asyncio.start_server(_relay, "127.0.0.1", port, limit=1 << 20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
