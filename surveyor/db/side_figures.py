"""Costs, tickets and mentions as formulas want them, read on demand between the tables of files and the registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.base import Instant
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.imported import CustomerOrigin, MarketingCost, SocialMention, Ticket
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order

Span = tuple[datetime, datetime]
_NOTHING = literal("")
_at: Any = func.coalesce(Order.fulfilled_at, Order.ordered_at)


@dataclass(frozen=True, slots=True)
class Cost:
    """Money over days, both included."""

    amount: Decimal
    first_day: date
    last_day: date


def any_costs(session: Session) -> bool:
    """Whether a file of costs ever came."""
    return session.scalar(select(MarketingCost.id).limit(1)) is not None


def costs(session: Session, reach: Reach, period: Period) -> list[Cost]:
    """Costs in euros that touch a period; those of the whole network belong to the network alone."""
    c = MarketingCost
    rows = session.execute(
        select(c.amount, c.first_day, c.last_day)
        .outerjoin(Store, Store.id == c.store_id)
        .where(c.first_day <= period.last, c.last_day >= period.first, c.currency == "EUR", _here(reach, c.store_id))
    )
    return [Cost(Decimal(amount), first, last) for amount, first, last in rows]


def new_customers(session: Session, reach: Reach, period: Span) -> Counter[str]:
    """People whose first order ever is in the period, by where they came from; "" when nobody said."""
    o, c = Order, Customer
    person = (c.address_key, case((c.address_key.is_(None), c.id)))
    firsts = (
        select(func.min(_at).label("first"), func.max(CustomerOrigin.origin).label("origin"))
        .select_from(o)
        .join(c, c.id == o.customer_id)
        .outerjoin(CustomerOrigin, CustomerOrigin.customer_id == c.id)
        .outerjoin(Store, Store.id == o.store_id)
        .where(o.cancelled_at.is_(None), inside(reach, store=o.store_id, segment=o.segment), _at < period[1])
        .group_by(*person)
        .subquery()
    )
    rows = session.execute(
        select(firsts.c.origin, func.count())
        .where(firsts.c.first >= literal(period[0], Instant()))
        .group_by(firsts.c.origin)
    )
    return Counter({origin or "": n for origin, n in rows})


def any_origins(session: Session) -> bool:
    """Whether anybody ever said where a customer came from."""
    return session.scalar(select(CustomerOrigin.customer_id).limit(1)) is not None


def turnover(session: Session, reach: Reach, period: Span) -> tuple[Decimal, int]:
    """Euros and number of the orders of a period that say an amount."""
    o = Order
    row = session.execute(
        select(func.sum(o.amount), func.count(o.amount))
        .outerjoin(Store, Store.id == o.store_id)
        .where(o.cancelled_at.is_(None), o.customer_id.is_not(None), _at >= period[0], _at < period[1])
        .where(inside(reach, store=o.store_id, segment=o.segment), or_(o.currency == "EUR", o.currency.is_(None)))
    ).one()
    return Decimal(row[0] or 0), int(row[1])


def any_tickets(session: Session) -> bool:
    """Whether a file of tickets ever came."""
    return session.scalar(select(Ticket.id).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One ticket; again: when the same person wrote about the same topic next, None: not yet."""

    created_at: datetime
    first_reply_at: datetime | None
    resolved_at: datetime | None
    again: datetime | None
    agent_minutes: Decimal | None
    quality: Decimal | None


def tickets(session: Session, reach: Reach, period: Span) -> Sequence[TicketRow]:
    """Tickets that were created, answered or resolved in a period, or open at its end."""
    t, other = Ticket, aliased(Ticket)
    again = (
        select(func.min(other.created_at, type_=Instant()))
        .where(other.person_key == t.person_key, other.topic == t.topic, other.created_at > t.created_at)
        .correlate(t)
        .scalar_subquery()
    )
    since = literal(period[0], Instant())
    rows = session.execute(
        select(t.created_at, t.first_reply_at, t.resolved_at, again, t.agent_minutes, t.quality)
        .outerjoin(Store, Store.id == t.store_id)
        .where(t.created_at < period[1], _here(reach, t.store_id))
        .where(or_(t.created_at >= since, t.first_reply_at >= since, t.resolved_at >= since, t.resolved_at.is_(None)))
    )
    return [TicketRow(*row) for row in rows]


def any_mentions(session: Session) -> bool:
    """Whether a file of mentions ever came."""
    return session.scalar(select(SocialMention.id).limit(1)) is not None


def polarities(session: Session, reach: Reach, period: Period) -> tuple[int, int, int]:
    """Mentions of a period: positive, neutral, negative."""
    m = SocialMention
    rows = session.execute(
        select(m.polarity, func.count())
        .outerjoin(Store, Store.id == m.store_id)
        .where(m.day >= period.first, m.day <= period.last, _here(reach, m.store_id))
        .group_by(m.polarity)
    )
    found: dict[int, int] = {polarity: n for polarity, n in rows}  # noqa: C416 - rows are no pairs to a type checker
    return found.get(1, 0), found.get(0, 0), found.get(-1, 0)


def _here(reach: Reach, store: Any) -> Any:
    """Inside a reader's scopes; what names no store belongs to the network, and nothing of it to a segment."""
    return inside(reach, store=store, segment=_NOTHING)
