"""Stored events become orders, decisions, invitations and counts, in the transaction that stored them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from surveyor.core.calendar import local_day
from surveyor.core.emails import domain_group
from surveyor.core.journey import invitation_dropped
from surveyor.core.orders import KNOWN_TYPES, EventType, OrderEvent
from surveyor.core.reasons import Reason
from surveyor.db import customers, invitations, orders, persons
from surveyor.db.base import id_stream
from surveyor.db.customers import CustomerRow
from surveyor.db.orders import OrderRow
from surveyor.db.tallies import Delta
from surveyor.flows.customer_journey import Ledger, Loaded, load_persons, read_terms, recall
from surveyor.flows.customer_journey.counting import Orders
from surveyor.flows.record_orders.batch import Batch
from surveyor.flows.record_orders.fold import Context, Folded, customers_of
from surveyor.flows.record_orders.reference import complete_stores
from surveyor.flows.record_orders.reference import customers_of as customers_in
from surveyor.flows.record_orders.steps import Step, Walk

_ORDERS = frozenset((EventType.PLACED, EventType.COMPLETED))
#: An event and the row it was stored in.
Stored = tuple[UUID, OrderEvent]


def decide_events(
    session: Any, stored: Sequence[Stored], batch: Batch, *, skip: frozenset[UUID] = frozenset()
) -> tuple[list[Delta], dict[UUID, str]]:
    """Decide upon stored events; what that adds to the tallies, and the events that could not be decided, with why.

    skip: events that failed before; nothing is made of them. When another event fails, what was written is not whole:
    roll back, and come again with it in `skip`.
    """
    events = [
        (row_id, event)
        for row_id, event in sorted(stored, key=_turn)
        if event.type in KNOWN_TYPES and (not skip or row_id not in skip)
    ]
    if not events:
        return [], {}
    known, described, loaded, found = _gather(session, [event for _, event in events], batch)
    folded = Folded(found, orders.marks(session, {event.order_id for _, event in events}))
    before = dict(folded.orders)
    context = Context(batch.source, batch.now, batch.history, described, loaded.terms.stores, id_stream(batch.now))
    names = {row.customer_id: name for name, row in loaded.rows.items()}
    steps = _fold(folded, events, context, names)
    segments = {order.order_id: order.segment for order in folded.orders.values()}
    ledger = Ledger(loaded, batch.keys, segments=segments)
    _arrive(session, known, described, ledger)
    recall(session, loaded, _earliest(steps, loaded))
    walk = Walk(loaded, ledger)
    walk.go(steps)
    if walk.failed:
        return [], walk.failed
    orders.add_marks(session, folded.new_marks)
    orders.save(session, [folded.orders[order_id] for order_id in folded.changed], known=before)
    customers.save(session, [row for name, row in described.items() if _is_new(row, known[name])])
    deltas = ledger.write(session)
    return deltas + _count(before, folded, loaded), {}


def _turn(stored: Stored) -> tuple[bool, str]:
    """At one instant cancellations come first, then orders by id (rules.md, 10)."""
    _, event = stored
    return event.type in _ORDERS, event.order_id


def _gather(
    session: Any, events: list[OrderEvent], batch: Batch
) -> tuple[dict[str, CustomerRow], dict[str, CustomerRow], Loaded, dict[str, OrderRow]]:
    """Stores and customers of the batch, everybody that it concerns, locked, and the orders known under these locks."""
    terms = read_terms(session, batch.defaults, read=batch.read)
    if complete_stores(session, events, terms.stores, defaults=batch.defaults, now=batch.now):
        terms = read_terms(session, batch.defaults, read=batch.read)
    known, described = customers_in(session, events, source=batch.source, keys=batch.keys, now=batch.now)
    fresh = [(row.id, row.address_key) for row in described.values() if row.created]
    persons.make_states(session, fresh, now=batch.now)
    addresses = {row.address_key for row in (*known.values(), *described.values()) if row.address_key is not None}
    moved = {
        row.id: (row.address_key, row.email)
        for name, row in described.items()
        if name in known and row.address_key != known[name].address_key
    }
    nameless = {event.order_id for event in events if not event.customer_id}
    concerned = {row.id for row in described.values()} | customers_of(orders.by_order_id(session, nameless).values())
    while True:
        loaded = load_persons(
            session,
            terms,
            customer_ids=concerned,
            address_keys=addresses,
            now=batch.now,
            moved=moved,
            known={row.id: row for row in known.values()},
        )
        found = orders.by_order_id(session, {event.order_id for event in events})
        if customers_of(found.values()) <= concerned:
            return known, described, loaded, found
        concerned |= customers_of(found.values())  # an order that is somebody else's: they are locked as well


def _is_new(row: CustomerRow, known: CustomerRow) -> bool:
    """Whether this says more of a customer than what is stored."""
    return row is not known and row._replace(created=known.created) != known


def _fold(folded: Folded, events: Iterable[Stored], context: Context, names: Mapping[UUID, str]) -> list[Step]:
    steps, apply = [], folded.apply
    for row_id, event in events:
        order = apply(event, row_id, context)
        if order is not None and order.customer_id is not None:
            steps.append(Step(row_id, names[order.customer_id], order))
    return steps


def _arrive(
    session: Any, known: Mapping[str, CustomerRow], described: Mapping[str, CustomerRow], ledger: Ledger
) -> None:
    """Customers that come to an address: what was sent to it is theirs, and at most one invitation stays open."""
    loaded = ledger.loaded
    arrived = [
        name for name, row in described.items() if name in loaded.people and (row.created or name in loaded.moved)
    ]
    keys = {loaded.rows[name].address_key for name in arrived} - {None}
    asked = persons.asked(session, {key for key in keys if key is not None})
    for name in arrived:
        key = loaded.rows[name].address_key
        account = loaded.account(name)
        account.sent = sorted({*account.sent, *asked.get(key or b"", ())})
        if name in loaded.moved:
            _bring_along(session, name, ledger)


def _bring_along(session: Any, customer: str, ledger: Ledger) -> None:
    """The open invitation of a customer follows to the new address, unless somebody there is asked already."""
    loaded = ledger.loaded
    ledger.keep(customer, ())
    person, row, account = loaded.people[customer], loaded.rows[customer], loaded.account(customer)
    if account.open is None or account.open.key in loaded.shielded or row.address_key is None:
        return
    if len(list(person.open_invitations())) == 1:
        invitations.move_address(session, [(row.customer_id, row.address_key, domain_group(row.email))])
        return
    regime, now = loaded.terms.regime, loaded.now
    reason = Reason.OPEN_SOLICITATION
    ledger.keep(customer, invitation_dropped(person, account.open.key, reason=reason, regime=regime, now=now))


def _earliest(steps: Iterable[Step], loaded: Loaded) -> dict[str, int]:
    """The earliest day that each customer's orders of this batch look at; 0 when it may be any day."""
    earliest: dict[str, int] = {}
    people = loaded.people
    today = local_day(loaded.now, loaded.terms.defaults.zone)
    for step in steps:
        order = step.order
        person = people.get(step.customer)
        known = person is not None and order.order_id in person.accounts[step.customer].orders
        gone = not known and order.received_at < loaded.now
        # A cycle follows the latest order that counts: when that one is cancelled, the one before may be any age.
        undone = known and order.cancelled_at is not None and bool(loaded.account(step.customer).cycles)
        # The day before, whatever the store's zone.
        at = order.ordered_at if order.ordered_at.tzinfo is UTC else order.ordered_at.astimezone(UTC)
        day = 0 if gone or undone else min(today, at.toordinal() - 1)
        if day < earliest.get(step.customer, today + 1):
            earliest[step.customer] = day
    return earliest


def _count(before: Mapping[str, OrderRow], folded: Folded, loaded: Loaded) -> list[Delta]:
    """Orders that begin to count, or do no more."""
    counts = Orders()
    for order_id in folded.changed:
        after = folded.orders[order_id]
        zone = loaded.terms.zone(after.store_id)
        if order_id in before:
            counts.add(before[order_id], zone, by=-1)
        counts.add(after, zone, by=1)
    return counts.deltas()
