"""Invitations whose second email is to be looked at: which are due, and what their reminder depends on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from surveyor.db.prepared import Prepared
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import ResponseRevision


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """A sent invitation. answered: any form was received; cancelled: its order was taken back since."""

    id: UUID
    customer_id: UUID
    address_key: bytes
    dedupe_key: str
    snapshot: Any
    order_id: str
    occurrence: int | None
    opened_by: str | None
    store_id: str
    zone: str
    sent_day: date
    reminder_at: datetime | None
    answered: bool
    cancelled: bool


def of_invitations(session: Session, ids: Collection[UUID]) -> dict[UUID, ReminderRow]:
    """What the reminders of these invitations depend on."""
    return {row.id: row for row in _select(session, Invitation.id.in_(sorted(ids)))} if ids else {}


def due(session: Session, *, now: datetime, limit: int) -> list[ReminderRow]:
    """Sent invitations whose reminder is to be looked at, the longest overdue first."""
    return _select(session, Invitation.reminder_at <= now, limit=limit)


def next_instant(session: Session) -> datetime | None:
    """When the next reminder is looked at; None when none is to come."""
    ((reminder_at,),) = _NEXT.rows(session)
    return reminder_at  # type: ignore[no-any-return]


_NEXT = Prepared(select(func.min(Invitation.reminder_at)).where(Invitation.reminder_at.is_not(None)))


def _select(session: Session, condition: Any, *, limit: int | None = None) -> list[ReminderRow]:
    i = Invitation
    answered = exists(select(ResponseRevision.n).where(ResponseRevision.invitation_id == i.id))
    query = (
        select(
            i.id,
            i.customer_id,
            i.address_key,
            i.dedupe_key,
            i.snapshot,
            i.order_id,
            i.occurrence,
            i.opened_by,
            i.store_id,
            i.zone,
            i.sent_day,
            i.reminder_at,
            answered,
            Order.cancelled_at.is_not(None),
        )
        .outerjoin(Order, Order.order_id == i.order_id)
        .where(i.state == "sent", condition)
        .order_by(i.reminder_at, i.id)
        .limit(limit)
    )
    return [ReminderRow(*row) for row in session.execute(query)]
