"""How answers come in after an email, and rates by language, which no tally keeps: rows counted on demand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from surveyor.core.delivery import counted as delivered_as
from surveyor.core.periods import RATES_FINAL_AFTER_DAYS, Period
from surveyor.core.scope import Reach
from surveyor.core.tally import Tally
from surveyor.db.inside import inside
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response


def answers_by_age(session: Session, reach: Reach, sent: Period, *, rule: str = "") -> dict[int, int]:
    """Whole days from an email sent in these days to its answer -> how many answers that stand."""
    r, i = Response, Invitation
    last = sent.last + timedelta(days=RATES_FINAL_AFTER_DAYS)
    query = (
        select(i.sent_day, r.day, func.count())
        .select_from(r)
        .join(i, i.id == r.invitation_id)
        .outerjoin(Store, Store.id == r.store_id)
        .where(r.day >= sent.first, r.day <= last, r.score.is_not(None))
        .where(i.sent_day >= sent.first, i.sent_day <= sent.last)
        .where(inside(reach, store=r.store_id, segment=r.segment))
        .group_by(i.sent_day, r.day)
    )
    found: dict[int, int] = {}
    rows: Any = session.execute(query.where(i.rule_id == rule) if rule else query)
    for sent_day, day, n in rows:
        age = max(0, (day - sent_day).days)
        found[age] = found.get(age, 0) + n
    return found


def by_language(session: Session, reach: Reach, period: Period, *, rule: str = "") -> dict[str, Tally]:
    """Language of the email -> the counts of the emails sent in a period, by the formulas of the tallies."""
    i, e, r = Invitation, Email, Response
    visited = case((i.visited_at.is_not(None), 1), else_=0).label("visited")
    answered = case((r.score.is_not(None), 1), else_=0).label("answered")
    commented = case((and_(r.score.is_not(None), r.commented.is_(True)), 1), else_=0).label("commented")
    keys: tuple[Any, ...] = (i.language, e.delivery, e.delivery_rank, visited, answered, commented)
    query = (
        select(*keys, func.count())
        .select_from(i)
        .outerjoin(e, and_(e.invitation_id == i.id, e.kind == "invitation"))
        .outerjoin(r, r.invitation_id == i.id)
        .outerjoin(Store, Store.id == i.store_id)
        .where(i.sent_day >= period.first, i.sent_day <= period.last, i.state == "sent")
        .where(inside(reach, store=i.store_id, segment=i.segment))
        .group_by(*keys)
    )
    found: dict[str, Tally] = {}
    rows: Any = session.execute(query.where(i.rule_id == rule) if rule else query)
    for row in rows:
        language, delivery, rank, seen, has_answered, has_commented, n = row
        one = Tally(sent=1, visited=seen, responded=has_answered, responded_commented=has_commented)
        one += delivered_as(delivery, rank or 0, visited=bool(seen))
        whole = Tally.from_mapping({name: value * n for name, value in one.changes().items()})
        found[language or ""] = found.get(language or "", Tally()) + whole
    return found
