"""What the mail doctor asks the database: who sends, what became of thirty days of emails, who is suppressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email, EmailEvent, SendAttempt
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.suppressions import Suppression


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Emails handed over since an instant, by what became of them; `in_doubt` is beside `sent`."""

    sent: int
    bounced_hard: int
    complained: int
    deferred: int
    in_doubt: int


def senders(session: Session) -> list[Mapping[str, Any]]:
    """The senders that brands and stores have of their own."""
    rows = [*session.scalars(select(Brand.sender)), *session.scalars(select(Store.sender))]
    return [sender for sender in rows if sender and sender.get("address")]


def outcomes(session: Session, *, since: datetime) -> Outcomes:
    """Counts of the emails sent since an instant."""
    sent = Email.sent_at >= since
    counted = session.execute(select(Email.delivery, func.count()).where(sent).group_by(Email.delivery))
    states = {row[0]: row[1] for row in counted}
    attempted = select(SendAttempt.email_id).where(SendAttempt.intent_at >= since)
    doubts = session.scalar(select(func.count()).where(Email.state == "in_doubt", Email.id.in_(attempted))) or 0
    return Outcomes(
        sum(states.values()) + doubts,
        states.get("bounced_hard", 0),
        states.get("complained", 0),
        states.get("deferred", 0),
        doubts,
    )


def last_sent(session: Session) -> datetime | None:
    """When the last email left."""
    return session.scalar(select(func.max(Email.sent_at)))


def last_event(session: Session, provider: str) -> datetime | None:
    """When the last event of a provider came in."""
    return session.scalar(select(func.max(EmailEvent.received_at)).where(EmailEvent.provider == provider))


def suppressed(session: Session, *, now: datetime) -> set[bytes]:
    """Keys of the addresses that a provider's lists would have too: opposed, complained or bounced, in force."""
    return set(
        session.scalars(
            select(Suppression.address_key).where(
                Suppression.reason.in_(("unsubscribed", "complained", "bounced_hard", "manual")),
                Suppression.lifted_at.is_(None),
                or_(Suppression.expires_at.is_(None), Suppression.expires_at > now),
            )
        )
    )


def addressed(session: Session) -> set[bytes]:
    """Keys of the addresses that customers have."""
    return set(session.scalars(select(Customer.address_key).where(Customer.address_key.is_not(None))))
