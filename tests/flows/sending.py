"""A small network with invitations that are due, a provider that does what it is told, rules that let go."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.emails import domain_group
from surveyor.core.guard import installation_name
from surveyor.core.pace import NO_PACE, Pace
from surveyor.core.rules import Rule, to_plain
from surveyor.core.tokens import Keyring, Purpose, digest, keys
from surveyor.db.base import new_id
from surveyor.db.tables.customers import Customer, CustomerState
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tallies import Delta
from surveyor.flows.send_emails import EmailFacts, End, Go, Mailer, Verdict
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Absent, Accepted, Capabilities, Found

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEYRING: Keyring = keys([bytes(range(32))])
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """A customer with a scheduled invitation and its email."""

    customer_id: UUID
    invitation_id: UUID
    email_id: UUID
    address: str
    address_key: bytes
    survey_token: str
    unsubscribe_token: str


def open_network(sessions: Any, *, sending: str = "released") -> None:
    """One installation, one brand, one store in Lille."""
    with sessions.begin() as session:
        session.add(
            Instance(id=1, name=installation_name("http://127.0.0.1"), pepper_id=KEYRING.newest_id, sending=sending)
        )
        session.add(Brand(id="maison", name="Maison", created_at=NOW))
        session.flush()
        session.add(Store(id="lille", name="Lille", zone="Europe/Paris", brand_id="maison", created_at=NOW))


def schedule(
    sessions: Any, *, due_at: datetime = NOW, address: str = "", rule: Rule | None = None, kind: str = "invitation"
) -> Asked:
    """One customer more, asked at `due_at`."""
    number = next(_numbers)
    address = address or f"customer{number}@example.org"
    rule = rule or Rule("std")
    customer_id, invitation_id, email_id = (new_id(NOW) for _ in range(3))
    key = KEYRING.address_key(address)
    survey = KEYRING.token(Purpose.SURVEY, invitation_id)
    unsubscribe = KEYRING.token(Purpose.UNSUBSCRIBE, email_id)
    with sessions.begin() as session:
        session.add(
            Customer(
                id=customer_id,
                external_id=f"c{number}",
                email=address,
                address_key=key,
                first_name="Zoé",
                language="fr",
                created_at=NOW,
            )
        )
        session.flush()
        session.add(CustomerState(customer_id=customer_id, address_key=key, state="{}", updated_at=NOW))
        session.add(
            Invitation(
                id=invitation_id,
                customer_id=customer_id,
                address_key=key,
                dedupe_key=f"order:{rule.id}:o{number}",
                rule_id=rule.id,
                rule_version=1,
                snapshot=to_plain(rule),
                order_id=f"o{number}",
                store_id="lille",
                segment="family",
                zone="Europe/Paris",
                language="fr",
                decision_day=date(2026, 10, 31),
                due_on=due_at.date(),
                due_at=due_at,
                key_id=KEYRING.newest_id,
                token_sha256=digest(survey),
                created_at=NOW,
            )
        )
        session.flush()
        session.add(
            Email(
                id=email_id,
                kind=kind,
                priority=5 if kind == "invitation" else 6,
                invitation_id=invitation_id,
                dedupe_key=f"{kind}:{invitation_id.hex}",
                customer_id=customer_id,
                address_key=key,
                domain_group=domain_group(address),
                due_at=due_at,
                expires_at=due_at + timedelta(days=3),
                key_id=KEYRING.newest_id,
                unsubscribe_sha256=digest(unsubscribe),
            )
        )
    return Asked(customer_id, invitation_id, email_id, address, key, survey, unsubscribe)


@dataclass
class Free:
    """Rules that let everybody go but for whom they are told; they remember how invitations ended."""

    verdicts: dict[UUID, Verdict] = field(default_factory=dict)
    ends: list[End] = field(default_factory=list)

    def begin(self, session: Any, emails: Collection[Any], *, now: datetime, known: Any = None) -> Free:
        return self

    def confirm(self, email: Any) -> Verdict:
        return self.verdicts.get(email.email_id, Go())

    def ended(self, end: End) -> None:
        self.ends.append(end)

    def keep(self) -> list[Delta]:
        return []


@dataclass
class Scripted:
    """A provider in memory: accepts, unless a script says what the n-th call does."""

    group: int = 20
    events: bool = False
    script: dict[int, BaseException] = field(default_factory=dict)
    on_call: Callable[[Message], None] | None = None
    name: str = "memory"
    at_once: int = 1

    def __post_init__(self) -> None:
        self.accepted: list[Message] = []
        self.calls: list[UUID] = []
        self.probes = 0
        self.probe_error: BaseException | None = None
        self._lock = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.group, 10, "exact", self.events, False, self.at_once)

    def send(self, message: Message) -> Accepted:
        with self._lock:
            self.calls.append(message.email_id)
            number = len(self.calls)
        if self.on_call is not None:
            self.on_call(message)
        error = self.script.get(number)
        if error is not None:
            raise error
        with self._lock:
            self.accepted.append(message)
        return Accepted(f"ref-{message.email_id.hex}", "accepted")

    def probe(self) -> None:
        self.probes += 1
        if self.probe_error is not None:
            raise self.probe_error

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Found | Absent:
        if any(message.email_id == email_id for message in self.accepted):
            return Found(email_id.hex, "in the list")
        return Absent("not in the list")

    def verify(self, headers: Any, raw: bytes) -> bool:
        return False

    def parse(self, raw: bytes) -> list[Any]:
        return []

    def close(self) -> None:
        pass


def build(facts: EmailFacts) -> Message:
    """A message without a template."""
    return Message(
        email_id=facts.email_id,
        attempt=facts.attempt,
        kind=facts.kind,
        address=facts.address,
        name=facts.first_name,
        sender="survey@example.com",
        sender_name=facts.brand.name,
        reply_to="",
        subject=f"{facts.store.name}?",
        text="0 to 10",
        html="<p>0 to 10</p>",
    )


class Ticks:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def mailer(
    provider: Any,
    *,
    journeys: Any = None,
    ticks: Any = None,
    owner: str = "worker",
    built: Any = build,
    pace: Pace = NO_PACE,
) -> Mailer:
    """A worker's mailer."""
    return Mailer(provider, built, journeys or Free(), owner, ticks or Ticks(), pace)


def row(sessions: Any, table: Any, key: Any) -> Any:
    """One row as it is now."""
    with sessions() as session:
        return session.get(table, key)
