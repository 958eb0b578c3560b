"""What replies came to: first replies, customers who came back, detractors and their next order (REV-03 to 08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.cases import Case
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response


@dataclass(frozen=True, slots=True)
class Replied:
    """A response with a comment or a call-back request, and its first reply, for REV-03 to 05."""

    score: int
    answered_at: datetime
    replied_at: datetime | None
    commented: bool = True
    call_back: bool = False


def replied(session: Session, reach: Reach, period: Period, *, asked: bool = False) -> list[Replied]:
    """Commented responses of a period, by the day they came, whatever became of them.

    asked: those without a comment as well whose customer asked to be written to.
    """
    r = Response
    query = (
        select(r.score, r.answered_at, Case.replied_at, r.commented, Case.call_back_at.is_not(None))
        .select_from(r)
        .outerjoin(Case, Case.invitation_id == r.invitation_id)
        .outerjoin(Store, Store.id == r.store_id)
        .where(r.source == "email", r.day >= period.first, r.day <= period.last)
        .where(r.score.is_not(None), inside(reach, store=r.store_id, segment=r.segment))
        .where(or_(r.commented.is_(True), Case.call_back_at.is_not(None)) if asked else r.commented.is_(True))
    )
    rows: Any = session.execute(query)
    return [Replied(row[0], row[1], row[2], bool(row[3]), bool(row[4])) for row in rows]


def came_back(session: Session, reach: Reach, period: Period) -> tuple[int, int]:
    """REV-07: (yes, answers) to the question after a reply, by the day of the response."""
    c = Case
    query = select(_sum(c.come_back.is_(True)), func.count()).select_from(c).outerjoin(Store, Store.id == c.store_id)
    query = query.where(c.come_back.is_not(None), c.day >= period.first, c.day <= period.last)
    row = session.execute(query.where(inside(reach, store=c.store_id, segment=c.segment))).one()
    return int(row[0]), int(row[1])


@dataclass(frozen=True, slots=True)
class Detractor:
    """A detractor of a period, the first reply to them, and the first order after `since` (reply, else answer)."""

    replied: bool
    since: datetime
    ordered_at: datetime | None


def detractors(session: Session, reach: Reach, period: Period) -> list[Detractor]:
    """REV-08: detractors and their next order after our reply, or after their answer when there was none."""
    r, i, o = Response, Invitation, Order
    since = func.coalesce(Case.replied_at, r.answered_at)
    first = (
        select(func.min(o.ordered_at))
        .where(o.customer_id == i.customer_id, o.ordered_at > since, o.cancelled_at.is_(None))
        .correlate(i, Case, r)
        .scalar_subquery()
    )
    query = (
        select(Case.replied_at, r.answered_at, first)
        .select_from(r)
        .join(i, i.id == r.invitation_id)
        .outerjoin(Case, Case.invitation_id == r.invitation_id)
        .outerjoin(Store, Store.id == r.store_id)
        .where(r.score <= 6, r.source == "email", r.day >= period.first, r.day <= period.last)
        .where(inside(reach, store=r.store_id, segment=r.segment))
    )
    rows: Any = session.execute(query)
    return [Detractor(row[0] is not None, row[0] or row[1], row[2]) for row in rows]


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
