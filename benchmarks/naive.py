"""What one writes first to take orders: each event looked up, added, decided and committed by an ORM, one by one.

The peer of row 4. It leaves the events, customers, orders, decisions, invitations and emails that the line leaves, for
the one rule of the benchmarks (`data.RULES`), and no tallies: dashboards would count rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from benchmarks import data
from benchmarks.databases import Place
from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import Purpose, digest
from surveyor.db.base import new_id
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order, OrderEventRow

WINDOW = COOLDOWN = timedelta(days=61)
DELAY = timedelta(days=2)
_VERDICTS = {None: "SCHEDULED", "BELOW_MIN_ORDERS": "NOT_ELIGIBLE"}


def take(place: Place, events: Sequence[OrderEvent]) -> int:
    """One transaction an event."""
    for event in events:
        with place.sessions.begin() as session:
            known = select(OrderEventRow.id).where(
                OrderEventRow.source == "bench",
                OrderEventRow.event_id == event.event_id,
                OrderEventRow.state != "conflict",
            )
            if session.scalar(known) is None:
                _add(session, event)
    return len(events)


def _add(session: Any, event: OrderEvent) -> None:
    customer = session.scalar(select(Customer).where(Customer.external_id == event.customer_id))
    if customer is None:
        customer = Customer(
            id=new_id(data.NOW),
            external_id=event.customer_id,
            email=event.email,
            address_key=data.KEYS.address_key(event.email),
            segment=event.segment,
            created_at=data.NOW,
        )
        session.add(customer)
        session.flush()
    session.add(
        OrderEventRow(
            id=new_id(data.NOW),
            source="bench",
            event_id=event.event_id,
            content_sha256=event.content_sha256,
            body=event.body.decode(),
            state="decided",
            received_at=data.NOW,
        )
    )
    session.add(
        Order(
            id=new_id(data.NOW),
            order_id=event.order_id,
            customer_id=customer.id,
            store_id=event.store_id,
            ordered_at=event.ordered_at,
            fulfilled_at=event.completion(),
            amount=event.amount,
            currency=event.currency,
            segment=event.segment,
            source="bench",
            received_at=data.NOW,
        )
    )
    reason = _refusal(session, event, customer)
    day, at = event.ordered_at.date(), event.ordered_at + DELAY
    session.add(
        DecisionRow(
            id=new_id(data.NOW),
            customer_id=customer.id,
            order_id=event.order_id,
            rule_id="std",
            rule_version=1,
            verdict=_VERDICTS.get(reason, "SUPPRESSED"),
            reason=reason,
            store_id=event.store_id,
            segment=event.segment,
            day=day,
            planned_at=at,
            cause="order",
            facts={},
            decided_at=data.NOW,
        )
    )
    if reason is None:
        _invite(session, event, customer, day, at)


def _refusal(session: Any, event: OrderEvent, customer: Customer) -> str | None:
    """Too few orders in the window, an open invitation, or one sent too recently: a query each."""
    before = select(func.count()).where(
        Order.customer_id == customer.id,
        Order.ordered_at > event.ordered_at - WINDOW,
        Order.ordered_at <= event.ordered_at,
        Order.cancelled_at.is_(None),
    )
    if session.scalar(before) + 1 < 2:
        return "BELOW_MIN_ORDERS"
    asked = select(Invitation.state, Invitation.sent_at).where(Invitation.address_key == customer.address_key)
    found = session.execute(asked).all()
    if any(row.state == "scheduled" for row in found):
        return "OPEN_SOLICITATION"
    sent = max((row.sent_at for row in found if row.sent_at is not None), default=None)
    return "COOLDOWN" if sent is not None and event.ordered_at - sent < COOLDOWN else None


def _invite(session: Any, event: OrderEvent, customer: Customer, day: date, at: datetime) -> None:
    invitation, email = new_id(data.NOW), new_id(data.NOW)
    due = {"due_at": at, "address_key": customer.address_key, "customer_id": customer.id}
    session.add(
        Invitation(
            id=invitation,
            dedupe_key=f"order:std:{event.order_id}",
            rule_id="std",
            rule_version=1,
            snapshot={"id": "std"},
            order_id=event.order_id,
            store_id=event.store_id,
            segment=event.segment,
            zone="Europe/Paris",
            decision_day=day,
            due_on=at.date(),
            key_id=data.KEYS.newest_id,
            token_sha256=digest(data.KEYS.token(Purpose.SURVEY, invitation)),
            created_at=data.NOW,
            **due,
        )
    )
    session.flush()
    session.add(
        Email(
            id=email,
            kind="invitation",
            priority=5,
            invitation_id=invitation,
            dedupe_key=f"invitation:{invitation.hex}",
            domain_group="other",
            expires_at=at + timedelta(days=8),
            key_id=data.KEYS.newest_id,
            unsubscribe_sha256=digest(data.KEYS.token(Purpose.UNSUBSCRIBE, email)),
            **due,
        )
    )
