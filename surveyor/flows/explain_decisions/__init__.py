"""Why was this customer (not) asked? Every decision in words, with what was counted and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from surveyor.core.decision import Decision
from surveyor.core.explain import Explanation, explain, next_words, not_counted
from surveyor.core.history import Order
from surveyor.core.rules import Rule
from surveyor.core.scope import Reach
from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import customers, cycles, decisions, invitations, orders, suppressions
from surveyor.db.customers import CustomerRow
from surveyor.db.cycles import DueCycle
from surveyor.db.decisions import Kept
from surveyor.db.invitations import Fate
from surveyor.flows.customer_journey import DEFAULTS, Defaults, Terms, read_terms
from surveyor.flows.customer_journey.load import remembered
from surveyor.flows.customer_journey.regime import rules_of
from surveyor.flows.explain_decisions.decision_of import decision_of

__all__ = ["Asking", "Story", "Told", "explain_decisions"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: their scopes, their language, the keys that recognise an address."""

    reach: Reach
    language: str
    keys: Keyring
    defaults: Defaults = DEFAULTS


@dataclass(frozen=True, slots=True)
class Told:
    """One decision. what: the sentence and every check. cause: order, late order, freed, cycle. fate: None when no
    invitation came of it. uncounted: the customer's other orders and why each was not counted. former: as it was
    decided before, the newest first.
    """

    customer: str
    decision: Decision
    what: Explanation
    next_words: str
    cause: str
    rule_name: str
    fate: Fate | None
    uncounted: tuple[tuple[str, str], ...] = ()
    former: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """What a reader may know of the customers asked about: their addresses (masked below the network), their
    decisions, the newest first, the occurrences planned for them, and how often they chose to be asked: (customer,
    months between two emails at least), for those who chose.
    """

    customers: tuple[tuple[str, str], ...]
    decisions: tuple[Told, ...]
    cycles: tuple[DueCycle, ...] = ()
    less_often: tuple[tuple[str, int], ...] = ()


def explain_decisions(sessions: Any, subject: str, asking: Asking) -> Story | None:
    """Explain a customer (the source's id), an address or an order. None: nothing that this reader may see."""
    with sessions.begin() as session:
        who, order_id = _who(session, subject.strip(), asking.keys)
        if not who:
            return None
        ids = {row.id for row in who}
        kept = decisions.of_customers(session, ids, asking.reach)
        if order_id:
            kept = [row for row in kept if row.order_id == order_id]
        if not kept:
            return None
        teller = _Teller(session, asking, who)
        former = teller.former(decisions.of_customers(session, ids, asking.reach, former=True))
        planned = () if order_id else tuple(cycles.of_customers(session, ids))
        told = tuple(teller.tell(row, former=former.get(_key(row), ())) for row in kept)
        return Story(tuple(_shown(row, asking.reach) for row in who), told, planned, _less_often(session, who))


def _less_often(session: Any, who: list[CustomerRow]) -> tuple[tuple[str, int], ...]:
    gaps = suppressions.gaps(session, {row.address_key for row in who if row.address_key is not None})
    return tuple((row.external_id, gaps[row.address_key]) for row in who if row.address_key in gaps)


def _who(session: Any, subject: str, keys: Keyring) -> tuple[list[CustomerRow], str]:
    """The customers meant, and the order when it is one that was asked about."""
    found = list(customers.by_external_id(session, {subject}).values())
    if found:
        return found, ""
    order = orders.by_order_id(session, {subject}).get(subject)
    if order is not None and order.customer_id is not None:
        return list(customers.by_id(session, {order.customer_id}).values()), subject
    if "@" not in subject:
        return [], ""
    try:
        return customers.by_address(session, keys.address_key(subject)), ""
    except AddressError:
        return [], ""


class _Teller:
    """Decisions of some customers in one language, each with the rule as it was lived then."""

    def __init__(self, session: Any, asking: Asking, who: list[CustomerRow]) -> None:
        self.session, self.language = session, asking.language
        self.names = {row.id: row.external_id for row in who}
        self.fates = invitations.fates(session, set(self.names))
        terms = read_terms(session, asking.defaults)
        self.orders = _orders(orders.of_customers(session, set(self.names)), terms)

    def tell(self, row: Kept, *, former: Iterable[Told] = ()) -> Told:
        decision = decision_of(row, self.names[row.customer_id])
        rule = self._rule(row)
        known = self.orders.get(row.customer_id, [])
        apart = tuple(not_counted(decision, rule, known)) if rule is not None else ()
        fate = self.fates.get((row.rule_id, decision.opened_by, decision.occurrence))
        return Told(
            decision.customer_id,
            decision,
            explain(decision, rule, language=self.language),
            next_words(decision, language=self.language),
            row.cause,
            rule.name if rule is not None else row.rule_id,
            fate if row.verdict == "SCHEDULED" else None,
            apart,
            tuple(former),
        )

    def former(self, rows: Iterable[Kept]) -> dict[tuple[Any, ...], list[Told]]:
        found: dict[tuple[Any, ...], list[Told]] = {}
        for row in rows:
            found.setdefault(_key(row), []).append(self.tell(row))
        return found

    def _rule(self, row: Kept) -> Rule | None:
        rule = rules_of(self.session, row.rule_version).get(row.rule_id)
        if rule is None or row.arm is None or rule.experiment is None:
            return rule
        return rule.with_arm(next((arm for arm in rule.experiment.arms if arm.name == row.arm), None))


def _orders(rows: Iterable[orders.OrderRow], terms: Terms) -> dict[Any, list[Order]]:
    found: dict[Any, list[Order]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(remembered(row, terms))
    return found


def _key(row: Kept) -> tuple[Any, ...]:
    return row.customer_id, row.rule_id, row.order_id if row.occurrence_on is None else row.occurrence_on


def _shown(row: CustomerRow, reach: Reach) -> tuple[str, str]:
    """The source's id and the address; below the network the first letter and the domain."""
    if any(scope.is_network for scope in reach) or not row.email:
        return row.external_id, row.email
    local, _, domain = row.email.partition("@")
    return row.external_id, f"{local[:1]}…@{domain}"
