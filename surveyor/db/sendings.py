"""How often people are written to and how they take it, counted on demand from invitations and responses."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from surveyor.core.indicators.counted import Ranked
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response

MOST_RANK = 4


def emails_per_customer(session: Session, reach: Reach, days: Period) -> dict[int, int]:
    """Number of emails sent in these days -> how many people got so many; two accounts of one address are one."""
    each = _sent(select(func.count().label("emails")), reach, days).group_by(Invitation.address_key).subquery()
    rows = session.execute(select(each.c.emails, func.count()).group_by(each.c.emails).order_by(each.c.emails))
    return {int(emails): int(people) for emails, people in rows}


def ranked(session: Session, reach: Reach, days: Period) -> Ranked:
    """Answers at the first, second, third and later email of a person in these days, and of those with four."""
    i = Invitation
    order: dict[str, Any] = {"partition_by": i.address_key, "order_by": (i.sent_at, i.id)}
    answered = case((Response.score.is_not(None), 1), else_=0).label("answered")
    query = _sent(
        select(
            func.row_number().over(**order).label("rank"),
            func.count().over(partition_by=i.address_key).label("total"),
            answered,
        ),
        reach,
        days,
    ).outerjoin(Response, Response.invitation_id == i.id)
    each = query.subquery()
    rank = case((each.c.rank < MOST_RANK, each.c.rank), else_=MOST_RANK)
    often = each.c.total >= MOST_RANK
    fourth = and_(often, each.c.rank == MOST_RANK)
    rows = session.execute(
        select(
            rank.label("at"),
            func.count(),
            func.sum(each.c.answered),
            func.sum(case((often, 1), else_=0)),
            func.sum(case((and_(often, each.c.rank == 1), each.c.answered), (fourth, each.c.answered), else_=0)),
        )
        .group_by("at")
        .order_by("at")
    ).all()
    found = {int(row[0]): tuple(int(value) for value in row[1:]) for row in rows}
    first, last = found.get(1, (0, 0, 0, 0)), found.get(MOST_RANK, (0, 0, 0, 0))
    by_rank = {str(at): (found[at][1], found[at][0]) for at in sorted(found)}
    return Ranked(customers=first[2], responded_first=first[3], responded_fourth=last[3], by_rank=by_rank)


def answer_hours(session: Session, reach: Reach, days: Period) -> list[float]:
    """Hours from sent to the first answer that counted, for invitations sent in these days."""
    query = _sent(select(Invitation.sent_at, Response.answered_at), reach, days)
    rows = session.execute(
        query.join(Response, Response.invitation_id == Invitation.id).where(Response.score.is_not(None))
    )
    return [_hours(sent, answered) for sent, answered in rows if sent is not None and answered is not None]


def _hours(sent: datetime, answered: datetime) -> float:
    return max(0.0, (answered - sent).total_seconds() / 3600)


def _sent(query: Any, reach: Reach, days: Period) -> Any:
    i = Invitation
    first, last = _days(days)
    return (
        query.select_from(i)
        .outerjoin(Store, Store.id == i.store_id)
        .where(i.sent_day >= first, i.sent_day <= last, inside(reach, store=i.store_id, segment=i.segment))
    )


def _days(days: Period) -> tuple[date, date]:
    return days.first, days.last
