"""One part of the demonstration's customers, lived from their first order to today in a database of its own."""

from __future__ import annotations

import csv
import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.app import build_services
from surveyor.core.guard import installation_name
from surveyor.core.tokens import key_id
from surveyor.db import cases, migrations, reference
from surveyor.db.emails import EmailFacts
from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.beat import beat
from surveyor.flows.compose_email import Composer
from surveyor.flows.import_reference import import_stores
from surveyor.flows.manage_users import HOST, add_user
from surveyor.flows.publish_rules import publish_first
from surveyor.ingest.payload import read_event
from surveyor.jobs.timelapse import Lived, Received, VirtualClock, live
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Accepted
from surveyor.mail.providers.outbox import OutboxProvider
from surveyor.mail.published import load_folder
from surveyor.services import Services
from surveyor.settings import Settings
from surveyor.shipped import shipped
from surveyor.testing.demo.colleagues import Staffed, put_in_writing
from surveyor.testing.demo.people import STAFF
from surveyor.testing.demo.trial import acts
from surveyor.testing.network import BRAND_COLOURS, BRANDS, REGIONS, SEGMENTS, Shopper, order_events, places, shoppers

ZONE = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the demonstration is, and what it ends at. written: emails of so many last days become files."""

    now: datetime
    seed: int = 2026
    customers: int = 6000
    days: int = 425
    written: int = 3
    per_region: int = 8

    @property
    def start(self) -> datetime:
        """The first day."""
        return self.now - timedelta(days=self.days)

    def people(self) -> list[Shopper]:
        """Everybody."""
        stores = places(seed=self.seed, per_region=self.per_region)
        start, end = self.start.date(), self.now.date()
        return shoppers(stores, count=self.customers, start=start, end=end, seed=self.seed)


class RecentOutbox(OutboxProvider):
    """The outbox of a network that has existed for a year: only the emails since an instant are still there."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime], since: datetime) -> None:
        super().__init__(folder, synced=False)
        self._clock, self._since = clock, since

    def send(self, message: Message) -> Accepted:
        """See `Provider.send`; an older email is accepted and not kept."""
        if self._clock() < self._since:
            return Accepted(message.id_text, "before this outbox")
        return super().send(message)


def live_shard(
    settings: Settings, plan: Plan, *, folder: Path, part: tuple[int, int], on_progress: Callable[[int], None]
) -> Lived:
    """Live the customers of one part (number, of how many) into `folder`; the first one makes what all share."""
    gc.set_threshold(50_000, 20, 100)  # a short life that makes many small things: look after them rarely
    number, parts = part
    first = number == 0
    clock = VirtualClock(plan.start - timedelta(days=1))
    engine = make_engine(f"sqlite:///{folder / f'{number}.db'}", durable=False)
    migrations.upgrade(engine)
    sessions = make_sessions(engine)
    services = _services(settings, plan, clock, sessions, folder / "outbox")
    _found(services, settings, clock(), folder, first=first)
    people = plan.people()[number::parts]
    lived = live(
        services,
        _received(people, plan),
        source="demo",
        people=Staffed(people, seed=plan.seed, acts=acts(plan.start, plan.now, first=first)),
        until=plan.now,
        on_progress=on_progress,
    )
    if first:
        put_in_writing(sessions, start=plan.start, now=plan.now)
        _beat(services, settings, plan.now, lived_since=1)
    engine.dispose()
    return lived


def count_events(plan: Plan) -> int:
    """How many events the demonstration has, for a bar: an estimate that the generator's rhythms keep."""
    return round(plan.customers * plan.days * 0.01705)


def _services(settings: Settings, plan: Plan, clock: VirtualClock, sessions: Any, outbox: Path) -> Services:
    since = plan.now - timedelta(days=plan.written)
    provider = RecentOutbox(outbox, clock=clock, since=since)
    services = build_services(
        settings, now=clock, sessions=sessions, read_sessions=sessions, provider=provider, build=lambda facts: None
    )
    plain, whole = (_composer(settings, services, clock, wire=wire) for wire in (False, True))

    def build(facts: EmailFacts) -> Message:
        return (whole if clock() >= since else plain)(facts)

    return build_services(
        settings, now=clock, sessions=sessions, read_sessions=sessions, provider=provider, build=build
    )


def _composer(settings: Settings, services: Services, clock: VirtualClock, *, wire: bool) -> Composer:
    def reply(email_id: UUID) -> Any:
        with services.sessions() as session:
            return cases.of_email(session, email_id)

    return Composer(
        emails=load_folder(shipped("emails")),
        keyring=services.keyring,
        base_url=settings.base_url,
        sender=settings.sender,
        now=clock,
        language=settings.language,
        wire=wire,
        replies=reply,
    )


def _found(services: Services, settings: Settings, now: datetime, folder: Path, *, first: bool) -> None:
    """Rules, stores and staff, before the first order."""
    _beat(services, settings, now)
    publish_first(services.sessions, shipped("rules.toml").read_text(encoding="utf-8"), now=now)
    file = folder / f"stores-{os.getpid()}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out)
        write.writerow("store_id name city region region_name brand brand_name zone language".split())
        for place in places():
            region, brand = REGIONS[place.region], BRANDS[place.brand]
            write.writerow((place.id, place.name, place.city, place.region, region, place.brand, brand, ZONE, "fr"))
    import_stores(services, file, encoding="utf-8", now=now)
    file.unlink()
    with services.sessions.begin() as session:
        reference.name_all(session, now=now, segments=SEGMENTS)
        for brand, name in BRANDS.items():
            address = f"{name}, 1 place du Marché, 59000 Lille, France"
            reference.describe_brand(session, brand, postal_address=address, colours=BRAND_COLOURS[brand])
    for user in STAFF:
        add_user(services.sessions, user=user, by=HOST, now=now)


def _beat(services: Services, settings: Settings, now: datetime, *, lived_since: int | None = None) -> None:
    """Beat as the clock does. lived_since: the epoch that the last beat counted; nobody else was there to see it."""
    name, pepper = installation_name(settings.base_url), key_id(services.keyring.pepper)
    beat(services.sessions, name=name, pepper_id=pepper, witnesses=(lived_since,), now=now)


def _received(people: list[Shopper], plan: Plan) -> Iterator[Received]:
    for event in order_events(people, seed=plan.seed, until=plan.now):
        at = datetime.fromisoformat(event.pop("received_at"))
        yield at, read_event(event, now=plan.now)
