"""What customers wrote, newest first, inside a reader's scopes: without any identity, for the screens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.core.searching import pattern
from surveyor.db.engine import dialect_name
from surveyor.db.inside import inside
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.labels import ResponseLabel
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision

Band = Literal["promoter", "passive", "detractor"]
BANDS: dict[str, tuple[int, int]] = {"promoter": (9, 10), "passive": (7, 8), "detractor": (0, 6)}


@dataclass(frozen=True, slots=True)
class Verbatim:
    """One response that stands. `verbatim` is "" when there is none; `order_id` is for those who may explain it."""

    id: UUID
    score: int
    verbatim: str
    answers: dict[str, Any]
    day: date
    answered_at: datetime
    store_id: str
    store: str
    segment: str
    order_id: str

    @property
    def band(self) -> str:
        """promoter, passive or detractor."""
        return next(name for name, (low, high) in BANDS.items() if low <= self.score <= high)


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind this row; without an instant and an id behind every row of the day."""

    day: date
    at: datetime | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of them: `band` "" for all; `commented` leaves out those without a word; after: the last row shown.

    label: only those that carry it, "" for all. words: folded (core/searching), all of them in the comment.
    """

    period: Period
    band: str = ""
    commented: bool = True
    after: After | None = None
    limit: int = 20
    label: str = ""
    words: tuple[str, ...] = ()
    score: int | None = None
    language: str = ""


def verbatims(session: Session, reach: Reach, asked: Asked) -> list[Verbatim]:
    """At most `limit` of them from `after` on, newest first: by day, then by instant, then by id.

    Looked for in the last days first, then in those before: a year of answers is not sorted to show its newest twenty.
    """
    found: list[Verbatim] = []
    for days in _parts(asked):
        found += _found(session, reach, replace(asked, period=days, limit=asked.limit - len(found)))
        if len(found) >= asked.limit:
            break
    return found


#: Days that are looked at together, from where a page begins, the first one alone: of a large scope it fills the page,
#: and all of them would be sorted for it. Then whatever is left.
_SPANS = (1, 6, 53)


def _parts(asked: Asked) -> Iterator[Period]:
    """The period up to where the page begins, in parts that follow each other, the newest first."""
    first, last = asked.period.first, asked.period.last
    if asked.after is not None:
        last = min(last, asked.after.day)
    for days in _SPANS:
        begins = max(first, last - timedelta(days=days - 1))
        if begins > first:
            yield Period(begins, last)
            last = begins - timedelta(days=1)
    if first <= last:
        yield Period(first, last)


def _found(session: Session, reach: Reach, asked: Asked) -> list[Verbatim]:
    """Which they are first, and then what they say: a day of a large scope is sorted without its texts."""
    newest = (Response.day.desc(), Response.answered_at.desc(), Response.invitation_id.desc())
    which = (
        select(Response.invitation_id)
        .join(Store, Store.id == Response.store_id, isouter=True)
        .where(*_conditions(session, reach, asked))
        .order_by(*newest)
        .limit(asked.limit)
    )
    ids = list(session.scalars(which))
    query = (
        select(
            Response.invitation_id,
            Response.score,
            ResponseRevision.verbatim,
            ResponseRevision.answers,
            Response.day,
            Response.answered_at,
            Response.store_id,
            func.coalesce(Store.name, Response.store_id).label("store"),
            Response.segment,
            Invitation.order_id,
        )
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(
            ResponseRevision,
            and_(ResponseRevision.invitation_id == Response.invitation_id, ResponseRevision.n == Response.standing),
        )
        .join(Store, Store.id == Response.store_id, isouter=True)
        .where(Response.invitation_id.in_(ids))
        .order_by(*newest)
    )
    return [_row(row) for row in session.execute(query)] if ids else []


def how_many(session: Session, reach: Reach, asked: Asked, *, most: int | None = None, paged: bool = False) -> int:
    """How many there are, whatever `limit` is. most: where counting may stop. paged: those behind `after` alone."""
    query = (
        select(Response.invitation_id)
        .join(Store, Store.id == Response.store_id, isouter=True)
        .where(*_conditions(session, reach, asked, paged=paged))
        .limit(most)
    )
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def is_inside(session: Session, reach: Reach, invitation_id: UUID) -> bool:
    """Whether a response stands that a reader may see."""
    r = Response
    query = select(r.invitation_id).join(Store, Store.id == r.store_id, isouter=True)
    query = query.where(r.invitation_id == invitation_id, r.score.is_not(None))
    return session.scalar(query.where(inside(reach, store=r.store_id, segment=r.segment))) is not None


def sent_for_earlier_orders(session: Session, reach: Reach, period: Period, *, rule: str = "") -> int:
    """Emails sent in a period for orders decided upon before it: why the two blocks of the funnel are two sets."""
    row = Invitation
    query = (
        select(func.count())
        .select_from(row)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.sent_day >= period.first, row.sent_day <= period.last, row.decision_day < period.first)
        .where(inside(reach, store=row.store_id, segment=row.segment))
    )
    return session.scalar(query.where(row.rule_id == rule) if rule else query) or 0


def questionnaires_answered(session: Session, reach: Reach, period: Period) -> int:
    """How many versions of questionnaires the answers of a period came from: two are not compared with an arrow."""
    return len(questionnaires(session, reach, period))


def questionnaires(session: Session, reach: Reach, period: Period) -> set[tuple[str, int]]:
    """The surveys and their versions that the answers of a period came from."""
    row = Response
    query = (
        select(Invitation.survey, row.questionnaire_version)
        .join(Invitation, Invitation.id == row.invitation_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.day >= period.first, row.day <= period.last, row.score.is_not(None))
        .where(inside(reach, store=row.store_id, segment=row.segment))
        .distinct()
    )
    return {(survey, int(version)) for survey, version in session.execute(query)}


def _conditions(session: Session, reach: Reach, asked: Asked, *, paged: bool = True) -> Sequence[Any]:
    r = Response
    found: list[Any] = [r.score.is_not(None), r.day >= asked.period.first, r.day <= asked.period.last]
    found.append(inside(reach, store=r.store_id, segment=r.segment))
    if asked.score is not None:
        found.append(r.score == asked.score)
    if asked.language:
        found.append(r.language == asked.language)
    if asked.words:
        found.append(_holding(session, asked.words))
    if asked.band:
        low, high = BANDS[asked.band]
        found += [r.score >= low, r.score <= high]
    if asked.commented:
        found.append(r.commented.is_(True))
    if asked.label:
        carried = select(ResponseLabel.invitation_id).where(
            ResponseLabel.invitation_id == r.invitation_id,
            ResponseLabel.label == asked.label,
            ResponseLabel.counted.is_(True),
        )
        found.append(carried.exists())
    if paged and asked.after is not None:
        found.append(_behind(asked.after))
    return found


def _behind(after: After) -> Any:
    r = Response
    if after.at is None or after.id is None:
        return r.day < after.day
    same_instant = and_(r.answered_at == after.at, r.invitation_id < after.id)
    return or_(r.day < after.day, and_(r.day == after.day, or_(r.answered_at < after.at, same_instant)))


def _holding(session: Session, words: Sequence[str]) -> Any:
    """The comment of the form that stands holds every word, whatever its accents; % and _ are themselves."""
    v, r = aliased(ResponseRevision), Response
    found: list[Any] = [v.verbatim.op("~")(pattern(word)) for word in words]
    if dialect_name(session) != "postgresql":
        text = func.folded(v.verbatim)  # our own, of every connection
        found = [text.contains(word, autoescape=True) for word in words]
    return exists(
        select(v.n).where(
            v.invitation_id == r.invitation_id,
            v.n == r.standing,
            *found,
        )
    )


def languages(session: Session, reach: Reach, period: Period) -> list[str]:
    """The languages that the answers of a period came in."""
    r = Response
    query = (
        select(r.language)
        .join(Store, Store.id == r.store_id, isouter=True)
        .where(r.day >= period.first, r.day <= period.last, r.score.is_not(None), r.language != "")
        .where(inside(reach, store=r.store_id, segment=r.segment))
        .distinct()
        .order_by(r.language)
    )
    return list(session.scalars(query))


def _row(row: Any) -> Verbatim:
    return Verbatim(
        id=row.invitation_id,
        score=row.score,
        verbatim=row.verbatim or "",
        answers=dict(row.answers or {}),
        day=row.day,
        answered_at=row.answered_at,
        store_id=row.store_id,
        store=row.store,
        segment=row.segment,
        order_id=row.order_id,
    )
