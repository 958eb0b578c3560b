"""The customers of a group of emails as a hand-over needs them: the same persons as `load`, in fewer looks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from surveyor.core.calendar import local_day
from surveyor.core.history import Regime, StoreFacts
from surveyor.core.history_plain import days_to_remember
from surveyor.core.rules import RuleSet
from surveyor.db import network
from surveyor.db.emails import readers
from surveyor.flows.customer_journey.load import Loaded, make_people, oppose, recall_all, shield
from surveyor.flows.customer_journey.regime import Defaults, ReadRules, Terms, read_terms


class Written(Protocol):
    """An email to a customer about an invitation."""

    @property
    def customer_id(self) -> UUID | None: ...

    @property
    def address_key(self) -> bytes: ...


def load_readers(
    session: Any,
    emails: Collection[Written],
    *,
    terms: tuple[Defaults, ReadRules],
    now: datetime,
    before: Loaded | None = None,
) -> Loaded:
    """Lock and load the customers of these emails and everybody at their addresses, with the stores that they name.

    before: what an earlier transaction loaded and did not change; it is given back when it still says what rows say.
    """
    customers = {email.customer_id for email in emails if email.customer_id is not None}
    keys = {email.address_key for email in emails}
    if before is not None and _unchanged(before, session, customers, keys):
        number, _ = terms[1](session)
        if number == before.terms.regime.version:
            before.now = now
            return before
    rows = readers.lock_states(session, customers, keys)
    others = {row.address_key for row in rows if row.address_key is not None} - keys
    if others:
        keys |= others
        rows = readers.lock_states(session, customers, keys)
    number, rules = terms[1](session)
    loaded = Loaded(_NO_TERMS, now)
    loaded.rows = {row.external_id: row for row in rows}
    make_people(loaded)
    loaded.terms = _terms(session, loaded, terms[0], (number, rules))
    oppose(loaded, *readers.wishes(session, keys, now=now))
    if any(len(list(person.open_invitations())) > 1 for person in loaded.people.values()):
        shield(session, loaded)
    needed = loaded.terms.needed_since(local_day(now, terms[0].zone))
    if any(since > needed for since in loaded.since.values()):  # wider rules were published since
        loaded.terms = read_terms(session, terms[0], read=terms[1])
        recall_all(session, loaded)
    return loaded


def _unchanged(before: Loaded, session: Any, customers: set[UUID], keys: set[bytes]) -> bool:
    """Lock whoever has these addresses: whether they are still those who had them, with the memory that was read."""
    rows = readers.lock_again(session, keys)
    was = {(row.customer_id, row.address_key, row.state) for row in before.rows.values() if row.address_key in keys}
    return rows == was and customers <= {customer for customer, _, _ in rows}


_NO_TERMS: Any = None


def _terms(session: Any, loaded: Loaded, defaults: Defaults, rules: tuple[int, RuleSet]) -> Terms:
    """The rules in force, and of the stores those that these customers' orders, cycles and invitations name."""
    named: set[str] = set()
    for person in loaded.people.values():
        for account in person.accounts.values():
            named.update(order.store_id for order in account.orders.values())
            named.update(cycle.store_id for cycle in account.cycles.values())
            if account.open is not None:
                named.add(account.open.store_id)
    stores = network.stores(session, named)
    facts = {row.id: StoreFacts(row.zone, row.region, row.excluded, row.brand) for row in stores.values()}
    facts.setdefault("", StoreFacts(defaults.zone))
    regime = Regime(rules[1], facts, version=rules[0])
    return Terms(regime, stores, defaults, days_to_remember(regime))
