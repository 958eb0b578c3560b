"""Pages of responses, invitations and decisions for machines: by key, in a stable order, inside a reader's scopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select, tuple_, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision

#: `walk` is how a whole list is read: each page costs the same, by an index, and its rows are tuples as the driver
#: gives them; `named`: with who answered. The others give dicts.
Sort = Literal["responded_at", "score", "walk", "named"]


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind the row with these values of the sort and id (`walk`: a tuple of what precedes)."""

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
) -> Sequence[Any]:
    """Responses that stand, oldest first, by score, or by day and store. period: local days of the answers.

    No identity but with `named`, for the few who may know.
    """
    by_day = (Response.day, Response.store_id)
    keys: Any = {"responded_at": Response.answered_at, "score": Response.score, "walk": by_day, "named": by_day}
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
    if sort == "named":
        known = (Customer.external_id.label("customer_id"), Customer.email, Customer.first_name, Customer.last_name)
        query = query.add_columns(*known).join(Customer, Customer.id == Invitation.customer_id)
    return _page(session, query, keys[sort], Response.invitation_id, after, limit)


def invitations(
    session: Session, reach: Reach, period: Period, *, limit: int, after: After | None = None, walk: bool = False
) -> Sequence[Any]:
    """Invitations by the local day of the order that was decided upon, oldest first (walk: in the order of ids)."""
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
    return _page(session, query, () if walk else row.created_at, row.id, after, limit)


def decisions(
    session: Session, reach: Reach, period: Period, *, limit: int, after: After | None = None, walk: bool = False
) -> Sequence[Any]:
    """Decisions that stand, by the local day of the order, oldest first (walk: by day and store)."""
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
    return _page(session, query, (row.day, row.store_id) if walk else row.decided_at, row.id, after, limit)


def _page(session: Session, query: Any, key: Any, row_id: Any, after: After | None, limit: int) -> Sequence[Any]:
    keys = key if isinstance(key, tuple) else None
    if after is not None and keys is None:
        query = query.where(or_(key > after.value, and_(key == after.value, row_id > after.id)))
    elif after is not None and keys:
        columns, values = (*keys, row_id), (*after.value, after.id)
        # Each value with its column's type: a tuple alone would bind an id as the driver likes, and never end.
        typed = [bindparam(None, value, type_=one.type) for one, value in zip(columns, values, strict=True)]
        query = query.where(tuple_(*columns) > tuple_(*typed))
    elif after is not None:
        query = query.where(row_id > after.id)
    if keys is None:
        return [dict(one) for one in session.execute(query.order_by(key, row_id).limit(limit)).mappings()]
    # As the driver gives them: a file of a million rows makes no object that it would only write down again.
    raw = [type_coerce(column, NullType()).label(column.name) for column in query.selected_columns]
    whole = query.with_only_columns(*raw, maintain_column_froms=True).order_by(*keys, row_id).limit(limit)
    found = session.connection().execute(whole)
    rows: Sequence[Any] = found.cursor.fetchall() if found.cursor is not None else ()
    found.close()
    return rows


def behind(row: Sequence[Any], columns: Sequence[str], keys: Sequence[str]) -> After:
    """Where the page after a row of a walk begins; keys: the columns that it goes by, before the id."""
    values = dict(zip(columns, row, strict=True))
    days = (values[name] for name in keys)
    key = values["id"]
    return After(
        tuple(
            date.fromisoformat(one) if name.endswith("day") and isinstance(one, str) else one
            for name, one in zip(keys, days, strict=True)
        ),
        UUID(bytes=bytes(key)) if isinstance(key, bytes) else key,
    )
