"""Row 36: the monthly reports of 200 stores as HTML, from the database on, against the same template with constants."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import insert, text

from benchmarks import databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.periods import Period
from surveyor.core.reports.report import Report
from surveyor.core.scope import Scope
from surveyor.db import network
from surveyor.db.base import new_ids
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.tallies import CoarseTally, FineTally
from surveyor.flows.close_months import close_months
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice import open_book, write_voice
from surveyor.web.reports.files import as_html

STORES, REGIONS = 200, 10
#: Answers of a store in a month: with a comment one time in three, an order behind each.
ANSWERS = {"small": 40, "full": 400}
MONTH, TODAY = Period.parse("2026-10", date(2026, 11, 4)), date(2026, 11, 4)
MONTHS = 13
SEGMENTS = ("famille", "etudiant", "senior")
SAID = ("Commande prête à l'heure, équipe souriante.", "Deux produits manquaient.", "Attente trop longue au retrait.")


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Both engines; nothing is written, so that every round reads the same database."""
    for which in databases.engines(engine, "E", "P"):
        yield Case(
            "36",
            which,
            made,
            limit=constants,
            fresh=lambda which=which: filled(which, ANSWERS[size]),
            check=check,
            servers=lambda which=which: databases.servers(which),
            cost=True,
        )


def reports(place: Place) -> list[Report]:
    """The report of each store, out of one book."""
    found = []
    with place.sessions() as session:
        book = open_book(session, MONTH, today=TODAY, zone="Europe/Paris", delivery_events=True)
        for store, name in place.notes["stores"]:
            scope = Scope.of(stores=(store,))
            asked = Asked(scope, (scope,), name, TODAY, "store")
            found.append(write_voice(session, book, asked, scope=f"store:{store}"))
    return found


def made(place: Place) -> int:
    """From the database to HTML."""
    return sum(bool(as_html(one)) for one in reports(place))


def constants(place: Place) -> int:
    """The same pages, nothing left to find out."""
    if "reports" not in place.notes:
        place.notes["reports"] = reports(place)
    return sum(bool(as_html(one)) for one in place.notes["reports"])


def check(place: Place) -> None:
    """Every store has its own score, and all of them together are what the tallies say."""
    found = reports(place)
    subjects = {one.subject for one in found}
    if len(found) != STORES or len(subjects) != STORES:
        raise CheckError(f"{len(found)} reports with {len(subjects)} subjects for {STORES} stores")
    wanted = f"{place.notes['answers']} réponses"
    silent = [one.subject for one in found if wanted not in one.lead or not one.quotes]
    if silent:
        raise CheckError(f"{len(silent)} reports without their answers or their words")


@cache
def filled(which: str, each: int) -> Place:
    """Thirteen months of tallies of 200 stores, and the rows behind the last one."""
    place = databases.fresh(which)
    draw = random.Random(36)
    start = datetime.combine(date(2025, 10, 1), time(8), UTC)
    stores = [(f"S{n:03d}", f"Magasin {n:03d}") for n in range(STORES)]
    place.notes |= {"stores": stores, "answers": each}
    with place.sessions.begin() as session:
        regions = [f"R{n}" for n in range(REGIONS)]
        network.add_names(session, now=start, brands=["Maison"], regions=regions, segments=list(SEGMENTS))
        rows = [
            network.StoreRow(key, name, "Europe/Paris", regions[n % REGIONS], "Maison", SEGMENTS[0], "fr")
            for n, (key, name) in enumerate(stores)
        ]
        network.add_stores(session, rows, day=start.date(), now=start)
    with place.engine.begin() as connection:
        for store, _ in stores:
            _answers(connection, draw, store, each)
            _tallies(connection, draw, store, each)
    close_months(place.sessions, now=datetime(2026, 11, 4, 4, tzinfo=UTC), zone="Europe/Paris")
    with place.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if which == "P" else "ANALYZE"))
    return place


def _tallies(connection: Any, draw: random.Random, store: str, each: int) -> None:
    """One row a day for the months before, and the month itself as its rows say."""
    coarse, fine = [], []
    for day in range((MONTH.first - date(2025, 10, 1)).days):
        n = each // 30 + draw.randrange(3)
        scores = {f"score_{score}": draw.randrange(n + 1) for score in (3, 8, 10)}
        sent = {"sent": 4 * n, "delivered": 4 * n, "visited": 2 * n, "responded": n}
        coarse.append({"day": date(2025, 10, 1) + timedelta(days=day), "store_id": store} | scores | sent)
    connection.execute(insert(CoarseTally), coarse)
    place = "segment", "rule_id", "rule_version", "questionnaire_version"
    fine = [
        {"day": MONTH.first, "store_id": store, **dict(zip(place, (segment, "std", 1, 1), strict=True))}
        | {"score_10": each // 6, "score_3": each // 9}
        for segment in SEGMENTS
    ]
    connection.execute(insert(FineTally), fine)


def _answers(connection: Any, draw: random.Random, store: str, each: int) -> None:
    at = datetime.combine(MONTH.first, time(10), UTC)
    ids = new_ids(at, each)
    customers, invitations, orders, responses, revisions = [], [], [], [], []
    scores = [0] * 11
    for n, key in enumerate(ids):
        instant = at + timedelta(hours=(n * 700) // each)
        segment, score = draw.choice(SEGMENTS), draw.choice((2, 5, 7, 8, 9, 10, 10))
        scores[score] += 1
        address = key.bytes * 2
        common = {"store_id": store, "segment": segment, "rule_id": "std", "rule_version": 1}
        customers.append(
            {
                "id": key,
                "external_id": key.hex,
                "email": f"{key.hex}@example.fr",
                "address_key": address,
                "created_at": at,
            }
        )
        orders.append(
            {
                "id": key,
                "order_id": key.hex,
                "customer_id": key,
                "store_id": store,
                "segment": segment,
                "ordered_at": instant,
                "ordered_offset": 60,
                "received_at": instant,
                "source": "b",
            }
        )
        invitations.append(
            {
                **common,
                "id": key,
                "customer_id": key,
                "address_key": address,
                "dedupe_key": key.hex,
                "snapshot": {},
                "order_id": key.hex,
                "zone": "Europe/Paris",
                "state": "sent",
                "decision_day": instant.date(),
                "due_on": instant.date(),
                "due_at": instant,
                "sent_at": instant,
                "sent_day": instant.date(),
                "key_id": "k",
                "token_sha256": address,
                "created_at": instant,
            }
        )
        said = SAID[n % 3] if n % 3 == 0 else None
        responses.append(
            {
                **common,
                "invitation_id": key,
                "standing": 1,
                "score": score,
                "commented": said is not None,
                "answered_at": instant,
                "day": instant.date(),
                "questionnaire_version": 1,
                "updated_at": instant,
            }
        )
        revisions.append(
            {
                "invitation_id": key,
                "n": 1,
                "page": "p",
                "content_sha256": address,
                "score": score,
                "answers": {},
                "verbatim": said,
                "clean": True,
                "dwell_ms": 9000,
                "client_key": address,
                "at": instant,
            }
        )
    rows = ((Customer, customers), (Order, orders), (Invitation, invitations), (Response, responses))
    for table, values in (*rows, (ResponseRevision, revisions)):
        connection.execute(insert(table), values)
    counts = {f"score_{score}": n for score, n in enumerate(scores)}
    connection.execute(insert(CoarseTally), [{"day": MONTH.first, "store_id": store, "commented": each // 3} | counts])
