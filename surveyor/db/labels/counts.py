"""Mentions counted for a scope and a period: the figures of labels, the CX Matrix and the trend (indicators.md, 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.labels import Labelling, ResponseLabel
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision

Counts = tuple[int, int, int]
_R = ResponseLabel


def mentions(session: Session, reach: Reach, period: Period) -> dict[str, Counts]:
    """Label -> (positive, neutral, negative): one mention per response and label, only those that count."""
    return {label: counts for (label,), counts in _sums(session, reach, period, (_R.label,)).items()}


def by_band(session: Session, reach: Reach, period: Period) -> dict[str, Counts]:
    """Label -> (promoters, passives, detractors) among those who mention it."""
    band = case((_R.score >= 9, 0), (_R.score >= 7, 1), else_=2)
    query = _counted(reach, period, select(_R.label, band.label("band"), func.count())).group_by(_R.label, band)
    found: dict[str, list[int]] = {}
    for label, at, n in session.execute(query):
        found.setdefault(label, [0, 0, 0])[at] += n
    return {label: (one[0], one[1], one[2]) for label, one in found.items()}


def by_store(session: Session, reach: Reach, period: Period, label: str) -> dict[str, Counts]:
    """Store -> (positive, neutral, negative) of one label."""
    found = _sums(session, reach, period, (_R.store_id,), label=label)
    return {store: counts for (store,), counts in found.items()}


def by_day(session: Session, reach: Reach, period: Period, label: str) -> dict[date, Counts]:
    """Day -> (positive, neutral, negative) of one label: weeks and months are sums of them."""
    found = _sums(session, reach, period, (_R.day,), label=label)
    return {day: counts for (day,), counts in found.items()}


def among_detractors(session: Session, reach: Reach, period: Period) -> dict[str, int]:
    """Label -> mentions by detractors: THM-04."""
    query = _counted(reach, period, select(_R.label, func.count())).where(_R.score <= 6).group_by(_R.label)
    return {row[0]: int(row[1]) for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Covered:
    """Responses with a comment, those with a label that counts (ADO-04), and commented detractors (THM-04)."""

    commented: int
    labelled: int
    detractors: int


def covered(session: Session, reach: Reach, period: Period) -> Covered:
    """What the shares of labels are shares of."""
    r = Response
    labelled = select(_R.invitation_id).where(_R.invitation_id == r.invitation_id, _R.counted.is_(True)).exists()
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(case((labelled, 1), else_=0)), 0),
            func.coalesce(func.sum(case((r.score <= 6, 1), else_=0)), 0),
        )
        .select_from(r)
        .join(Store, Store.id == r.store_id, isouter=True)
        .where(r.commented.is_(True), r.source == "email", r.day >= period.first, r.day <= period.last)
        .where(inside(reach, store=r.store_id, segment=r.segment))
    )
    return Covered(*(int(one) for one in session.execute(query).one()))


def commented_by_store(session: Session, reach: Reach, period: Period) -> dict[str, int]:
    """Store -> responses with a comment: what the shares of a label are shares of."""
    return _commented(session, reach, period, Response.store_id)


def commented_by_day(session: Session, reach: Reach, period: Period) -> dict[date, int]:
    """Day -> responses with a comment."""
    return _commented(session, reach, period, Response.day)


def _commented(session: Session, reach: Reach, period: Period, key: Any) -> dict[Any, int]:
    r = Response
    query = (
        select(key, func.count())
        .select_from(r)
        .join(Store, Store.id == r.store_id, isouter=True)
        .where(r.commented.is_(True), r.source == "email", r.day >= period.first, r.day <= period.last)
        .where(inside(reach, store=r.store_id, segment=r.segment))
        .group_by(key)
    )
    return {row[0]: int(row[1]) for row in session.execute(query)}


def reviewed_texts(session: Session, *, limit: int = 5000) -> list[tuple[UUID, str, str]]:
    """(response, language, verbatim) of those a person went through, the latest first: the sample of the quality."""
    v, r = ResponseRevision, Response
    query = (
        select(Labelling.invitation_id, r.language, v.verbatim)
        .join(r, r.invitation_id == Labelling.invitation_id)
        .join(v, (v.invitation_id == r.invitation_id) & (v.n == r.standing))
        .where(Labelling.reviewed_at.is_not(None), v.verbatim.is_not(None), v.verbatim != "")
        .order_by(Labelling.reviewed_at.desc(), Labelling.invitation_id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2] or "") for row in session.execute(query)]


def latest_texts(session: Session, *, limit: int) -> list[tuple[UUID, str, str, int]]:
    """(response, language, verbatim, score) of the latest commented responses: what a draft is tried on."""
    v, r = ResponseRevision, Response
    query = (
        select(r.invitation_id, r.language, v.verbatim, r.score)
        .join(v, (v.invitation_id == r.invitation_id) & (v.n == r.standing))
        .where(r.commented.is_(True), v.verbatim.is_not(None), v.verbatim != "")
        .order_by(r.answered_at.desc(), r.invitation_id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2] or "", row[3] or 0) for row in session.execute(query)]


def unreviewed(session: Session, reach: Reach) -> UUID | None:
    """A sorted response that nobody went through. Ids are random in their end: the lowest end is any of the latest."""
    r, ident = Response, Labelling.invitation_id
    query = (
        select(ident)
        .join(r, r.invitation_id == ident)
        .join(Store, Store.id == r.store_id, isouter=True)
        .where(Labelling.reviewed_at.is_(None), r.commented.is_(True))
        .where(inside(reach, store=r.store_id, segment=r.segment))
        .order_by(r.answered_at.desc(), ident)
        .limit(400)
    )
    found = list(session.scalars(query))
    return min(found, key=lambda one: one.bytes[::-1]) if found else None


def _sums(
    session: Session, reach: Reach, period: Period, keys: Sequence[Any], *, label: str = ""
) -> dict[tuple[Any, ...], Counts]:
    query = _counted(reach, period, select(*keys, _R.polarity, func.count())).group_by(*keys, _R.polarity)
    if label:
        query = query.where(_R.label == label)
    places: Mapping[str, int] = {"positive": 0, "neutral": 1, "negative": 2}
    found: dict[tuple[Any, ...], list[int]] = {}
    for row in session.execute(query):
        found.setdefault(tuple(row[: len(keys)]), [0, 0, 0])[places[row[-2]]] += row[-1]
    return {key: (one[0], one[1], one[2]) for key, one in found.items()}


def _counted(reach: Reach, period: Period, query: Any) -> Any:
    return (
        query.select_from(_R)
        .join(Store, Store.id == _R.store_id, isouter=True)
        .where(_R.counted.is_(True), _R.day >= period.first, _R.day <= period.last)
        .where(inside(reach, store=_R.store_id, segment=_R.segment))
    )
