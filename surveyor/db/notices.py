"""Emails that tell an author why a review was refused: in the queue of every email, built from the review itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, select
from sqlalchemy.orm import Session

from surveyor.db.emails.facts import BrandFacts, StoreFacts, signed_for
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.reviews import Review


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is written to."""

    customer_id: UUID
    address_key: bytes
    email: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the email says: of which order and which words, and the ground of the refusal."""

    ground: str
    verbatim: str
    score: int
    answered_on: date | None
    order_id: str
    ordered_at: datetime | None
    zone: str
    language: str
    store: StoreFacts
    brand: BrandFacts


def addressee(session: Session, invitation_id: UUID) -> Addressee | None:
    """The author of a review, when they have an address and were not erased."""
    c = Customer
    query = (
        select(c.id, c.address_key, c.email)
        .join(Invitation, Invitation.customer_id == c.id)
        .where(Invitation.id == invitation_id, c.erased_at.is_(None), c.email != "", c.address_key.is_not(None))
    )
    found = session.execute(query).first()
    return None if found is None else Addressee(found.id, bytes(found.address_key or b""), found.email)


def add(session: Session, **values: Any) -> None:
    """Put an email into the queue: columns of the table."""
    session.execute(insert(Email).values(**values))


def of_email(session: Session, email_id: UUID) -> Notice | None:
    """What an email of this kind says; None when its review is gone."""
    r, v, i, o = Review, ResponseRevision, Invitation, Order
    query = (
        select(
            r.ground,
            func.coalesce(v.verbatim, "").label("verbatim"),
            func.coalesce(v.score, 0).label("score"),
            Response.day,
            i.order_id,
            func.coalesce(o.fulfilled_at, o.ordered_at).label("ordered_at"),
            i.zone,
            i.language,
            r.store_id,
        )
        .join(i, i.id == r.invitation_id)
        .outerjoin(v, and_(v.invitation_id == r.invitation_id, v.n == r.revision))
        .outerjoin(Response, Response.invitation_id == i.id)
        .outerjoin(o, o.order_id == i.order_id)
        .where(r.notice_id == email_id)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    store, brand = signed_for(session, row.store_id)
    return Notice(
        row.ground,
        row.verbatim,
        row.score,
        row.day,
        row.order_id,
        row.ordered_at,
        row.zone,
        row.language,
        store,
        brand,
    )
