"""What an email is built from: one read for a whole group of claimed emails, no transaction open while building."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.users import User


@dataclass(frozen=True, slots=True)
class BrandFacts:
    """The name an email is signed with. `sender`: address, name, reply_to, return_path, sender_id, as far as known."""

    id: str = ""
    name: str = ""
    postal_address: str = ""
    privacy_url: str = ""
    logo_url: str = ""
    colours: Mapping[str, Any] = field(default_factory=dict, hash=False)
    sender: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The store of the order an email is about."""

    id: str = ""
    name: str = ""
    city: str = ""
    sender: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class EmailFacts:
    """One claimed email as its builder sees it; texts are "" and instants None when there is nothing to say.

    attempt: number of the hand-over to come, from 1. key_id: secret of the unsubscribe token (row: the email).
    survey_key_id: secret of the survey token (row: the invitation). name: first and last, as the source wrote them.
    ordered_at, zone: the order that triggered the invitation, and the store's zone for its local date.
    link_expires_at: when the survey link ends, None before the first email left; response_window_days: then counted.
    """

    email_id: UUID
    kind: str
    attempt: int
    key_id: str
    due_at: datetime
    address: str
    first_name: str
    last_name: str
    language: str
    invitation_id: UUID | None = None
    survey_key_id: str = ""
    rule_id: str = ""
    template: str = ""
    survey: str = ""
    questionnaire_version: int = 0
    template_version: int | None = None
    order_id: str = ""
    ordered_at: datetime | None = None
    zone: str = ""
    link_expires_at: datetime | None = None
    response_window_days: int = 30
    store: StoreFacts = StoreFacts()
    brand: BrandFacts = BrandFacts()


def facts(session: Session, ids: Collection[UUID]) -> dict[UUID, EmailFacts]:
    """The facts of these emails by id. An address or a name that was erased comes back empty."""
    rows = session.execute(
        select(Email, Customer, User, Invitation, Store, Brand, Order.ordered_at, Order.fulfilled_at)
        .outerjoin(Customer, Customer.id == Email.customer_id)
        .outerjoin(User, User.id == Email.user_id)
        .outerjoin(Invitation, Invitation.id == Email.invitation_id)
        .outerjoin(Store, Store.id == Invitation.store_id)
        .outerjoin(Brand, Brand.id == Store.brand_id)
        .outerjoin(Order, and_(Order.order_id == Invitation.order_id))
        .where(Email.id.in_(list(ids)))
    )
    return {row.Email.id: _facts(row) for row in rows}


def _facts(row: Any) -> EmailFacts:
    email, customer, user, invitation = row.Email, row.Customer, row.User, row.Invitation
    who = customer or user
    about: dict[str, Any] = {}
    if invitation is not None:
        about = {
            "invitation_id": invitation.id,
            "survey_key_id": invitation.key_id,
            "rule_id": invitation.rule_id,
            "template": str((invitation.snapshot or {}).get("email") or ""),
            "survey": invitation.survey,
            "questionnaire_version": invitation.questionnaire_version,
            "template_version": invitation.template_version,
            "order_id": invitation.order_id,
            "ordered_at": row.fulfilled_at or row.ordered_at,
            "zone": invitation.zone,
            "link_expires_at": invitation.expires_at,
            "response_window_days": int((invitation.snapshot or {}).get("response_window_days") or 30),
            "store": _store(row.Store),
            "brand": _brand(row.Brand),
        }
    return EmailFacts(
        email_id=email.id,
        kind=email.kind,
        attempt=email.attempts + 1,
        key_id=email.key_id,
        due_at=email.due_at,
        address=who.email if who is not None else "",
        first_name=customer.first_name if customer is not None else getattr(user, "name", ""),
        last_name=customer.last_name if customer is not None else "",
        language=(invitation.language if invitation is not None else "") or getattr(who, "language", ""),
        **about,
    )


def _store(store: Store | None) -> StoreFacts:
    return StoreFacts(store.id, store.name, store.city, store.sender or {}) if store is not None else StoreFacts()


def _brand(brand: Brand | None) -> BrandFacts:
    if brand is None:
        return BrandFacts()
    return BrandFacts(
        brand.id,
        brand.name,
        brand.postal_address,
        brand.privacy_url,
        brand.logo_url,
        brand.colours or {},
        brand.sender or {},
    )
