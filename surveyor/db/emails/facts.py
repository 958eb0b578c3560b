"""What an email is built from: one read for a whole group of claimed emails, no transaction open while building."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func, select, type_coerce
from sqlalchemy.orm import Session

from surveyor.db.emails.follow import rule_of
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


_FACTS: Any = (
    select(
        Email.id,
        Email.kind,
        Email.attempts,
        Email.key_id,
        Email.due_at,
        func.coalesce(Customer.email, User.email, "").label("address"),
        func.coalesce(Customer.first_name, User.name, "").label("first_name"),
        func.coalesce(Customer.last_name, "").label("last_name"),
        func.coalesce(Customer.language, User.language, "").label("reader_language"),
        Invitation.id.label("invitation_id"),
        Invitation.key_id.label("survey_key_id"),
        Invitation.rule_id,
        type_coerce(Invitation.snapshot, Text).label("snapshot"),
        Invitation.survey,
        Invitation.questionnaire_version,
        Invitation.template_version,
        Invitation.order_id,
        Invitation.zone,
        Invitation.language,
        Invitation.store_id,
        Invitation.expires_at,
        Order.ordered_at,
        Order.fulfilled_at,
    )
    .outerjoin(Customer, Customer.id == Email.customer_id)
    .outerjoin(User, User.id == Email.user_id)
    .outerjoin(Invitation, Invitation.id == Email.invitation_id)
    .outerjoin(Order, Order.order_id == Invitation.order_id)
)


def facts(session: Session, ids: Collection[UUID]) -> dict[UUID, EmailFacts]:
    """The facts of these emails by id. An address or a name that was erased comes back empty."""
    rows: Any = session.connection().execute(_FACTS.where(Email.id.in_(list(ids)))).all()
    signed = _signed(session, {row.store_id for row in rows if row.store_id})
    nobody = (StoreFacts(), BrandFacts())
    return {row.id: _facts(row, *signed.get(row.store_id, nobody)) for row in rows}


def _facts(row: Any, store: StoreFacts, brand: BrandFacts) -> EmailFacts:
    about: dict[str, Any] = {}
    if row.invitation_id is not None:
        rule = rule_of(row.snapshot)
        about = {
            "invitation_id": row.invitation_id,
            "survey_key_id": row.survey_key_id,
            "rule_id": row.rule_id,
            "template": rule.email,
            "survey": row.survey,
            "questionnaire_version": row.questionnaire_version,
            "template_version": row.template_version,
            "order_id": row.order_id,
            "ordered_at": row.fulfilled_at or row.ordered_at,
            "zone": row.zone,
            "link_expires_at": row.expires_at,
            "response_window_days": rule.response_window_days,
            "store": store,
            "brand": brand,
        }
    return EmailFacts(
        email_id=row.id,
        kind=row.kind,
        attempt=row.attempts + 1,
        key_id=row.key_id,
        due_at=row.due_at,
        address=row.address,
        first_name=row.first_name,
        last_name=row.last_name,
        language=row.language or row.reader_language,
        **about,
    )


def _signed(session: Session, stores: Collection[str]) -> dict[str, tuple[StoreFacts, BrandFacts]]:
    """Who signs the emails of each store: a few stores for many emails."""
    if not stores:
        return {}
    rows = session.execute(
        select(Store, Brand).outerjoin(Brand, Brand.id == Store.brand_id).where(Store.id.in_(sorted(stores)))
    )
    return {store.id: (_store(store), _brand(brand)) for store, brand in rows}


def _store(store: Store) -> StoreFacts:
    return StoreFacts(store.id, store.name, store.city, store.sender or {})


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
