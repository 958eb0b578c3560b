"""The network of the golden inputs: three stores, a survey with four questions, and links in every state."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.rules import Rule, to_plain
from surveyor.core.surveys import DEFAULT_SURVEY, Choice, Kind, Question, Survey, Words
from surveyor.core.surveys import to_plain as survey_to_plain
from surveyor.core.tokens import Purpose, digest
from surveyor.db import network
from surveyor.db.base import new_id
from surveyor.db.tables.customers import Customer, CustomerState
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.rules import Questionnaire
from surveyor.flows.record_response import page_nonce
from surveyor.services import Services

_numbers = itertools.count(1)

GOLDEN_SURVEY = Survey(
    "nps",
    Words("Avis", "Opinion"),
    (
        DEFAULT_SURVEY.questions[0],
        Question("q_wait", Kind.STARS, Words("L'attente", "The wait")),
        Question(
            "q_channel",
            Kind.CHOICE,
            Words("Où avez-vous commandé ?", "Where did you order?"),
            required=True,
            choices=(
                Choice("web", Words("Sur le site", "On the website")),
                Choice("shop", Words("En magasin", "In the store")),
                Choice("app", Words("Dans l'application", "In the app")),
            ),
        ),
        DEFAULT_SURVEY.questions[1],
    ),
)


@dataclass(frozen=True)
class Sent:
    """An invitation that was sent, with its two links."""

    customer: str
    invitation_id: UUID
    email_id: UUID
    survey: str
    unsubscribe: str
    store_id: str


def open_network(here: Services, *, questionnaire: Survey = GOLDEN_SURVEY) -> None:
    """Stores S1 and S2 in the north, S3 in the south; one brand; the survey."""
    now = here.now()
    with here.sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=here.keyring.newest_id))
        session.add(
            Questionnaire(survey="nps", version=1, body=survey_to_plain(questionnaire), author="test", published_at=now)
        )
        network.add_names(
            session, now=now, brands=["Maison Claire"], regions=["nord", "sud"], segments=["vip", "famille"]
        )
        stores = (("S1", "Lille Centre", "nord"), ("S2", "Arras", "nord"), ("S3", "Nice", "sud"))
        rows = [
            network.StoreRow(key, name, "Europe/Paris", region, "Maison Claire", "famille", "fr")
            for key, name, region in stores
        ]
        network.add_stores(session, rows, day=now.date() - timedelta(days=400), now=now)


def send(here: Services, customer: str, *, store: str = "S1", at: datetime | None = None, language: str = "fr") -> Sent:
    """A customer whose invitation was sent at `at` (default: yesterday), for an order two days before."""
    now = here.now()
    sent_at = at or now - timedelta(days=1)
    customer_id, invitation_id, email_id = (new_id(sent_at) for _ in range(3))
    address = f"{customer}-{next(_numbers)}@example.fr"
    key = here.keyring.address_key(address)
    survey = here.keyring.token(Purpose.SURVEY, invitation_id)
    unsubscribe = here.keyring.token(Purpose.UNSUBSCRIBE, email_id)
    ordered_at = sent_at - timedelta(days=2)
    facts = {"customer_id": customer_id, "address_key": key, "key_id": here.keyring.newest_id}
    with here.sessions.begin() as session:
        session.add(
            Customer(
                id=customer_id,
                external_id=customer,
                email=address,
                address_key=key,
                first_name="Ana",
                last_name="Dupont",
                language=language,
                created_at=now,
            )
        )
        session.flush()
        session.add(CustomerState(customer_id=customer_id, address_key=key, state="{}", updated_at=now))
        session.add(
            Order(
                id=new_id(ordered_at),
                order_id=f"o-{customer}",
                customer_id=customer_id,
                store_id=store,
                ordered_at=ordered_at,
                fulfilled_at=ordered_at,
                source="test",
                received_at=ordered_at,
            )
        )
        session.add(
            DecisionRow(
                id=new_id(ordered_at),
                customer_id=customer_id,
                order_id=f"o-{customer}",
                rule_id="standard",
                rule_version=1,
                verdict="SCHEDULED",
                store_id=store,
                segment="famille",
                day=ordered_at.date(),
                planned_at=sent_at,
                cause="order",
                facts={
                    "zone": "Europe/Paris",
                    "counted": 2,
                    "needed": 2,
                    "order_ids": [f"o-{customer}"],
                    "due_day": sent_at.date().isoformat(),
                    "window_start": (ordered_at.date() - timedelta(days=61)).isoformat(),
                },
                decided_at=ordered_at,
            )
        )
        session.add(
            Invitation(
                id=invitation_id,
                dedupe_key=f"order:standard:{customer}",
                rule_id="standard",
                rule_version=3,
                snapshot=to_plain(Rule("standard")),
                order_id=f"o-{customer}",
                store_id=store,
                segment="famille",
                zone="Europe/Paris",
                language=language,
                state="sent",
                decision_day=ordered_at.date(),
                due_on=sent_at.date(),
                due_at=sent_at,
                sent_at=sent_at,
                sent_day=sent_at.date(),
                expires_at=sent_at + timedelta(days=30),
                token_sha256=digest(survey),
                created_at=ordered_at,
                **facts,
            )
        )
        session.flush()
        session.add(
            Email(
                id=email_id,
                kind="invitation",
                priority=5,
                invitation_id=invitation_id,
                dedupe_key=f"invitation:{invitation_id.hex}",
                domain_group="other",
                state="sent",
                sent_at=sent_at,
                due_at=sent_at,
                expires_at=sent_at + timedelta(days=3),
                unsubscribe_sha256=digest(unsubscribe),
                **facts,
            )
        )
    return Sent(customer, invitation_id, email_id, survey, unsubscribe, store)


def mark(here: Services, sent: Sent, *, seconds: float = 5, follows: tuple[int, ...] = ()) -> str:
    """The nonce of a page of this link, made so many seconds ago."""
    at = here.now() - timedelta(seconds=seconds)
    return page_nonce(here.keyring, sent.invitation_id, now=at, follows=follows)


def revoke(here: Services, sent: Sent) -> None:
    """End a link by hand."""
    with here.sessions.begin() as session:
        invitation: Any = session.get(Invitation, sent.invitation_id)
        invitation.revoked_at = here.now()
