"""Who stands behind an address key or a customer id, as far as a reader's stores reach: for opposition and its lift."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order


def is_network(reach: Reach) -> bool:
    """Whether nothing is left out: then customers without any order are seen as well."""
    return any(scope.is_network for scope in reach)


def visible(reach: Reach) -> Any:
    """A condition on Customer: somebody who ordered at, or was decided upon for, a store inside the scopes."""
    if is_network(reach):
        return Customer.id.is_not(None)
    ordered = (
        select(Order.id)
        .join(Store, Store.id == Order.store_id)
        .where(Order.customer_id == Customer.id, inside(reach, store=Order.store_id, segment=Order.segment))
    )
    d = DecisionRow
    decided = (
        select(d.id)
        .join(Store, Store.id == d.store_id)
        .where(d.customer_id == Customer.id, inside(reach, store=d.store_id, segment=d.segment))
    )
    return or_(exists(ordered), exists(decided))


def key_of_customer(session: Session, external_id: str, reach: Reach) -> tuple[bool, bytes | None]:
    """Whether a customer of that id is visible, and the key of the address: None when there is none (any more)."""
    if "\0" in external_id:  # nobody's, and PostgreSQL raises for it
        return False, None
    row = session.execute(
        select(Customer.address_key).where(Customer.external_id == external_id, visible(reach))
    ).first()
    return (False, None) if row is None else (True, row.address_key)


def id_of_customer(session: Session, external_id: str, reach: Reach) -> UUID | None:
    """Our id of a visible customer; None for another and for nobody."""
    if "\0" in external_id:
        return None
    return session.scalar(select(Customer.id).where(Customer.external_id == external_id, visible(reach)))


def is_known(session: Session, address_key: bytes, reach: Reach) -> bool:
    """Whether a visible customer has this address."""
    query = select(Customer.id).where(Customer.address_key == address_key, visible(reach))
    return session.scalar(query.limit(1)) is not None
