"""Who is meant by what a reader typed: a customer of the source, an order, or everybody at an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from surveyor.core.scope import Reach
from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import customer_line, customers, orders
from surveyor.db.customers import CustomerRow


@dataclass(frozen=True, slots=True)
class Match:
    """Something of which a reader may know decisions. how: "customer", "order" or "address".

    order: our id of the order, when that is what was typed. count: decisions to be seen; last: day of the latest.
    """

    customer_id: UUID
    name: str
    how: str
    count: int
    last: date
    order: UUID | None = None


def find_subjects(sessions: Any, typed: str, *, reach: Reach, keys: Keyring) -> list[Match]:
    """Everything that these words may mean inside the reader's scopes; none: nothing that they may see."""
    with sessions.begin() as session:
        return [match for one in candidates(session, typed.strip(), keys) for match in _seen(session, *one, reach)]


def candidates(session: Any, typed: str, keys: Keyring) -> list[tuple[str, list[CustomerRow], Any]]:
    """How it may be meant, whose it then is, and the row of the order when it is one."""
    found: list[tuple[str, list[CustomerRow], Any]] = []
    if "\0" in typed:  # nobody's, and PostgreSQL raises for it
        return found
    if named := list(customers.by_external_id(session, {typed}).values()):
        found.append(("customer", named, None))
    order = orders.by_order_id(session, {typed}).get(typed)
    if order is not None and order.customer_id is not None:
        found.append(("order", list(customers.by_id(session, {order.customer_id}).values()), order))
    if "@" in typed:
        try:
            found.append(("address", customers.by_address(session, keys.address_key(typed)), None))
        except AddressError:
            return found
    return found


def _seen(session: Any, how: str, rows: list[CustomerRow], order: Any, reach: Reach) -> list[Match]:
    names = {row.id: row.external_id for row in rows}
    known = customer_line.known(session, set(names), reach, order_id=order.order_id if order else "")
    at = order.id if order else None
    return [Match(one.id, names[one.id], how, one.decisions, one.last_day, at) for one in known]
