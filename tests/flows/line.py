"""An installation with one rule and its customers' acts, by the real flows: order, send, answer, choose."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from surveyor.core.tokens import Purpose
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.record_response import Form, page_nonce, record_response
from surveyor.flows.record_visit import Opening, record_visit
from surveyor.flows.send_emails import send_emails
from surveyor.flows.unsubscribe import Choice, Preferences, unsubscribe
from tests.flows.orders import KEYS, PARIS, at
from tests.flows.sending import Scripted, build, mailer

JOURNEYS = CustomerJourneys(KEYS, PARIS)


def install(sessions: Any, rules: str) -> None:
    """An installation that may send, with these rules."""
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, rules, now=at("2026-01-01T00:00"))


def send(sessions: Any, now: datetime, provider: Scripted | None = None, *, built: Any = build) -> Scripted:
    """Hand over what is due."""
    provider = provider or Scripted()
    send_emails(sessions, mailer=mailer(provider, journeys=JOURNEYS, built=built), now=lambda: now)
    return provider


def sent_to(sessions: Any) -> dict[str, tuple[Any, Any]]:
    """Order -> its invitation and first email."""
    with sessions.begin() as session:
        found = session.execute(select(Invitation, Email).join(Email, Email.invitation_id == Invitation.id)).all()
    return {one.order_id: (one, email) for one, email in found if email.kind == "invitation"}


def answer(sessions: Any, invitation: Any, score: int, *, now: datetime) -> None:
    """Open the page from the email and send it 30 seconds later."""
    token = KEYS.token(Purpose.SURVEY, invitation.id)
    opening = Opening("GET", b"c" * 32, score, navigated=True)
    record_visit(sessions, token, opening=opening, keys=KEYS, now=now)
    nonce = page_nonce(KEYS, invitation.id, now=now)
    form = Form((("score", str(score)), ("nonce", nonce), ("comment", "Très bien")), b"c" * 32)
    record_response(sessions, token, form=form, keys=KEYS, journeys=JOURNEYS, now=now + timedelta(seconds=30))


def choose(sessions: Any, email: Any, choice: Choice, months: int = 0, *, now: datetime) -> Preferences:
    """What the customer presses on the page behind the link of an email."""
    link = KEYS.token(Purpose.UNSUBSCRIBE, email.id)
    return unsubscribe(sessions, link, choice=choice, months=months, journeys=JOURNEYS, now=now)


def reminders(sessions: Any) -> list[tuple[str, str | None]]:
    """State and reason of every second email."""
    with sessions.begin() as session:
        rows = session.scalars(select(Email).where(Email.kind == "reminder").order_by(Email.id))
        return [(one.state, one.reason) for one in rows]
