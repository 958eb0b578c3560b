"""Reviews that wait for somebody: words that changed, delays promised to the public, authors to be written to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from surveyor.db.reviews import OURS
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response
from surveyor.db.tables.reviews import Review

_R, _I, _S, _C, _A = Review, Invitation, Store, Customer, Response


def moved_on(session: Session, *, limit: int = 200) -> list[tuple[UUID, int | None, bool]]:
    """Reviews whose words no longer stand: (id, the revision that stands now or None, whether it has any words)."""
    query = (
        select(_R.id, _A.standing, _A.commented)
        .join(_A, _A.invitation_id == _R.invitation_id)
        .where(_R.source == OURS, _R.state.in_(("waiting", "published")))
        .where(or_(_A.standing.is_(None), _A.standing != _R.revision))
        .order_by(_R.id)
        .limit(limit)
    )
    return [(row.id, row.standing, bool(row.commented)) for row in session.execute(query)]


def kept_too_long(session: Session, brand_id: str, before: datetime) -> list[UUID]:
    """Published reviews of a brand from before an instant."""
    query = (
        select(_R.id)
        .join(_S, _S.id == _R.store_id)
        .where(_S.brand_id == brand_id, _R.state == "published", _R.published_at < before)
    )
    return list(session.scalars(query))


def late(session: Session, brand_id: str, before: datetime) -> int:
    """How many reviews of a brand wait since before an instant."""
    query = (
        select(func.count())
        .select_from(_R)
        .join(_S, _S.id == _R.store_id)
        .where(_S.brand_id == brand_id, _R.state == "waiting", _R.deposited_at < before)
    )
    return session.scalar(query) or 0


def refusals_without_notice(session: Session) -> list[UUID]:
    """Refused reviews whose author can be written to and was not (E11)."""
    query = (
        select(_R.id)
        .join(_I, _I.id == _R.invitation_id)
        .join(_C, _C.id == _I.customer_id)
        .where(_R.state == "refused", _R.notice_id.is_(None), _C.erased_at.is_(None), _C.email != "")
    )
    return list(session.scalars(query))
