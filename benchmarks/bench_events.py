"""Row 20: provider events, 500 a POST, from the signed body to the ladder, against their rows alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from benchmarks import bench_send, data, databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.delivery import counted
from surveyor.core.emails import RANK, Delivery
from surveyor.db import bulk
from surveyor.db.base import dumps
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email, EmailEvent
from surveyor.flows.apply_provider_batches import apply_provider_batches
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.keep_provider_batch import keep_provider_batch
from surveyor.flows.record_provider_events import record_provider_events
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.jobs.desk import boot_seconds
from surveyor.mail.providers import parse_batch, signature_check
from surveyor.mail.providers.base import Capabilities
from surveyor.testing.sendgrid_server.events import Signer, batch

SIZES = {"small": (6_000, 300), "full": (20_000, 600)}
POST = 500
WINDOW = 300
COLUMNS = (
    "id", "provider", "event_id", "fingerprint", "email_id", "n", "matched_by", "kind", "at", "received_at", "detail",
)  # fmt: skip
SIGNER = Signer()
CHECK = signature_check("sendgrid", (SIGNER.public_key,))
#: What happens to an email, and to how many in a hundred.
FATES = (
    (90, ("processed", "delivered")),
    (5, ("processed", "deferred", "delivered")),
    (3, ("processed", "bounce")),
    (2, ("processed", "blocked")),
)
SAID: dict[str, dict[str, Any]] = {
    "processed": {"event": "processed"},
    "deferred": {"event": "deferred", "response": "421 4.7.0 try again later", "attempt": "0"},
    "delivered": {"event": "delivered", "response": "250 2.0.0 OK 1795082460 ab12-cd34"},
    "bounce": {"event": "bounce", "type": "bounce", "status": "5.2.1", "reason": "550 5.2.1 mailbox disabled"},
    "blocked": {"event": "bounce", "type": "blocked", "status": "4.2.2", "reason": "452 4.2.2 mailbox full"},
}
LADDER = {
    "processed": Delivery.QUEUED,
    "deferred": Delivery.DEFERRED,
    "delivered": Delivery.DELIVERED,
    "bounce": Delivery.BOUNCED_HARD,
    "blocked": Delivery.BOUNCED_SOFT,
}


class Telling(bench_send.Groups):
    """SendGrid as far as sending goes: taken, told of later."""

    name = "sendgrid"
    capabilities = Capabilities(group=20, call_seconds=10, lookup="none", events=True, sandbox=False)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Both engines; emails and signed bodies are made outside of the clock."""
    many, few = SIZES[size]
    for which in databases.engines(engine, "E", "P"):
        yield Case(
            "20",
            which,
            ours,
            limit=limit,
            peer=lambda place: one_by_one(place, few),
            fresh=lambda which=which: ready(which, many),
            done=databases.close,
            check=check,
            servers=lambda which=which: databases.servers(which),
        )


@cache
def sent(engine: str, many: int) -> Place:
    """So many emails sent through a provider that tells, the bodies it will post, and the rows they will be."""
    place = bench_send.due(engine, many)
    now: datetime = place.notes["now"]
    mailer = Mailer(Telling(), bench_send.build, CustomerJourneys(data.KEYS), "bench", boot_seconds)
    send_emails(place.sessions, mailer=mailer, now=lambda: now, limit=1_000_000)
    place.notes |= posts(place, now)
    copy = databases.copy(place)
    copy.notes.update(place.notes)
    try:
        ours(copy)
        check(copy)
        with copy.sessions() as session:
            events = session.execute(select(*(getattr(EmailEvent, name) for name in COLUMNS))).all()
            place.notes["rows"] = [tuple(row) for row in events]
    finally:
        databases.close(copy)
    return place


