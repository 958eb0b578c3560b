"""What tests of orders share: rules published as text, events written short, rows read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import Keyring
from surveyor.db import rules
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.record_orders import Receipt, record_orders
from surveyor.ingest.payload import read_event

KEYS = Keyring((bytes(range(32)),))
PARIS = Defaults("Europe/Paris", "fr")
STD = '[[rule]]\nid = "std"\n'


def at(text: str) -> datetime:
    """ "2026-01-05T17:00" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def use_rules(sessions: Any, text: str = STD, *, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> int:
    """Publish a text as the next version, without the ceremony."""
    with sessions.begin() as session:
        over = rules.lock_active(session)
        number = (over or 0) + 1
        rules.publish(
            session, rules.Version(number, over, text, rules.sha256(text), "tests", "because", now), over=over
        )
    return number


def event(order: str, customer: str, when: datetime, **fields: Any) -> OrderEvent:
    """A completed order at store S1; the customer's address is theirs unless said otherwise."""
    item = {
        "event_id": f"{fields.get('type', 'order.completed')}:{order}",
        "type": "order.completed",
        "order_id": order,
        "customer_id": customer,
        "store_id": "S1",
        "email": f"{customer}@example.org" if customer else "",
        "ordered_at": when.isoformat(),
    }
    return read_event({**item, **fields}, now=when + timedelta(days=3650))


def record(sessions: Any, *events: OrderEvent, now: datetime, **options: Any) -> Receipt:
    """Record a batch of source `test`."""
    return record_orders(sessions, events, **{"source": "test", "now": now, "keys": KEYS, "defaults": PARIS, **options})


def decisions(sessions: Any) -> list[tuple[str, str, str, str | None]]:
    """(order, rule, verdict, reason), by order and rule."""
    d = DecisionRow
    with sessions.begin() as session:
        rows = session.execute(select(d.order_id, d.rule_id, d.verdict, d.reason).order_by(d.order_id, d.rule_id))
        return [tuple(row) for row in rows]


def invitations(sessions: Any) -> list[tuple[str, str, str | None, datetime]]:
    """(order, state, reason, due), by order."""
    i = Invitation
    with sessions.begin() as session:
        rows = session.execute(select(i.order_id, i.state, i.reason, i.due_at).order_by(i.order_id))
        return [tuple(row) for row in rows]
