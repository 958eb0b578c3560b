"""Row 12: invitations to sent by SMTP, built from the shipped texts, against django-post_office on the same server with
the same text, headers and sink. The CPU of client, PostgreSQL and sink counts for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from benchmarks import bench_send, bench_smtp, databases, post_office
from benchmarks.bench_sendgrid import composer
from benchmarks.data import KEYS
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.jobs.desk import boot_seconds
from surveyor.mail.providers.smtp import Relay, SmtpProvider

#: (emails of ours, emails of the peer)
SIZES = {"small": (2000, 600), "full": (10_000, 600)}


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """PostgreSQL, as the row says; the peer is an extra and absent without it."""
    many, few = SIZES[size]
    for which in databases.engines(engine, "P"):
        yield Case(
            "12",
            which,
            ours,
            peer=None if post_office.missing() else lambda place: theirs(place, few),
            fresh=lambda which=which: bench_send.ready(which, many),
            done=databases.close,
            check=bench_smtp.check,
            servers=lambda which=which: [*databases.servers(which), bench_smtp.sink_pid()],
            peer_of=True,
        )


def ours(place: Place) -> int:
    """Everything that is due, from claim to tallies."""
    now = place.notes["now"]
    provider = SmtpProvider(
        Relay("127.0.0.1", bench_smtp.sink(), tls="none", connections=bench_smtp.CONNECTIONS), now=lambda: now
    )
    mailer = Mailer(provider, composer(now, wire=True), CustomerJourneys(KEYS), "bench", boot_seconds)
    done = send_emails(place.sessions, mailer=mailer, now=lambda: now, limit=1_000_000)
    provider.close()
    return done.sent


def theirs(_place: Place, few: int) -> int:
    """Queue and send."""
    sent = _office()(few)
    if sent != few:
        raise CheckError(f"django-post_office sent {sent} of {few}")
    return sent


@cache
def _office() -> Callable[[int], int]:
    return post_office.make(databases.empty_postgres(), bench_smtp.sink())