def posts(place: Place, now: datetime) -> dict[str, Any]:
    """Signed bodies of shuffled, doubled and late events, what is distinct in them, and where each email ends."""
    draw = random.Random(data.SEED)
    with place.sessions() as session:
        rows = session.execute(
            select(Email.id, Customer.email).join(Customer, Customer.id == Email.customer_id).order_by(Email.id)
        ).all()
    fates = [fate for share, fate in FATES for _ in range(share)]
    events, ends = [], {}
    for email_id, address in rows:
        fate = draw.choice(fates)
        ends[email_id] = max((LADDER[what] for what in fate), key=lambda to: RANK[to])
        for n, what in enumerate(fate):
            events.append(_event(email_id, address, what, now + timedelta(seconds=2 + 3 * n)))
    distinct = len(events)
    copies = [{**draw.choice(events), "sg_event_id": f"copy-{n}"} for n in range(distinct // 50)]
    late = copies + [draw.choice(events) for _ in range(distinct // 50)]
    # A provider flushes every half minute: events are out of order within some hundred, copies come at any time.
    places = {id(event): n + draw.random() * WINDOW for n, event in enumerate(events)}
    events.sort(key=lambda event: places[id(event)])
    for one in late:
        events.insert(draw.randrange(len(events) + 1), one)
    at = int(now.timestamp()) + 60
    bodies = [batch(events[start : start + POST]) for start in range(0, len(events), POST)]
    signed = [(SIGNER.headers(raw, at=at), raw) for raw in bodies]
    return {
        "bodies": signed,
        "events": len(events),
        "distinct": distinct,
        "ends": ends,
        "at": now + timedelta(minutes=2),
    }


def _event(email_id: UUID, address: str, what: str, at: datetime) -> dict[str, Any]:
    return {
        "email": address,
        "timestamp": int(at.timestamp()),
        "sg_event_id": f"{what}-{email_id.hex}",
        "sg_message_id": f"{email_id.hex[:22]}.recvd-7d4f9c6b8d-hx2lp-1-69F1A001-2C.0",
        "category": ["invitation"],
        "sv_email": email_id.hex,
        "sv_try": "1",
        **SAID[what],
    }


def ready(engine: str, many: int) -> Place:
    """A copy of its own."""
    place = databases.copy(sent(engine, many))
    place.notes.update(sent(engine, many).notes)
    databases.settle_down(place)
    return place


def ours(place: Place) -> int:
    """Each POST: verified over the raw bytes and stored; then a worker's passes, until nothing waits."""
    now: datetime = place.notes["at"]
    for headers, raw in place.notes["bodies"]:
        if not CHECK(headers, raw, now):
            raise CheckError("a signature of ours was refused")
        keep_provider_batch(place.sessions, "sendgrid", raw, now=now)
    journeys = CustomerJourneys(data.KEYS)
    while apply_provider_batches(place.sessions, journeys=journeys, keys=data.KEYS, now=now).batches:
        pass
    return int(place.notes["events"])


def check(place: Place) -> None:
    """Events stored are the distinct ones, each email is on its highest rung, the ladder is the sum of the tallies."""
    ends: dict[UUID, Delivery] = place.notes["ends"]
    with place.sessions() as session:
        stored = session.scalar(select(func.count()).select_from(EmailEvent))
        found = dict(session.execute(select(Email.id, Email.delivery)).tuples().all())
        names = ("delivered", "bounced_hard", "bounced_soft")
        summed = session.execute(
            text(f"SELECT {', '.join(f'sum({name})' for name in names)} FROM tallies_coarse")
        ).one()
    if stored != place.notes["distinct"]:
        raise CheckError(f"{place.notes['distinct']} distinct events, {stored} stored")
    if found != {email: to.value for email, to in ends.items()}:
        raise CheckError("an email is not on its highest rung")
    wanted = [sum(getattr(counted(to, RANK[to], visited=False), name) for to in ends.values()) for name in names]
    if [int(n or 0) for n in summed] != wanted:
        raise CheckError(f"tallies {[int(n or 0) for n in summed]}, ladder {wanted}")


def limit(place: Place) -> int:
    """The rows of the distinct events alone, into the same table with the same indexes."""
    rows = place.notes["rows"]
    if place.url.startswith("sqlite"):
        with place.sessions.begin() as session:
            bulk.insert(session, EmailEvent, COLUMNS, rows)
        return len(rows)
    with place.engine.begin() as connection:
        cursor = connection.connection.driver_connection.cursor()
        with cursor.copy(f"COPY email_events ({', '.join(COLUMNS)}) FROM STDIN") as out:
            for row in rows:
                out.write_row((*row[:-1], dumps(row[-1])))
    return len(rows)


def one_by_one(place: Place, few: int) -> int:
    """Each event in a transaction of its own, as it comes."""
    now: datetime = place.notes["at"]
    journeys = CustomerJourneys(data.KEYS)
    events = [
        event for _, raw in place.notes["bodies"][: few // POST + 1] for event in parse_batch("sendgrid", raw, now)
    ]
    for event in events[:few]:
        record_provider_events(place.sessions, "sendgrid", [event], journeys=journeys, keys=data.KEYS, now=now)
    return few
