"""What monthly reports are made of, store by store in one statement each: never a query for each store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, distinct, func, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Reach
from surveyor.db.distinct import PEOPLE
from surveyor.db.inside import within
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.labels import ResponseLabel
from surveyor.db.tables.orders import Order
from surveyor.db.tables.reports import ReportCopy, ReportFollowUp
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.scores import CustScoreDay

Counts = tuple[int, int, int]
EVERYWHERE: Reach = (NETWORK,)
_R, _L = Response, ResponseLabel


class Wrote(NamedTuple):
    """What a customer wrote of a store."""

    store: str
    id: UUID
    score: int
    text: str
    day: date
    at: datetime
    case: UUID | None = None


def latest_words(session: Session, period: Period, *, each: int, reach: Reach = EVERYWHERE) -> dict[str, list[Wrote]]:
    """Store -> the latest comments of a period, at most `each`, newest first."""
    at = (_R.answered_at.desc(), _R.invitation_id.desc())
    place = func.row_number().over(partition_by=_R.store_id, order_by=at).label("place")
    rows = select(_R.store_id, _R.invitation_id, _R.score, _R.standing, _R.day, _R.answered_at, place).where(
        _R.day >= period.first, _R.day <= period.last, _R.commented.is_(True), _R.score.is_not(None)
    )
    inner = within(rows, reach, store=_R.store_id, segment=_R.segment).subquery()
    i, v = inner.c, ResponseRevision
    query = (
        select(i.store_id, i.invitation_id, i.score, v.verbatim, i.day, i.answered_at)
        .join(v, (v.invitation_id == i.invitation_id) & (v.n == i.standing))
        .where(i.place <= each, v.verbatim.is_not(None), v.verbatim != "")
        .order_by(i.store_id, i.place)
    )
    found: dict[str, list[Wrote]] = {}
    for row in session.execute(query):
        found.setdefault(row[0], []).append(Wrote(*row))
    return found


class Scored(NamedTuple):
    """A CustScore as it was kept: value None when too little is known, the points of each item, its formula.

    formula: as `Formula.to_plain` says it; {} in nights of before it was kept.
    """

    value: float | None
    points: Mapping[str, float]
    version: int
    formula: Mapping[str, Any]


def custscores(session: Session, day: date) -> dict[str, Scored]:
    """Scope -> the CustScore of the 30 days that end with a day."""
    c = CustScoreDay
    query = select(c.scope, c.value, c.body, c.version).where(c.day == day)
    return {
        row[0]: Scored(row[1], dict(row[2].get("points") or {}), row[3], dict(row[2].get("formula") or {}))
        for row in session.execute(query)
    }


Questionnaires = dict[str, set[tuple[str, int]]]


def answered(session: Session, period: Period, reach: Reach = EVERYWHERE) -> tuple[dict[str, int], Questionnaires]:
    """Store -> different people behind the answers that count in a period; and `questionnaires` of the same answers.

    One pass where no store has several questionnaires.
    """
    version = _R.questionnaire_version
    person = case((_R.source == "email", Invitation.address_key))
    ends = (func.min(Invitation.survey), func.max(Invitation.survey), func.min(version), func.max(version))
    query = (
        select(_R.store_id, func.count(distinct(person)), *ends)
        .join(Invitation, Invitation.id == _R.invitation_id)
        .where(_R.day >= period.first, _R.day <= period.last, _R.score.is_not(None))
        .group_by(_R.store_id)
    )
    rows = list(session.execute(within(query, reach, store=_R.store_id, segment=_R.segment)))
    people = {row[0]: int(row[1]) for row in rows if row[1]}
    if any(row[2] != row[3] or row[4] != row[5] for row in rows):
        return people, questionnaires(session, period, reach)
    return people, {row[0]: {(row[2], int(row[4]))} for row in rows}


def questionnaires(session: Session, period: Period, reach: Reach = EVERYWHERE) -> Questionnaires:
    """Store -> the surveys and versions that its answers of a period came from."""
    query = (
        select(_R.store_id, Invitation.survey, _R.questionnaire_version)
        .join(Invitation, Invitation.id == _R.invitation_id)
        .where(_R.day >= period.first, _R.day <= period.last, _R.score.is_not(None))
        .distinct()
    )
    query = within(query, reach, store=_R.store_id, segment=_R.segment)
    found: Questionnaires = {}
    for store, survey, version in session.execute(query):
        found.setdefault(store, set()).add((survey, int(version)))
    return found


def mentions(session: Session, period: Period, reach: Reach = EVERYWHERE) -> dict[str, dict[str, Counts]]:
    """Store -> label -> (positive, neutral, negative), of the mentions that count."""
    query = (
        select(_L.store_id, _L.label, _L.polarity, func.count())
        .where(_L.counted.is_(True), _L.day >= period.first, _L.day <= period.last)
        .group_by(_L.store_id, _L.label, _L.polarity)
    )
    query = within(query, reach, store=_L.store_id, segment=_L.segment)
    places = {"positive": 0, "neutral": 1, "negative": 2}
    found: dict[str, dict[str, list[int]]] = {}
    for store, label, polarity, n in session.execute(query):
        found.setdefault(store, {}).setdefault(label, [0, 0, 0])[places[polarity]] += n
    return {store: {label: (c[0], c[1], c[2]) for label, c in of.items()} for store, of in found.items()}


def mentioned_by_detractors(session: Session, period: Period, reach: Reach = EVERYWHERE) -> dict[str, dict[str, int]]:
    """Store -> label -> mentions by detractors."""
    query = (
        select(_L.store_id, _L.label, func.count())
        .where(_L.counted.is_(True), _L.score <= 6, _L.day >= period.first, _L.day <= period.last)
        .group_by(_L.store_id, _L.label)
    )
    query = within(query, reach, store=_L.store_id, segment=_L.segment)
    found: dict[str, dict[str, int]] = {}
    for store, label, n in session.execute(query):
        found.setdefault(store, {})[label] = int(n)
    return found


def customers_by_segment(
    session: Session, period: Period, *, zone: str, reach: Reach = EVERYWHERE
) -> dict[str, dict[str, int]]:
    """Store -> segment of the order -> different people with an order that counts in a period."""
    o = Order
    first, last = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (period.first, period.last + timedelta(1)))
    at = func.coalesce(o.fulfilled_at, o.ordered_at)
    query = (
        select(o.store_id, o.segment, PEOPLE)
        .join(Customer, Customer.id == o.customer_id)
        .where(o.cancelled_at.is_(None), at >= first, at < last)
        .group_by(o.store_id, o.segment)
    )
    query = within(query, reach, store=o.store_id, segment=o.segment)
    found: dict[str, dict[str, int]] = {}
    for store, segment, people in session.execute(query):
        found.setdefault(store, {})[segment or ""] = int(people)
    return found


def advised(session: Session, kind: str, period: str) -> dict[str, list[dict[str, Any]]]:
    """Scope -> what the last report of a period recommended there."""
    c = ReportCopy
    query = select(c.scope, c.content).where(c.kind == kind, c.period == period).order_by(c.made_at)
    return {scope: list(content["advice"]) for scope, content in session.execute(query)}


def followed(session: Session, period: str) -> dict[tuple[str, str, str], str]:
    """(scope, rule, unit) -> what became of the recommendations of a period."""
    f = ReportFollowUp
    query = select(f.scope, f.rule, f.unit, f.status).where(f.period == period)
    return {(scope, rule, unit): status for scope, rule, unit, status in session.execute(query)}


def together(counts: Iterable[Mapping[str, Counts]]) -> dict[str, Counts]:
    """Several stores' mentions as one."""
    rows = list(counts)
    if len(rows) == 1:
        return dict(rows[0])
    found: dict[str, list[int]] = {}
    for one in rows:
        for label, row in one.items():
            into = found.setdefault(label, [0, 0, 0])
            for place in range(3):
                into[place] += row[place]
    return {label: (c[0], c[1], c[2]) for label, c in found.items()}
