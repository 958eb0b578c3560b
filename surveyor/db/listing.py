"""Pages of responses, invitations and decisions for machines: by key, in a stable order, inside a reader's scopes.

Each goes by the days of an index, so that a page of a long period costs what one of a short period does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, bindparam, select, tuple_, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import SCORE_COUNTS, ZERO
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tallies.read import sums

#: `walk` is how a whole list is read: its rows are tuples as the driver gives them; `named`: with who answered. The
#: others give dicts.
Sort = Literal["responded_at", "score", "walk", "named"]


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind the row with these values of the columns that the list goes by, and this id."""

    value: tuple[Any, ...]
    id: UUID


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is said of each row, which they are, the columns that they go by before their id; store: where they are."""

    about: Any
    where: tuple[Any, ...]
    keys: tuple[Any, ...]
    id: Any
    store: Any


def responses(
    session: Session,
    reach: Reach,
    period: Period,
    *,
    limit: int,
    sort: Sort = "responded_at",
    after: After | None = None,
) -> Sequence[Any]:
    """Responses that stand, by their day and instant, by score and then so, or by day and store. period: local days of
    the answers.

    No identity but with `named`, for the few who may know.
    """
    about = (
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
    )
    if sort == "named":
        known = (Customer.external_id.label("customer_id"), Customer.email, Customer.first_name, Customer.last_name)
        about = about.add_columns(*known).join(Customer, Customer.id == Invitation.customer_id)
    where = (
        *(Response.score.is_not(None), Response.day >= period.first, Response.day <= period.last),
        inside(reach, store=Response.store_id, segment=Response.segment),
    )
    rows = _Rows(about, where, (Response.day, Response.answered_at), Response.invitation_id, Response.store_id)
    if sort in ("walk", "named"):
        return _walk(session, replace(rows, keys=(Response.day, Response.store_id)), after, limit)
    if sort == "score":
        return _by_score(session, rows, _scores(session, reach, period), after, limit)
    return _page(session, rows, after, limit)


def _by_score(session: Session, rows: _Rows, scores: Sequence[int], after: After | None, limit: int) -> Sequence[Any]:
    """One score after the other, each by day: a year of answers is not sorted to show the hundred lowest."""
    found: list[Any] = []
    for score in scores:
        if len(found) >= limit or (after is not None and score < after.value[0]):
            continue
        began = after is not None and score == after.value[0]
        behind_it = After(after.value[1:], after.id) if after is not None and began else None
        given = replace(rows, where=(*rows.where, Response.score == score))
        found += _page(session, given, behind_it, limit - len(found))
    return found


def _scores(session: Session, reach: Reach, period: Period) -> list[int]:
    """The scores that anybody of these stores and segments gave; those of a brand or region may be fewer.

    One that nobody gave would be looked for through the whole period.
    """
    wider = tuple(Scope.of(stores=one.stores, segments=one.segments) for one in reach)
    counted = sums(session, wider, period, only=SCORE_COUNTS).get((), ZERO)
    return [score for score, name in enumerate(SCORE_COUNTS) if getattr(counted, name)]


def invitations(
    session: Session, reach: Reach, period: Period, *, limit: int, after: After | None = None, walk: bool = False
) -> Sequence[Any]:
    """Invitations by the local day of the order that was decided upon, oldest first, then by store."""
    row = Invitation
    about = select(
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
    ).join(Customer, Customer.id == row.customer_id)
    where = (
        *(row.decision_day >= period.first, row.decision_day <= period.last),
        inside(reach, store=row.store_id, segment=row.segment),
    )
    rows = _Rows(about, where, (row.decision_day, row.store_id), row.id, row.store_id)
    return (_walk if walk else _page)(session, rows, after, limit)


def decisions(
    session: Session, reach: Reach, period: Period, *, limit: int, after: After | None = None, walk: bool = False
) -> Sequence[Any]:
    """Decisions that stand, by the local day of the order, oldest first, then by store."""
    row = DecisionRow
    about = select(
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
    ).join(Customer, Customer.id == row.customer_id)
    days = (row.day >= period.first, row.day <= period.last)
    where = (*days, inside(reach, store=row.store_id, segment=row.segment))
    rows = _Rows(about, where, (row.day, row.store_id), row.id, row.store_id)
    return (_walk if walk else _page)(session, rows, after, limit)


def _page(session: Session, rows: _Rows, after: After | None, limit: int) -> Sequence[Any]:
    """Which they are first, by the index of their days alone; then what is said of them."""
    found = select(rows.id).join(Store, Store.id == rows.store, isouter=True).where(*rows.where, *_behind(rows, after))
    ids = list(session.scalars(found.order_by(*rows.keys, rows.id).limit(limit)))
    if not ids:
        return []
    told = session.execute(rows.about.where(rows.id.in_(ids)).order_by(*rows.keys, rows.id))
    return [dict(one) for one in told.mappings()]


def _behind(rows: _Rows, after: After | None) -> tuple[Any, ...]:
    """The condition of the rows after one. Its day alone is said too: it is what an index begins with."""
    if after is None:
        return ()
    columns, values = (*rows.keys, rows.id), (*after.value, after.id)
    # Each value with its column's type: a tuple alone would bind an id as the driver likes, and never end.
    typed = [bindparam(None, value, type_=one.type) for one, value in zip(columns, values, strict=True)]
    return columns[0] >= typed[0], tuple_(*columns) > tuple_(*typed)


def _walk(session: Session, rows: _Rows, after: After | None, limit: int) -> Sequence[Any]:
    """As the driver gives them: a file of a million rows makes no object that it would only write down again."""
    query = rows.about.join(Store, Store.id == rows.store, isouter=True).where(*rows.where, *_behind(rows, after))
    raw = [type_coerce(column, NullType()).label(column.name) for column in query.selected_columns]
    whole = query.with_only_columns(*raw, maintain_column_froms=True).order_by(*rows.keys, rows.id).limit(limit)
    found = session.connection().execute(whole)
    given: Sequence[Any] = found.cursor.fetchall() if found.cursor is not None else ()
    found.close()
    return given


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
