"""The rows that tallies count, read one by one, and the stored tallies that a recount is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select, text
from sqlalchemy.orm import Session

from surveyor.core.tally import COUNTS
from surveyor.db import bulk
from surveyor.db.engine import dialect_name
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.suppressions import Suppression
from surveyor.db.tables.tallies import (
    AnswerTally,
    CoarseMonth,
    CoarseTally,
    FineMonth,
    FineTally,
    ReasonTally,
    TallyChange,
)
from surveyor.db.tallies import first_of_month, latest_month, waiting

_PAGE = {"yield_per": 2000}
TABLES: dict[str, Any] = {
    "tallies_fine": FineTally,
    "tallies_coarse": CoarseTally,
    "tallies_fine_months": FineMonth,
    "tallies_coarse_months": CoarseMonth,
    "tally_reasons": ReasonTally,
    "tally_answers": AnswerTally,
}
#: Days -> the same counts by month.
MONTHS = {"tallies_fine": "tallies_fine_months", "tallies_coarse": "tallies_coarse_months"}
_NOTED_IN = frozenset((*MONTHS, *MONTHS.values()))
#: A cell of one of these tables: its key, and a column of it.
Cell = tuple[Any, ...]


def counted_orders(session: Session) -> Iterator[Any]:
    """Orders that count: of an identified customer, completed, not taken back, not of before."""
    o = Order
    query = select(o.store_id, o.segment, o.fulfilled_at).where(
        o.customer_id.is_not(None), o.fulfilled_at.is_not(None), o.cancelled_at.is_(None), o.history.is_(False)
    )
    yield from session.execute(query.execution_options(**_PAGE))


def hits(session: Session) -> Iterator[Any]:
    """Decisions SUPPRESSED or SCHEDULED, the latter with the questionnaire of their invitation."""
    d, i = DecisionRow, Invitation
    of_order = and_(d.occurrence_on.is_(None), i.occurrence.is_(None), i.order_id == d.order_id)
    of_cycle = and_(d.occurrence.is_not(None), i.occurrence == d.occurrence, i.decision_day == d.occurrence_on)
    same = and_(i.rule_id == d.rule_id, i.customer_id == d.customer_id, of_order | of_cycle)
    query = (
        select(
            d.day,
            d.store_id,
            d.rule_id,
            d.rule_version,
            d.segment,
            d.verdict,
            d.reason,
            i.questionnaire_version,
        )
        .outerjoin(i, and_(same, d.verdict == "SCHEDULED"))
        .where(d.verdict != "NOT_ELIGIBLE")
    )
    yield from session.execute(query.execution_options(**_PAGE))


def invitations(session: Session) -> Iterator[Any]:
    """Every invitation with its first email, and the response that stands."""
    i, e, r = Invitation, Email, Response
    query = (
        select(
            i.id,
            i.decision_day,
            i.sent_day,
            i.store_id,
            i.rule_id,
            i.rule_version,
            i.segment,
            i.questionnaire_version,
            i.state,
            i.reason,
            i.visited_at,
            e.state.label("email_state"),
            e.delivery,
            e.delivery_rank,
            r.score,
            r.commented,
        )
        .outerjoin(e, and_(e.invitation_id == i.id, e.kind == "invitation"))
        .outerjoin(r, r.invitation_id == i.id)
    )
    yield from session.execute(query.execution_options(**_PAGE))


def reminders(session: Session) -> Iterator[Any]:
    """Reminders sent, with the invitation they remind of."""
    i, e = Invitation, Email
    query = (
        select(i.sent_day, i.store_id, i.rule_id, i.rule_version, i.segment, i.questionnaire_version)
        .join(e, e.invitation_id == i.id)
        .where(e.kind == "reminder", e.state == "sent", i.sent_day.is_not(None))
    )
    yield from session.execute(query.execution_options(**_PAGE))


def unsubscribes(session: Session) -> Iterator[UUID]:
    """The emails whose link was used to unsubscribe, but for those that were taken back by the same person."""
    s = Suppression
    query = select(s.source, s.lifted_by).where(s.reason == "unsubscribed", s.source.like("link:%"))
    for row in session.execute(query):
        if row.lifted_by != "customer":
            yield UUID(hex=row.source.removeprefix("link:"))


def of_emails(session: Session, ids: list[UUID]) -> list[Any]:
    """The invitations of these emails, one row for each email."""
    i, e = Invitation, Email
    query = (
        select(i.sent_day, i.store_id, i.rule_id, i.rule_version, i.segment, i.questionnaire_version)
        .join(e, e.invitation_id == i.id)
        .where(e.id.in_(ids), i.sent_day.is_not(None))
    )
    return list(session.execute(query))


def standing_responses(session: Session) -> Iterator[Any]:
    """Responses that stand and came by an email, with their answers."""
    r, v = Response, ResponseRevision
    query = (
        select(
            r.day,
            r.store_id,
            r.rule_id,
            r.rule_version,
            r.segment,
            r.questionnaire_version,
            r.score,
            r.commented,
            v.answers,
            Invitation.survey,
        )
        .join(v, and_(v.invitation_id == r.invitation_id, v.n == r.standing))
        .join(Invitation, Invitation.id == r.invitation_id)
        .where(r.score.is_not(None), r.day.is_not(None), r.source == "email")
    )
    yield from session.execute(query.execution_options(**_PAGE))


def stored(session: Session, table: str) -> dict[Cell, int]:
    """The cells of a tally table, with what is noted and not yet added to them: (key…, column) -> n."""
    kind = TABLES[table].__table__
    keys = [column.name for column in kind.primary_key]
    counts = [name for name in (*COUNTS, "n") if name in kind.c]
    found: dict[Cell, int] = {}
    for row in session.execute(select(kind).execution_options(**_PAGE)).mappings():
        at = tuple(row[name] for name in keys)
        found.update({(*at, name): row[name] for name in counts if row[name]})
    if table in _NOTED_IN:
        latest = latest_month(session) if "month" in keys else None
        for (day, *others), changes in waiting(session):
            if "month" not in keys:
                key = (day, *others)
            elif latest is not None and first_of_month(day) <= latest:
                key = (first_of_month(day), *others)
            else:
                continue
            for name, n in changes.items():
                cell = (*key[: len(keys)], name)
                found[cell] = found.get(cell, 0) + n
    return found


def replace(session: Session, table: str, cells: dict[Cell, int]) -> None:
    """Write a tally table anew; what is noted of it is in the cells given."""
    kind = TABLES[table]
    keys = [column.name for column in kind.__table__.primary_key]
    counts = [name for name in (*COUNTS, "n") if name in kind.__table__.c]
    rows: dict[Cell, dict[str, int]] = {}
    for cell, n in cells.items():
        rows.setdefault(cell[:-1], {})[cell[-1]] = n
    session.execute(delete(kind))
    session.execute(delete(TallyChange))
    values = [(*at, *(row.get(name, 0) for name in counts)) for at, row in sorted(rows.items())]
    bulk.insert(session, kind, (*keys, *counts), values)


def lock_tallies(session: Session) -> None:
    """Nobody counts while a recount is made; SQLite has one writer."""
    if dialect_name(session) == "postgresql":
        session.execute(text(f"LOCK TABLE {', '.join(TABLES)}, tally_changes IN SHARE ROW EXCLUSIVE MODE"))


def freeze(session: Session) -> None:
    """Everything that this transaction reads is of one instant; to be called first. On SQLite it always is."""
    if dialect_name(session) == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
