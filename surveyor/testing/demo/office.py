"""What came to the office of the demonstration: its last reports, an old tool's answers, deliveries of no use."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from surveyor.app import build_services
from surveyor.core.mapping import guess
from surveyor.core.reports.editions import KINDS, due
from surveyor.errors import Refused
from surveyor.flows.import_lines import Means, Options, import_lines
from surveyor.flows.import_lines.kinds import PastAnswers
from surveyor.flows.keep_unusable import hook_name, keep_unusable
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.flows.queue_reports import queue_reports
from surveyor.flows.simulate_deliveries import simulate_deliveries
from surveyor.ingest.files import first_rows
from surveyor.ingest.hooked import read_hook
from surveyor.jobs import desk
from surveyor.jobs.timelapse import VirtualClock
from surveyor.mail.providers.outbox import OutboxProvider
from surveyor.services import Services
from surveyor.settings import Settings
from surveyor.testing.demo.shard import Plan
from surveyor.testing.network import places

#: A shop whose deliveries are signed; two of them had nothing to decide upon, so many hours ago.
SHOP = NewSource("boutique", "shopify", "soft_opt_in", "Nous vous demanderons votre avis après vos commandes.")
UNUSABLE = (
    (52, b'{"id": 5402118, "name": "#1042", "email": "lea.garnier@exemple.example", "total_price": "64.20"}'),
    (7, b'{"id": 5402131, "name": "#1055", "created_at": "2026-'),
)
#: Answers that another tool had collected.
PAST = 300
TOPIC = "orders/create"
#: When mailboxes answer, after a sending.
TOLD_AFTER = timedelta(seconds=70)


def open_office(settings: Settings, plan: Plan, sessions: Any, outbox: Path) -> None:
    """Send the reports that were due last, and keep what could not be used, as an installation does by itself."""
    provider = OutboxProvider(outbox, synced=False)
    clock = VirtualClock(min(due(kind, plan.now, settings.time_zone).at for kind in KINDS))
    services = build_services(settings, now=clock, sessions=sessions, read_sessions=sessions, provider=provider)
    for at in sorted(due(kind, plan.now, settings.time_zone).at for kind in KINDS):
        clock.go(at)
        _report(services, clock)
    _deliver(services, plan.now)
    _import(services, plan, outbox.parent / "ancien-outil.csv")
    now, scopes = plan.now - timedelta(days=60), ("indicators:read",)
    make_key(sessions, name="tableau-de-bord", scopes=scopes, now=now, actor="host")


def _import(services: Services, plan: Plan, file: Path) -> None:
    """What a tool before this one had asked, in the half year before the first order."""
    draw, stores = Random(f"past {plan.seed}"), [one.id for one in places()]
    with file.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, delimiter=";")
        write.writerow(("id", "magasin", "date", "note", "commentaire"))
        for number in range(PAST):
            day = (plan.start - timedelta(days=draw.randint(2, 180))).date()
            score = draw.choices(range(11), (2, 1, 1, 2, 2, 5, 6, 14, 24, 22, 21))[0]
            write.writerow((f"A{number:05}", draw.choice(stores), day.isoformat(), score, ""))
    columns, first = first_rows(file, encoding="utf-8")
    kind = PastAnswers(replace(guess(columns, first), source="ancien-outil"), services.keyring)
    means, at = Means(services.sessions, services.settings.time_zone), plan.now - timedelta(days=60)
    import_lines(kind, file, means, options=Options("utf-8"), now=lambda: at)


def _report(services: Services, clock: VirtualClock) -> None:
    """What a minute of the clock and of a worker does with the reports that are due now."""
    zone = services.settings.time_zone
    queue_reports(services.sessions, keys=services.keyring, zone=zone, now=clock())
    desk.drain(services, desk.mailer(services, owner="demo"), seconds=3600.0)
    told = clock.go(clock() + TOLD_AFTER)
    journeys = desk.journeys(services)
    simulate_deliveries(services.sessions, services.provider.name, journeys=journeys, keys=services.keyring, now=told)


def _deliver(services: Services, now: datetime) -> None:
    """As `web/hooks` takes a delivery whose signature is good."""
    add_source(services.sessions, SHOP, keys=services.keyring, now=now - timedelta(days=90), actor="host")
    for hours, raw in UNUSABLE:
        at = now - timedelta(hours=hours)
        try:
            read_hook(SHOP.kind, raw, topic=TOPIC, source=SHOP.name, now=at)
        except Refused as refused:
            why, name = refused.complaints[0].message_en, hook_name(TOPIC, raw)
            keep_unusable(services.sessions, source=SHOP.name, raw=raw, why=why, now=at, name=name)
