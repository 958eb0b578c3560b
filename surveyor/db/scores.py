"""CustScores as they stood each night and the formulas they were made with; figures of peers from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db import bulk
from surveyor.db.inside import inside
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response
from surveyor.db.tables.reviews import Review
from surveyor.db.tables.rules import RuleVersion
from surveyor.db.tables.scores import CustScoreDay, CustScoreVersion, PeerFigure
from surveyor.db.tables.widgets import FaqEntry, Widget, WidgetDay


@dataclass(frozen=True, slots=True)
class Night:
    """A CustScore of a night; value None: too little was known."""

    day: date
    scope: str
    version: int
    value: float | None
    coverage: float
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FormulaRow:
    """A formula: coefficients that differ from ours, and items that earn 0 when they are missing."""

    number: int
    body: Mapping[str, Any]
    why: str
    author: str
    at: datetime


def keep_night(session: Session, rows: Sequence[Night], *, now: datetime) -> None:
    """Write the scores of a night; the same night again replaces them."""
    columns = ("day", "scope", "version", "value", "coverage", "body", "made_at")
    values = [(one.day, one.scope, one.version, one.value, one.coverage, dict(one.body), now) for one in rows]
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns[2:])
    bulk.insert(session, CustScoreDay, columns, values, conflict=f"(day, scope) DO UPDATE SET {sets}")


def nights(session: Session, scope: str, period: Period) -> list[Night]:
    """The scores of a scope, in order."""
    c = CustScoreDay
    query = select(c).where(c.scope == scope, c.day >= period.first, c.day <= period.last).order_by(c.day)
    return [Night(row.day, row.scope, row.version, row.value, row.coverage, row.body) for row in session.scalars(query)]


def last_night(session: Session) -> date | None:
    """The last day that has scores."""
    return session.scalar(select(func.max(CustScoreDay.day)))


def formulas(session: Session) -> list[FormulaRow]:
    """Every formula that somebody made, the newest first; without any, ours is in force as number 1."""
    v = CustScoreVersion
    found = session.scalars(select(v).order_by(v.number.desc()))
    return [FormulaRow(row.number, row.body, row.why, row.author, row.at) for row in found]


def add_formula(session: Session, row: FormulaRow) -> None:
    """The next formula; nothing of the ones before changes."""
    values = {"number": row.number, "body": dict(row.body), "why": row.why, "author": row.author, "at": row.at}
    session.execute(insert(CustScoreVersion).values(**values))


def ruled_since(session: Session) -> datetime | None:
    """When the first rules came into force."""
    return session.scalar(select(func.min(RuleVersion.published_at)))


def responses_of(session: Session, reach: Reach, period: Period) -> tuple[int, int]:
    """(responses, commented ones) of a period."""
    r = Response
    query = (
        select(func.count(), func.count().filter(r.commented.is_(True)))
        .select_from(r)
        .outerjoin(Store, Store.id == r.store_id)
        .where(r.score.is_not(None), r.day >= period.first, r.day <= period.last)
        .where(inside(reach, store=r.store_id, segment=r.segment))
    )
    row = session.execute(query).one()
    return int(row[0]), int(row[1])


def google(session: Session, reach: Reach, first: datetime, end: datetime) -> tuple[int, float | None] | None:
    """Google reviews created between two instants: (how many, mean rating); None when none was ever imported."""
    r = Review
    if session.scalar(select(r.id).where(r.source == "google").limit(1)) is None:
        return None
    query = (
        select(func.count(), func.avg(r.rating))
        .select_from(r)
        .outerjoin(Store, Store.id == r.store_id)
        .where(r.source == "google", r.deposited_at >= first, r.deposited_at < end)
        .where(inside(reach, store=r.store_id, segment=Store.segment_id))
    )
    row = session.execute(query).one()
    return int(row[0]), None if row[1] is None else float(row[1])


def google_by_store(session: Session, first: datetime, end: datetime) -> dict[str, tuple[int, int]]:
    """Store -> (Google reviews, sum of their stars) created between two instants, of the whole network: for peers."""
    r = Review
    query = select(r.store_id, func.count(), func.sum(r.rating)).where(
        r.source == "google", r.rating.is_not(None), r.deposited_at >= first, r.deposited_at < end
    )
    return {row[0]: (int(row[1]), int(row[2] or 0)) for row in session.execute(query.group_by(r.store_id))}


def faq(session: Session, brands: Sequence[str] | None, since: date) -> int | None:
    """Published entries read again since a day, of brands (None: all); None when the module is not used."""
    f = FaqEntry
    mine = [] if brands is None else [f.brand_id.in_(brands)]
    if session.scalar(select(f.id).where(*mine).limit(1)) is None:
        return None
    query = select(func.count()).select_from(f).where(f.published.is_(True), f.reviewed_on >= since, *mine)
    return session.scalar(query) or 0


def widgets_seen(session: Session, scopes: Sequence[str] | None) -> dict[str, date | None] | None:
    """Kind of widget -> the last day one was seen on a site; of these scopes (None: all). None: there is no widget."""
    w, d = Widget, WidgetDay
    mine = [w.active.is_(True)] if scopes is None else [w.active.is_(True), w.scope.in_(scopes)]
    if session.scalar(select(w.id).where(*mine).limit(1)) is None:
        return None
    query = select(w.kind, func.max(d.day)).outerjoin(d, d.widget_id == w.id).where(*mine).group_by(w.kind)
    return {row[0]: row[1] for row in session.execute(query)}


def add_peers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the lines of a file of peers."""
    if rows:
        session.execute(insert(PeerFigure), [dict(row) for row in rows])


def peer_figures(session: Session, receipt_id: UUID) -> list[PeerFigure]:
    """The lines of a file."""
    p = PeerFigure
    query = select(p).where(p.receipt_id == receipt_id).order_by(p.peer_group, p.period, p.entity)
    return list(session.scalars(query))
