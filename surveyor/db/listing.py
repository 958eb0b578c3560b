"""Pages of responses, invitations and decisions for machines: by key, in a stable order, inside a reader's scopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision

Sort = Literal["responded_at", "score"]


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind the row with these values of the sort and id."""

    value: Any
    id: UUID


def responses(
    session: Session,
    reach: Reach,
    period: Period,
    *,
    limit: int,
    sort: Sort = "responded_at",
    after: After | None = None,
) -> Sequence[dict[str, Any]]:
    """Responses that stand, oldest first or by score; no identity. period: local days of the answers."""
    key: Any = Response.answered_at if sort == "responded_at" else Response.score
    query = (
        select(
            Response.invitation_id.label("id"),
            Response.answered_at.label("responded_at"),
            Response.day,
            Response.score,
            ResponseRevision.verbatim.label("comment"),
            ResponseRevision.answers,
            Response.store_id,
            Response.segment,
            Response.rule_id,
            Response.rule_version,
            Response.questionnaire_version,
            Response.language,
            Response.source,
            Invitation.sent_at,
        )
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(
            ResponseRevision,
            and_(ResponseRevision.invitation_id == Response.invitation_id, ResponseRevision.n == Response.standing),
        )
        .join(Store, Store.id == Response.store_id, isouter=True)
        .where(Response.score.is_not(None), Response.day >= period.first, Response.day <= period.last)
        .where(inside(reach, store=Response.store_id, segment=Response.segment))
    )
    return _page(session, query, key, Response.invitation_id, after, limit)


def invitations(
    session: Session, reach: Reach, period: Period, *, limit: int, after: After | None = None
) -> Sequence[dict[str, Any]]:
    """Invitations by the local day of the order that was decided upon, oldest first."""
    row = Invitation
    query = (
        select(
            row.id,
            Customer.external_id.label("customer_id"),
            row.order_id,
            row.store_id,
            row.segment,
            row.rule_id,
            row.rule_version,
            row.state,
            row.reason,
            row.decision_day,
            row.due_at,
            row.sent_at,
            row.expires_at,
            row.created_at,
        )
        .join(Customer, Customer.id == row.customer_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.decision_day >= period.first, row.decision_day <= period.last)
        .where(inside(reach, store=row.store_id, segment=row.segment))
    )
    return _page(session, query, row.created_at, row.id, after, limit)


def decisions(
    session: Session, reach: Reach, period: Period, *, limit: int, after: After | None = None
) -> Sequence[dict[str, Any]]:
    """Decisions that stand, by the local day of the order, oldest first."""
    row = DecisionRow
    query = (
        select(
            row.id,
            Customer.external_id.label("customer_id"),
            row.order_id,
            row.occurrence_on,
            row.rule_id,
            row.rule_version,
            row.verdict,
            row.reason,
            row.store_id,
            row.segment,
            row.day,
            row.planned_at,
            row.cause,
            row.facts,
            row.decided_at,
        )
        .join(Customer, Customer.id == row.customer_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.day >= period.first, row.day <= period.last, inside(reach, store=row.store_id, segment=row.segment))
    )
    return _page(session, query, row.decided_at, row.id, after, limit)


def _page(
    session: Session, query: Any, key: Any, row_id: Any, after: After | None, limit: int
) -> Sequence[dict[str, Any]]:
    if after is not None:
        query = query.where(or_(key > after.value, and_(key == after.value, row_id > after.id)))
    return [dict(one) for one in session.execute(query.order_by(key, row_id).limit(limit)).mappings()]
