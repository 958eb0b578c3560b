"""Row 22: claim, intent and settle of due emails in groups of 20, against the same rows written unguarded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from benchmarks import data, databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.db import bulk
from surveyor.db.emails import EmailFacts
from surveyor.db.tables.customers import CustomerState
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.tallies import CoarseTally, FineTally
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.record_orders import record_orders
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.ingest.payload import read_event
from surveyor.jobs.desk import boot_seconds
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Accepted, Capabilities
from surveyor.mail.providers.memory import MemoryProvider

SIZES = {"small": 2000, "full": 10_000}
GROUP = 20


class Groups(MemoryProvider):
    """The memory provider with the group of a provider that carries emails."""

    capabilities = Capabilities(group=GROUP, call_seconds=10, lookup="exact", events=False, sandbox=False)

    def send(self, message: Message) -> Accepted:
        """Taken, under a name as long as SendGrid's."""
        super().send(message)
        return Accepted(message.id_text[:22], "202")


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Both engines; the emails are made by the line itself, outside of the clock."""
    many = SIZES[size]
    for which in databases.engines(engine, "E", "P"):
        yield Case(
            "22",
            which,
            ours,
            limit=limit,
            fresh=lambda which=which: ready(which, many),
            fresh_limit=lambda which=which: final(which, many),
            done=databases.close,
            check=check,
            servers=lambda which=which: databases.servers(which),
        )


def due(engine: str, many: int) -> Place:
    """A database with so many invitations due, and the instant at which they are."""
    place = databases.fresh(engine)
    for number in (0, 1):
        at = data.START + timedelta(days=number)
        for start in range(0, many, data.BATCH):
            batch = [_event(customer, number, at) for customer in range(start, min(many, start + data.BATCH))]
            now = at + timedelta(hours=1)
            record_orders(place.sessions, batch, source="bench", now=now, keys=data.KEYS)
    with place.sessions() as session:
        place.notes["now"] = session.scalar(select(func.max(Email.due_at)))
        place.notes["due"] = session.scalar(select(func.count()).where(Email.state == "pending"))
    return place


def ready(engine: str, many: int) -> Place:
    """A database with so many invitations due, at rest."""
    place = due(engine, many)
    databases.settle_down(place)
    return place


def ours(place: Place) -> int:
    """Everything that is due, as a worker sends it."""
    now: datetime = place.notes["now"]
    mailer = Mailer(Groups(), build, CustomerJourneys(data.KEYS), "bench", boot_seconds)
    place.notes["handed"] = mailer.provider
    done = send_emails(place.sessions, mailer=mailer, now=lambda: now, limit=1_000_000)
    return done.sent


def check(place: Place) -> None:
    """Handed over once each: accepted attempts are the emails sent, and all that was due was."""
    with place.sessions() as session:
        sent = session.scalar(select(func.count()).where(Email.state == "sent"))
        attempts = session.scalar(select(func.count()).where(SendAttempt.outcome == "accepted"))
        tallied = session.scalar(text("SELECT sum(went_out) FROM tallies_coarse"))
    handed = [message.email_id for message in place.notes["handed"].sent]
    found = {sent, attempts, int(tallied or 0), len(handed), len(set(handed))}
    if found != {place.notes["due"]}:
        raise CheckError(f"due {place.notes['due']}, but sent, attempts, tallies, handed over: {sorted(found)}")


def final(engine: str, many: int) -> Place:
    """A database with so many invitations due, and the rows that `ours` would leave in it: made on a copy."""
    place = due(engine, many)
    copy = databases.copy(place)
    try:
        ours(copy)
        check(copy)
        with copy.sessions() as session:
            place.notes["rows"] = {table: _rows(session, table, columns) for table, columns in CHANGED.items()}
    finally:
        databases.close(copy)
    databases.settle_down(place)
    return place


#: What sending changes: table -> (key, columns that get other values); of attempts and tallies whole rows are new.
CHANGED: dict[Any, tuple[tuple[str, ...], tuple[str, ...]]] = {
    SendAttempt: (
        ("email_id", "n"),
        ("provider", "outcome", "intent_at", "settled_at", "evidence", "provider_ref"),
    ),
    Email: (
        ("id",),
        ("state", "fence", "attempts", "sent_at", "body_sha256", "delivery", "delivery_rank"),
    ),
    Invitation: (("id",), ("state", "sent_at", "asked_at", "sent_day", "expires_at")),
    CustomerState: (("customer_id",), ("state", "updated_at")),
    FineTally: (
        ("day", "store_id", "rule_id", "rule_version", "segment", "questionnaire_version"),
        ("went_out", "sent", "delivered"),
    ),
    CoarseTally: (("day", "store_id"), ("went_out", "sent", "delivered")),
}
#: The rows that sending touches, of tables where others stand beside them.
TOUCHED = {Email: Email.state == "sent", Invitation: Invitation.state == "sent"}


def _rows(session: Any, table: Any, columns: tuple[tuple[str, ...], tuple[str, ...]]) -> list[tuple[Any, ...]]:
    names = [getattr(table, name) for part in columns for name in part]
    query = select(*names).order_by(*names[: len(columns[0])])
    if table in TOUCHED:
        query = query.where(TOUCHED[table])
    return [tuple(row) for row in session.execute(query)]


def limit(place: Place) -> int:
    """The same final rows, in one transaction that guards nothing."""
    rows = place.notes["rows"]
    with place.sessions.begin() as session:
        for table, (keys, columns) in CHANGED.items():
            if table in (FineTally, CoarseTally):
                sets = ", ".join(f"{name} = excluded.{name}" for name in columns)
                conflict = f"({', '.join(keys)}) DO UPDATE SET {sets}"
                bulk.insert(session, table, (*keys, *columns), rows[table], conflict=conflict)
            elif table is SendAttempt:
                bulk.insert(session, table, (*keys, *columns), rows[table])
            else:
                bulk.update(session, table, keys, columns, rows[table])
    return len(rows[SendAttempt])


def build(facts: EmailFacts) -> Message:
    """The smallest message: building has its own row."""
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
    )


def _event(customer: int, number: int, at: datetime) -> Any:
    item = {
        "event_id": f"{number}-{customer}",
        "type": "order.completed",
        "customer_id": f"c{customer}",
        "email": f"c{customer}@bench.example",
        "store_id": f"S{customer % 20}",
        "ordered_at": at.isoformat(),
    }
    return read_event(item, now=data.NOW)
