"""What a survey page may say of the order behind its link: the day, and nothing else."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision


def order_day(session: Session, invitation_id: UUID) -> date | None:
    """The store's local day of the order; None when it is no longer known."""
    row = session.execute(_days().where(Invitation.id == invitation_id)).first()
    if row is None:
        return None
    at = row.at if isinstance(row.at, datetime) else datetime.fromisoformat(str(row.at))
    return at.astimezone(ZoneInfo(row.zone)).date()


@cache
def _days() -> Any:
    return select(func.coalesce(Order.fulfilled_at, Order.ordered_at).label("at"), Invitation.zone).join(
        Invitation, Invitation.order_id == Order.order_id
    )


def standing_answers(session: Session, invitation_id: UUID) -> tuple[dict[str, Any], date | None]:
    """The answers that stand, as core/surveys wrote them, and their day; nothing when nothing stands."""
    row = session.execute(
        select(ResponseRevision.answers, Response.day)
        .join(
            Response,
            and_(Response.invitation_id == ResponseRevision.invitation_id, Response.standing == ResponseRevision.n),
        )
        .where(Response.invitation_id == invitation_id)
    ).first()
    return ({}, None) if row is None else (dict(row.answers or {}), row.day)
