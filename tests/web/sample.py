"""A small network with a year of answers, written straight into the tables: for tests of pages, not of the line."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.tally import Tally
from surveyor.db import network
from surveyor.db.base import new_id
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tallies import Delta, add

REGIONS = {"nord": "Nord", "ouest": "Ouest", "sud": "Sud"}
CITIES = {
    "S1": ("Lille Centre", "nord"),
    "S2": ("Arras", "nord"),
    "S3": ("Nice", "sud"),
    "S4": ("Rennes", "ouest"),
    "S5": ("Nantes", "ouest"),
    "S6": ("Toulon", "sud"),
}
WORDS = {
    "good": [
        "Commande prête à l'heure, équipe souriante, rien à redire.",
        "Très pratique, je gagne une heure chaque semaine.",
        "Produits frais et bien emballés. Merci à la personne du quai 3 !",
    ],
    "mid": [
        "Bien dans l'ensemble, mais deux produits manquaient.",
        "Correct. L'application pourrait être plus claire.",
    ],
    "bad": [
        "Vingt-cinq minutes d'attente au retrait sous la pluie, personne pour prévenir.",
        "Yaourts périmés du lendemain, c'est la deuxième fois.",
    ],
}
REFUSALS = ("COOLDOWN",) * 6 + ("UNSUBSCRIBED", "NO_EMAIL", "HARD_BOUNCE")


@dataclass
class Sample:
    """What was made: responses by store, and canaries of each."""

    stores: dict[str, str]
    responses: int = 0


@dataclass
class Held:
    """Stands where a session stands while the sample is made: rows and counts are kept, then written kind by kind."""

    rows: dict[type, list[Any]] = field(default_factory=lambda: defaultdict(list))
    deltas: list[Delta] = field(default_factory=list)

    def add(self, row: Any) -> None:
        self.rows[type(row)].append(row)

    def flush(self) -> None:
        """Nothing is written before all of it is made."""

    def save(self, session: Any) -> None:
        for kind in (Customer, Order, DecisionRow, Invitation, ResponseRevision, Response):
            session.add_all(self.rows.pop(kind, []))
            session.flush()
        assert not self.rows
        add(session, self.deltas)


def write(sessions: Any, *, today: date, days: int = 400, a_day: int = 6, seed: int = 1) -> Sample:
    """Stores of three regions with about `a_day` decisions a day; the same seed gives the same rows."""
    draw = random.Random(seed)
    sample = Sample({store: name for store, (name, _) in CITIES.items()})
    start = today - timedelta(days=days)
    at = datetime.combine(start, time(8), UTC)
    with sessions.begin() as session:
        network.add_names(
            session,
            now=at,
            brands=["Courses Claires"],
            regions=list(REGIONS),
            segments=["famille", "etudiant", "senior"],
        )
        rows = [
            network.StoreRow(s, name, "Europe/Paris", region, "Courses Claires", "famille", "fr")
            for s, (name, region) in CITIES.items()
        ]
        network.add_stores(session, rows, day=start, now=at)
        held = Held()
        for offset in range(days):
            day = start + timedelta(days=offset)
            for _ in range(draw.randint(a_day - 2, a_day + 2)):
                _decide(held, draw, day=day, sample=sample, today=today)
        held.save(session)
    return sample


def _decide(session: Any, draw: random.Random, *, day: date, sample: Sample, today: date) -> None:
    store = draw.choice([*CITIES, "S1", "S1", "S4"])
    segment = draw.choice(["famille", "famille", "etudiant", "senior"])
    instant = datetime.combine(day, time(draw.randint(8, 19), draw.randint(0, 59)), UTC)
    key = bytes(draw.getrandbits(8) for _ in range(32))
    customer = Customer(
        id=new_id(instant),
        external_id=f"c-{draw.getrandbits(48):x}",
        email=f"c{draw.getrandbits(40):x}@example.fr",
        address_key=key,
        created_at=instant,
    )
    session.add(customer)
    session.flush()
    order_id = f"o-{draw.getrandbits(48):x}"
    session.add(
        Order(
            id=new_id(instant),
            order_id=order_id,
            customer_id=customer.id,
            store_id=store,
            ordered_at=instant,
            fulfilled_at=instant,
            segment=segment,
            source="sample",
            received_at=instant,
        )
    )
    scheduled = draw.random() < 0.55
    reason = None if scheduled else draw.choice(REFUSALS)
    session.add(
        DecisionRow(
            id=new_id(instant),
            customer_id=customer.id,
            order_id=order_id,
            rule_id="standard",
            rule_version=1,
            verdict="SCHEDULED" if scheduled else "SUPPRESSED",
            reason=reason,
            store_id=store,
            segment=segment,
            day=day,
            cause="order",
            facts={},
            decided_at=instant,
        )
    )
    place = {"store_id": store, "segment": segment, "rule_id": "standard", "rule_version": 1}
    _count(session, day, place, {"hits": 1, "scheduled": int(scheduled)}, reason)
    sent_day = day + timedelta(days=2)
    if scheduled and sent_day < today:
        _count(session, day, place, {"went_out": 1})
        _send(session, draw, customer=customer, order_id=order_id, place=place, day=day, sample=sample, today=today)


def _send(
    session: Any,
    draw: random.Random,
    *,
    customer: Any,
    order_id: str,
    place: Any,
    day: date,
    sample: Sample,
    today: date,
) -> None:
    sent_at = datetime.combine(day + timedelta(days=2), time(9), UTC)
    invitation = invite(session, customer=customer, order_id=order_id, place=place, day=day, sent_at=sent_at)
    delivered = draw.random() < 0.975
    visited = delivered and draw.random() < 0.45
    answered = visited and draw.random() < 0.85
    answer_at = sent_at + timedelta(hours=draw.choice([1, 3, 9, 26, 50]))
    if answered and answer_at.date() >= today:
        answered = False
    counts = {"sent": 1, "delivered": int(delivered), "visited": int(visited), "bounced_hard": int(not delivered)}
    verbatim = ""
    score = 0
    if answered:
        lean = {"S3": 1.3, "S4": -0.6, "S5": -0.8}.get(place["store_id"], 0)
        score = max(0, min(10, round(draw.gauss(8.6 - lean, 1.8))))
        tone = "good" if score >= 9 else "mid" if score >= 7 else "bad"
        verbatim = draw.choice(WORDS[tone]) if draw.random() < 0.6 else ""
        counts |= {"responded": 1, "responded_commented": int(bool(verbatim))}
    _count(session, sent_at.date(), place, counts)
    if answered:
        answer(session, invitation=invitation, place=place, score=score, verbatim=verbatim, at=answer_at)
        sample.responses += 1


def invite(session: Any, *, customer: Any, order_id: str, place: Any, day: date, sent_at: datetime) -> UUID:
    """An invitation that was sent."""
    invitation = Invitation(
        id=new_id(sent_at),
        customer_id=customer.id,
        address_key=customer.address_key,
        dedupe_key=order_id,
        snapshot={},
        order_id=order_id,
        zone="Europe/Paris",
        state="sent",
        decision_day=day,
        due_on=sent_at.date(),
        due_at=sent_at,
        sent_at=sent_at,
        sent_day=sent_at.date(),
        expires_at=sent_at + timedelta(days=30),
        key_id="k",
        token_sha256=bytes(16) + new_id(sent_at).bytes,
        created_at=sent_at,
        **place,
    )
    session.add(invitation)
    session.flush()
    return invitation.id


def answer(session: Any, *, invitation: UUID, place: Any, score: int, verbatim: str, at: datetime) -> None:
    """A response that stands, with its tallies."""
    session.add(
        ResponseRevision(
            invitation_id=invitation,
            n=1,
            page="0" * 16,
            content_sha256=bytes(32),
            score=score,
            answers={},
            verbatim=verbatim or None,
            clean=True,
            dwell_ms=9000,
            client_key=bytes(32),
            at=at,
        )
    )
    session.add(
        Response(
            invitation_id=invitation,
            standing=1,
            score=score,
            commented=bool(verbatim),
            answered_at=at,
            day=at.date(),
            questionnaire_version=1,
            updated_at=at,
            **place,
        )
    )
    band = "promoters" if score >= 9 else "passives" if score >= 7 else "detractors"
    counts = {f"score_{score}": 1}
    if verbatim:
        counts |= {"commented": 1, f"commented_{band}": 1}
    _count(session, at.date(), {**place, "questionnaire_version": 1}, counts)


def _count(session: Any, day: date, place: Any, counts: dict[str, int], reason: str | None = None) -> None:
    reasons = {("decision", reason): 1} if reason else {}
    delta = Delta(day=day, counts=Tally(**counts), reasons=reasons, **place)
    if isinstance(session, Held):
        session.deltas.append(delta)
    else:
        add(session, [delta])
