"""Persons as decisions see them, loaded under lock: accounts of one address, what it refused, what is under way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.calendar import local_day
from surveyor.core.history import Account, Invitation, Order, new_order
from surveyor.core.person import SUPPRESSION_REASONS, Person, Suppression
from surveyor.core.rules import Rule
from surveyor.db import decisions, memory, orders, persons
from surveyor.db.customers import CustomerRow
from surveyor.db.persons import Opposition, StateRow
from surveyor.flows.customer_journey.regime import Terms

#: No email leaves before this time of the day.
_BEFORE_SENDING = timedelta(hours=8)
#: Stronger than any rule's: an email under way is replaced by nothing.
_STRONGEST = 0


@dataclass(slots=True)
class Loaded:
    """Persons by the source's customer id, with the rows that they came from (locked until the commit)."""

    terms: Terms
    now: datetime
    people: dict[str, Person] = field(default_factory=dict)
    rows: dict[str, StateRow] = field(default_factory=dict)
    #: Day (ordinal) from which each account remembers all its orders; 0: nothing was forgotten.
    since: dict[str, int] = field(default_factory=dict)
    #: Customers whose memory could not be read, and why.
    broken: dict[str, str] = field(default_factory=dict)
    shielded: dict[str, tuple[Invitation, Rule]] = field(default_factory=dict)
    #: Customers whose address changes in this transaction.
    moved: set[str] = field(default_factory=set)

    def account(self, customer: str) -> Account:
        """The account of one customer."""
        return self.people[customer].accounts[customer]

    def read(self, customer: str) -> Account:
        """The account as its row remembers it."""
        row = self.rows[customer]
        known = row.address_key is not None
        account, self.since[customer] = memory.load(customer, row.state, email_known=known, segment=row.segment)
        return account


def load_persons(  # noqa: PLR0913 - who, where, when, and what is known of them already
    session: Any,
    terms: Terms,
    *,
    customer_ids: Collection[UUID],
    address_keys: Collection[bytes],
    now: datetime,
    moved: Mapping[UUID, tuple[bytes | None, str]] | None = None,
    known: Mapping[UUID, CustomerRow] | None = None,
) -> Loaded:
    """Lock and load these customers and everybody at these addresses.

    moved: customers whose address changes in this transaction, with the new key and address. known: customers that
    were read in this transaction.
    """
    keys = set(address_keys)
    rows = persons.lock(session, customer_ids=customer_ids, address_keys=keys, known=known)
    others = {row.address_key for row in rows if row.address_key is not None} - keys
    if others:
        keys |= others
        rows += persons.lock(session, customer_ids=(), address_keys=others, known=known)
    loaded = Loaded(terms, now)
    loaded.rows = {row.external_id: row for row in rows}
    for row in rows if moved else ():
        if moved and row.customer_id in moved:
            key, email = moved[row.customer_id]
            loaded.rows[row.external_id] = row._replace(address_key=key, email=email)
            loaded.moved.add(row.external_id)
    make_people(loaded)
    addresses = {row.address_key for row in loaded.rows.values() if row.address_key is not None} | keys
    if addresses:
        oppose(loaded, persons.oppositions(session, addresses, now=now), persons.gaps(session, addresses))
    shield(session, loaded)
    return loaded


def recall_all(session: Any, loaded: Loaded) -> None:
    """Read again what was forgotten and decisions of today may look at: wider rules were published since."""
    today = local_day(loaded.now, loaded.terms.defaults.zone)
    recall(session, loaded, dict.fromkeys(loaded.people, today))


def recall(session: Any, loaded: Loaded, earliest: Mapping[str, int]) -> None:
    """Read the whole history of accounts that forgot what an order of `earliest[customer]` (a day) may look at."""
    wanted = {
        loaded.rows[customer].customer_id: customer
        for customer, day in earliest.items()
        if customer in loaded.people and loaded.since[customer] > loaded.terms.needed_since(day)
    }
    if not wanted:
        return
    below = decisions.below_minimum(session, wanted)
    for row in orders.of_customers(session, wanted):
        assert row.customer_id is not None
        customer = wanted[row.customer_id]
        account = loaded.account(customer)
        if row.order_id not in account.orders:
            order = remembered(row, loaded.terms)
            order.below = frozenset(below.get(row.order_id, ()))
            account.add(order)
    for customer in wanted.values():
        loaded.since[customer] = 0


def remembered(row: orders.OrderRow, terms: Terms) -> Order:
    """An order of the table as an account remembers it."""
    order = new_order(row.order_id, row.ordered_at, row.fulfilled_at, row.store_id, terms.zone(row.store_id))
    order.cancelled, order.history = row.cancelled_at is not None, row.history
    return order


def make_people(loaded: Loaded) -> None:
    """Accounts of one address are one person; a memory that cannot be read leaves its whole address out."""
    addresses: dict[bytes | str, Person] = {}
    broken: dict[bytes | str, str] = {}
    for customer, row in loaded.rows.items():
        key = row.address_key or customer
        try:
            account = loaded.read(customer)
        except Exception as error:  # whatever is wrong with one memory, the others go on
            broken[key] = f"{type(error).__name__}: {error}"[:200]
            continue
        person = addresses.get(key)
        if person is None:
            person = addresses[key] = Person({customer: account})
        else:
            person.accounts[customer] = account
        loaded.people[customer] = person
    for customer, row in loaded.rows.items() if broken else ():
        key = row.address_key or customer
        if key in broken:
            loaded.broken[customer] = broken[key]
            loaded.people.pop(customer, None)


def oppose(loaded: Loaded, refused: Collection[Opposition], gaps: Mapping[bytes, int]) -> None:
    """What each address refused, its pause and how often it wants to be asked."""
    if not refused and not gaps:
        return
    found: dict[bytes, list[Opposition]] = {}
    for one in refused:
        found.setdefault(one.address_key, []).append(one)
    for customer, person in loaded.people.items():
        key = loaded.rows[customer].address_key
        if key is None:
            continue
        of_address = found.get(key, [])
        person.suppressions = tuple(
            Suppression(SUPPRESSION_REASONS[one.reason], one.expires_at, one.scope)
            for one in of_address
            if one.reason in SUPPRESSION_REASONS
        )
        person.pause_until = max(
            (_pause_end(one, loaded) for one in of_address if one.reason == "paused"), default=None
        )
        person.gap_months = gaps.get(key)


def _pause_end(one: Opposition, loaded: Loaded) -> int:
    """The first day free of a pause, in the default zone: a pause belongs to a person, not to a store.

    One that ends before the hours in which emails leave does not take its last day.
    """
    if one.expires_at is None:
        return loaded.now.toordinal() + 36_500
    return local_day(one.expires_at - _BEFORE_SENDING, loaded.terms.defaults.zone) + 1


def shield(session: Any, loaded: Loaded) -> None:
    """An email that is being handed over, or in doubt, can neither be stopped nor replaced by a stronger rule."""
    opened = {
        account.open.key: account.open
        for person in loaded.people.values()
        for account in person.accounts.values()
        if account.open is not None
    }
    for key in persons.under_way(session, opened):
        invitation = opened[key]
        loaded.shielded[key] = (invitation, invitation.rule)
        invitation.rule = replace(invitation.rule, priority=_STRONGEST)


def unshield(loaded: Loaded) -> None:
    """Give shielded invitations their rule back, before they are remembered."""
    for invitation, rule in loaded.shielded.values():
        invitation.rule = rule
