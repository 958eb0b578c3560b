"""Rows 11a and 11b: emails handed over to SendGrid, and from claim to tallies, against the package used as its pages
show it. The server that takes them runs in a process of its own, which counts for nobody: it is in Python."""

from __future__ import annotations

import atexit
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from uuid import UUID, uuid4

import sendgrid
from sendgrid.helpers.mail import Mail
from sqlalchemy import func, select

from benchmarks import bench_send, data, databases, links
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.flows.compose_email import Composer
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.jobs.desk import boot_seconds
from surveyor.mail.build import build_email
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Accepted
from surveyor.mail.providers.sendgrid import Account, SendGridProvider
from surveyor.mail.samples import sample_envelope
from tests.servers import free_port

KEY = "SG.bench-key"
GROUP = 20
#: (emails of ours, emails of the peer)
SIZES = {"small": (2000, 200), "full": (10_000, 600)}


@dataclass
class Desk:
    """Messages that are ready, and a provider; what the server took is asked after."""

    messages: list[Message] = field(default_factory=list)
    provider: SendGridProvider | None = None


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Hand-over by client CPU alone; claim to settle by client and PostgreSQL."""
    many, few = SIZES[size]
    for which in databases.engines(engine, "P"):
        yield Case(
            "11a",
            which,
            hand_over,
            peer=lambda _: plainly(few),
            fresh=lambda: ready(2 * many),
            check=check,
            peer_of=True,
        )
        yield Case(
            "11b",
            which,
            ours,
            peer=lambda place: by_hand(place, few),
            fresh=lambda which=which: bench_send.ready(which, many),
            done=databases.close,
            check=check_settled,
            servers=lambda which=which: databases.servers(which),
            peer_of=True,
        )


def provider(now: datetime = data.NOW) -> SendGridProvider:
    """The product's way to the server."""
    return SendGridProvider(Account(KEY, host=server(), instance="0" * 16), now=lambda: now)


def ready(many: int) -> Desk:
    """So many invitations as they are built, under ids of their own."""
    published, plain = links.published(), links.sample()
    envelope = sample_envelope("invitation", "fr", plain, date=data.NOW)
    given = {name: getattr(envelope, name) for name in envelope.__dataclass_fields__}
    kind = type(envelope)
    messages = [
        build_email(published, plain, kind(**{**given, "email_id": one, "to_address": f"c{number}@bench.example"}))
        for number, one in enumerate(uuid4() for _ in range(many))
    ]
    return Desk(messages, provider())


def hand_over(desk: Desk) -> int:
    """One recipient a request, twenty under way at once."""
    assert desk.provider is not None
    done = 0
    for start in range(0, len(desk.messages), GROUP):
        ended = desk.provider.send_group(desk.messages[start : start + GROUP])
        done += sum(isinstance(one, Accepted) for one in ended)
    desk.provider.close()
    return done


def check(desk: Desk) -> None:
    """The server took each once."""
    taken = _taken()
    for message in desk.messages:
        if taken.get(message.id_text) != 1:
            raise CheckError(f"an email was taken {taken.get(message.id_text, 0)} times")


def plainly(few: int) -> int:
    """The package as its own pages use it: a Mail, a client, send."""
    text, html = (template.render(links.sample()) for template in links.jinja())
    client = sendgrid.SendGridAPIClient(KEY, host=server())
    for number in range(few):
        _mail(client, number, text, html)
    return few


def _mail(client: sendgrid.SendGridAPIClient, number: int, text: str, html: str) -> str:
    mail = Mail(
        from_email=links.SENDER,
        to_emails=f"c{number}@bench.example",
        subject="Votre avis, en une question",
        plain_text_content=text,
        html_content=html,
    )
    answer = client.send(mail)
    if answer.status_code != 202:
        raise CheckError(f"the package was answered {answer.status_code}")
    return str(answer.headers.get("X-Message-Id", ""))


def composer(now: datetime, *, wire: bool) -> Composer:
    """What builds emails of an installation, with the shipped texts."""
    return Composer(
        {("invitation", "fr"): links.published()}, data.KEYS, links.BASE, links.SENDER, lambda: now, wire=wire
    )


def ours(place: Place) -> int:
    """Everything that is due: claimed, built, handed over, settled, counted."""
    now = place.notes["now"]
    way = provider(now)
    mailer = Mailer(way, composer(now, wire=False), CustomerJourneys(data.KEYS), "bench", boot_seconds)
    done = send_emails(place.sessions, mailer=mailer, now=lambda: now, limit=1_000_000)
    way.close()
    return done.sent


def check_settled(place: Place) -> None:
    """Each email due was taken once by the server, accepted and sent."""
    taken = _taken()
    with place.sessions() as session:
        ids = session.scalars(select(Email.id).where(Email.state == "sent")).all()
        accepted = session.scalar(select(func.count()).where(SendAttempt.outcome == "accepted"))
    if {len(ids), accepted} != {place.notes["due"]}:
        raise CheckError(f"due {place.notes['due']}, sent {len(ids)}, accepted {accepted}")
    if any(taken.get(one.hex) != 1 for one in ids):
        raise CheckError("an email was not taken once")


def by_hand(place: Place, few: int) -> int:
    """What one would write: links signed one by one, templates rendered, the package, a row marked and committed."""
    text, html = links.jinja()
    client = sendgrid.SendGridAPIClient(KEY, host=server())
    now: datetime = place.notes["now"]
    with place.sessions() as session:
        due = select(Email.id).where(Email.state == "pending", Email.due_at <= now).order_by(Email.due_at).limit(few)
        ids: list[UUID] = list(session.scalars(due))
    for number, email_id in enumerate(ids):
        about = links.values(number)
        _mail(client, number, text.render(about), html.render(about))
        with place.sessions.begin() as session:
            email = session.get(Email, email_id)
            assert email is not None
            email.state, email.sent_at = "sent", now
    return len(ids)


def _taken() -> dict[str, int]:
    with urllib.request.urlopen(f"{server()}/__test/accepted") as answer:
        return dict(json.load(answer))


@cache
def server() -> str:
    """The address of the server that answers like SendGrid's."""
    port = free_port()
    command = [sys.executable, "-m", "surveyor.testing.sendgrid_server", "--port", str(port), "--key", KEY]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    atexit.register(process.kill)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return f"http://127.0.0.1:{port}"
    raise CheckError("no server")
