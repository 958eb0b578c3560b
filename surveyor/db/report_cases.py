"""What reports say of replies and of what waits for one, store by store in one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from surveyor.core.indicators.reviews import LOWEST_NOT_DETRACTOR, Review
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside, within
from surveyor.db.report_figures import EVERYWHERE, Wrote
from surveyor.db.tables.cases import Case
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.labels import Labelling
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision

_R = Response


def unanswered(session: Session, reach: Reach, period: Period) -> list[Wrote]:
    """Detractors of a period who wrote something and got no reply, in no case that is closed; the oldest first."""
    v = ResponseRevision
    query = (
        select(_R.store_id, _R.invitation_id, _R.score, v.verbatim, _R.day, _R.answered_at, Case.id)
        .join(v, (v.invitation_id == _R.invitation_id) & (v.n == _R.standing))
        .outerjoin(Case, Case.invitation_id == _R.invitation_id)
        .outerjoin(Store, Store.id == _R.store_id)
        .where(_R.day >= period.first, _R.day <= period.last, _R.commented.is_(True), _R.source == "email")
        .where(_R.score <= 6, v.verbatim.is_not(None), v.verbatim != "")
        .where(
            Case.replied_at.is_(None), Case.closed_at.is_(None), inside(reach, store=_R.store_id, segment=_R.segment)
        )
        .order_by(_R.answered_at, _R.invitation_id)
    )
    rows: Any = session.execute(query)
    return [Wrote(*row) for row in rows]


class Grave(NamedTuple):
    """A comment in which something grave was found: ids of the lexicon's themes."""

    store: str
    id: UUID
    themes: Sequence[str]


def grave(session: Session, reach: Reach, period: Period) -> list[Grave]:
    """Comments of a period with a grave theme whose case is not closed, the newest first."""
    query = (
        select(_R.store_id, _R.invitation_id, Labelling.themes)
        .join(Labelling, Labelling.invitation_id == _R.invitation_id)
        .outerjoin(Case, Case.invitation_id == _R.invitation_id)
        .outerjoin(Store, Store.id == _R.store_id)
        .where(_R.day >= period.first, _R.day <= period.last, _R.score.is_not(None), Labelling.themes != "")
        .where(Case.closed_at.is_(None), inside(reach, store=_R.store_id, segment=_R.segment))
        .order_by(_R.answered_at.desc(), _R.invitation_id.desc())
    )
    return [Grave(row[0], row[1], row[2].split()) for row in session.execute(query)]


def asked_for(
    session: Session, period: Period, reach: Reach = EVERYWHERE
) -> tuple[dict[str, list[Review]], dict[str, list[datetime]]]:
    """Store -> responses of a period with a comment or a call-back request, and their first replies: REV-03 to 05.

    Then store -> when the detractors among them answered who wrote something, got no reply and have no closed case.
    """
    c = Case
    called = c.call_back_at.is_not(None)
    query = (
        select(_R.store_id, _R.score, _R.answered_at, c.replied_at, _R.commented, called, c.closed_at.is_not(None))
        .outerjoin(c, c.invitation_id == _R.invitation_id)
        .where(_R.day >= period.first, _R.day <= period.last, _R.score.is_not(None), _R.source == "email")
        .where(or_(_R.commented.is_(True), called))
    )
    query = within(query, reach, store=_R.store_id, segment=_R.segment)
    found: dict[str, list[Review]] = {}
    waiting: dict[str, list[datetime]] = {}
    rows: Any = session.connection().execute(query)
    for store, score, answered, replied, commented, asked, closed in rows:
        found.setdefault(store, []).append(Review(score, answered, replied, bool(commented), bool(asked)))
        if commented and replied is None and not closed and score < LOWEST_NOT_DETRACTOR:
            waiting.setdefault(store, []).append(answered)
    return found, waiting


def came_back(session: Session, period: Period, reach: Reach = EVERYWHERE) -> dict[str, tuple[int, int]]:
    """Store -> (yes, answers) to the question after a reply, of the responses of a period: REV-07."""
    c = Case
    yes = func.sum(case((c.come_back.is_(True), 1), else_=0))
    query = select(c.store_id, yes, func.count()).where(c.come_back.is_not(None))
    query = query.where(c.day >= period.first, c.day <= period.last).group_by(c.store_id)
    query = within(query, reach, store=c.store_id, segment=c.segment)
    return {store: (int(back), int(n)) for store, back, n in session.execute(query)}


class Returned(NamedTuple):
    """A detractor: whether we replied, since when the 60 days run, and when they ordered next."""

    store: str
    replied: bool
    since: datetime
    ordered_at: datetime | None


def returned(session: Session, period: Period, reach: Reach = EVERYWHERE) -> list[Returned]:
    """REV-08 of every store: the detractors of a period, and their first order after our reply, else after theirs."""
    i, o = Invitation, Order
    since = func.coalesce(Case.replied_at, _R.answered_at)
    first = (
        select(func.min(o.ordered_at))
        .where(o.customer_id == i.customer_id, o.ordered_at > since, o.cancelled_at.is_(None))
        .correlate(i, Case, _R)
        .scalar_subquery()
    )
    query = (
        select(_R.store_id, Case.replied_at, _R.answered_at, first)
        .select_from(_R)
        .join(i, i.id == _R.invitation_id)
        .outerjoin(Case, Case.invitation_id == _R.invitation_id)
        .where(_R.score <= 6, _R.source == "email", _R.day >= period.first, _R.day <= period.last)
    )
    query = within(query, reach, store=_R.store_id, segment=_R.segment)
    rows: Any = session.execute(query)
    return [Returned(row[0], row[1] is not None, row[1] or row[2], row[3]) for row in rows]
