"""An installation on a bad day: bounces, complaints, doubts, alerts and a stream that waits for a person."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from surveyor.core.emails import DOMAIN_GROUPS, RANK, Delivery
from surveyor.db import streams
from surveyor.db.alerts import raise_alert
from surveyor.db.base import new_id
from surveyor.db.suppressions import suppress
from surveyor.db.tables.emails import DoubtCheck, Email, EmailEvent, SendAttempt
from surveyor.db.tables.responses import Visit
from surveyor.services import Services
from tests.web.links import send

FATES = ["delivered"] * 30 + ["queued", "deferred", "bounced_soft", "bounced_hard", "rejected", "complained"]
REASONS = ("unsubscribed", "complained", "bounced_hard", "bounced_soft", "paused", "manual")


def write(here: Services, *, many: int = 60) -> str:
    """Emails with every fate, and what a person must see to; the id of an email with a story."""
    draw = random.Random(3)
    for n in range(many):
        _fate(here, f"client-{n}", draw.choice(FATES), draw.choice(DOMAIN_GROUPS))
    for n, reason in enumerate(REASONS):
        _stop(here, f"arrêt-{n}", reason)
    _stop(here, "stopped", "unsubscribed")
    _doubt(here, "reply-1", "reply")
    _doubt(here, "doubt-1", "invitation")
    now = here.now()
    with here.sessions.begin() as session:
        raise_alert(session, "provider_events_unusable", now=now, subject="sendgrid", detail="1 unreadable of 500")
        raise_alert(session, "mailbox_away", now=now, detail="imaps://bounces.example: TimeoutError")
        raise_alert(session, "mailbox_away", now=now, detail="imaps://bounces.example: TimeoutError")
        raise_alert(session, "a_later_word", now=now, subject="x")
        streams.pause(session, "memory", "invitation", cause="complaints", detail="4 of 1 200 in 24 h", now=now)
    return _story(here)


def _email(here: Services, customer: str) -> tuple[Any, Any]:
    sent = send(here, customer)
    with here.sessions() as session:
        return sent, session.get(Email, sent.email_id)


def _change(here: Services, email_id: Any, **columns: Any) -> None:
    with here.sessions.begin() as session:
        email = session.get(Email, email_id)
        for name, value in columns.items():
            setattr(email, name, value)


def _fate(here: Services, customer: str, fate: str, group: str) -> Any:
    sent, _ = _email(here, customer)
    rank, at = RANK[Delivery(fate)], here.now() - timedelta(hours=20)
    _change(here, sent.email_id, delivery=fate, delivery_rank=rank, delivery_at=at, domain_group=group, attempts=1)
    return sent


def _stop(here: Services, customer: str, reason: str) -> None:
    _, email = _email(here, customer)
    until = here.now() + timedelta(days=30) if reason in ("bounced_soft", "paused", "bounced_hard") else None
    with here.sessions.begin() as session:
        suppress(session, email.address_key, reason, source="event:sendgrid", now=here.now(), until=until)


def _doubt(here: Services, customer: str, kind: str) -> None:
    sent, _ = _email(here, customer)
    columns: dict[str, Any] = {"invitation_id": None} if kind == "reply" else {}
    _change(here, sent.email_id, kind=kind, state="in_doubt", sent_at=None, attempts=1, **columns)
    at = here.now() - timedelta(hours=30)
    with here.sessions.begin() as session:
        session.add(_attempt(sent.email_id, at, "unknown", "TimeoutError after the last byte"))
        session.add(DoubtCheck(email_id=sent.email_id, at=here.now(), found="ask: nothing heard"))


def _attempt(email_id: Any, at: Any, outcome: str, evidence: str) -> SendAttempt:
    return SendAttempt(
        email_id=email_id,
        n=1,
        provider="sendgrid",
        outcome=outcome,
        intent_at=at,
        settled_at=at + timedelta(seconds=1),
        evidence=evidence,
    )


def _story(here: Services) -> str:
    sent = _fate(here, "raconte", "bounced_hard", "orange")
    at = here.now() - timedelta(days=1)
    with here.sessions.begin() as session:
        session.add(_attempt(sent.email_id, at, "accepted", "202 Accepted"))
        for n, (kind, detail) in enumerate(
            (
                ("queued", {}),
                ("deferred", {"mta_response": "421 4.7.0 too many connections, try again later"}),
                ("delivered", {"mta_response": "250 2.0.0 OK"}),
                ("bounced_hard", {"status": "5.1.1", "mta_response": "550 5.1.1 <zoe@example.fr>: no such user"}),
            )
        ):
            moment = at + timedelta(minutes=3 + n)
            session.add(
                EmailEvent(
                    id=new_id(moment),
                    provider="sendgrid",
                    event_id=f"story-{n}",
                    fingerprint=new_id(moment).bytes * 2,
                    email_id=sent.email_id,
                    n=1,
                    matched_by="email",
                    kind=kind,
                    at=moment,
                    received_at=moment,
                    detail=detail,
                )
            )
        moment = at + timedelta(minutes=9)
        session.add(
            Visit(id=new_id(moment), invitation_id=sent.invitation_id, method="GET", at=moment, client_key=b"k" * 32)
        )
    found: str = sent.email_id.hex
    return found
