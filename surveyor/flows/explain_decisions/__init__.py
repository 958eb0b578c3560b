"""Why was this customer (not) asked? Every decision in words, with what was counted and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.scope import Reach
from surveyor.core.tokens import Keyring
from surveyor.db import customer_line, customers, cycles, decisions, suppressions
from surveyor.db.customer_line import SeenEmail, SeenOrder
from surveyor.db.customers import CustomerRow
from surveyor.db.cycles import DueCycle
from surveyor.flows.customer_journey import DEFAULTS, Defaults, Terms, read_terms
from surveyor.flows.explain_decisions.subjects import Match, candidates, find_subjects
from surveyor.flows.explain_decisions.telling import Teller, Told, place_of

__all__ = [
    "Asking",
    "Match",
    "Planned",
    "SeenEmail",
    "SeenOrder",
    "Story",
    "Told",
    "explain_customer",
    "explain_decisions",
    "find_subjects",
]

#: What would have changed a decision is looked for among so many of the newest: each is lived again up to it.
LOOKED_BACK = 12


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: their scopes, their language, the keys that recognise an address. most: decisions told at once."""

    reach: Reach
    language: str
    keys: Keyring
    defaults: Defaults = DEFAULTS
    most: int = 200


@dataclass(frozen=True, slots=True)
class Planned:
    """The next occurrence of an enrolment. store_id: of the customer's latest qualifying order, whose day and hour
    count; "" when the reader may not see it, or none is left."""

    rule_id: str
    opened_by: str
    occurrence: int
    next_at: datetime
    store_id: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """What a reader may know of the customers asked about: their addresses (masked below the network), their
    decisions, the newest first, the occurrences planned for them, and how often they chose to be asked: (customer,
    months between two emails at least), for those who chose. more: there are older decisions than those told.

    orders, emails: those inside the reader's scopes, the oldest first.
    """

    customers: tuple[tuple[str, str], ...]
    decisions: tuple[Told, ...]
    cycles: tuple[Planned, ...] = ()
    less_often: tuple[tuple[str, int], ...] = ()
    orders: tuple[SeenOrder, ...] = ()
    emails: tuple[SeenEmail, ...] = ()
    more: bool = False


def explain_decisions(sessions: Any, subject: str, asking: Asking) -> Story | None:
    """Explain a customer (the source's id), an address or an order. None: nothing that this reader may see."""
    with sessions.begin() as session:
        for how, who, order in candidates(session, subject.strip(), asking.keys):
            if who:
                return _story(session, who, asking, order_id=order.order_id if how == "order" else "")
        return None


def explain_customer(
    sessions: Any, customer: UUID, asking: Asking, *, order: UUID | None = None, skip: int = 0
) -> Story | None:
    """Explain a customer by our id, or one of their orders; without the `skip` newest decisions."""
    with sessions.begin() as session:
        who = list(customers.by_id(session, {customer}).values())
        order_id = "" if order is None else customer_line.order_of(session, order)
        if not who or (order is not None and not order_id):
            return None
        return _story(session, who, asking, order_id=order_id, skip=skip)


def _story(session: Any, who: list[CustomerRow], asking: Asking, *, order_id: str, skip: int = 0) -> Story | None:
    names, reach = {row.id: row.external_id for row in who}, asking.reach
    ids = set(names)
    kept = decisions.of_customers(session, ids, reach, order_id=order_id, limit=skip + asking.most + 1)[skip:]
    if not kept:
        return None
    told = kept[: asking.most]
    seen = tuple(customer_line.orders(session, ids, reach))
    terms = read_terms(session, asking.defaults)
    visible = {one.order_id for one in seen}
    teller = Teller(session, names, terms, visible=visible, language=asking.language)
    teller.look_back(told[:LOOKED_BACK])
    former = teller.former(decisions.of_customers(session, ids, reach, order_id=order_id, former=True))
    return Story(
        tuple(_shown(row, reach) for row in who),
        tuple(teller.tell(row, former=former.get(place_of(row), ())) for row in told),
        () if order_id else tuple(_planned(one, teller, terms) for one in cycles.of_customers(session, ids)),
        _less_often(session, who),
        seen,
        tuple(customer_line.emails(session, ids, reach)),
        len(kept) > asking.most,
    )


def _planned(cycle: DueCycle, teller: Teller, terms: Terms) -> Planned:
    rule = terms.regime.by_id.get(cycle.rule_id)
    latest = teller.latest(cycle.customer_id, "fulfilled_at" if rule is None else rule.basis)
    store = latest.store_id if latest is not None and latest.id in teller.visible else ""
    return Planned(cycle.rule_id, cycle.opened_by, cycle.occurrence, cycle.next_at, store)


def _less_often(session: Any, who: list[CustomerRow]) -> tuple[tuple[str, int], ...]:
    gaps = suppressions.gaps(session, {row.address_key for row in who if row.address_key is not None})
    return tuple((row.external_id, gaps[row.address_key]) for row in who if row.address_key in gaps)


def _shown(row: CustomerRow, reach: Reach) -> tuple[str, str]:
    """The source's id and the address; below the network the first letter and the domain."""
    if any(scope.is_network for scope in reach) or not row.email:
        return row.external_id, row.email
    local, _, domain = row.email.partition("@")
    return row.external_id, f"{local[:1]}…@{domain}"
