"""What each response carries: written with the response, again when the lexicon changes, and by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.prepared import Prepared
from surveyor.db.tables.labels import Labelling, ResponseLabel
from surveyor.db.tables.responses import Response, ResponseRevision

_L, _R = Labelling.__table__.c, ResponseLabel.__table__.c
_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Carried:
    """A label as a response carries it. origin: `rule` or `person`."""

    label: str
    polarity: str
    counted: bool = True
    origin: str = "rule"


@dataclass(frozen=True, slots=True)
class Commented:
    """A commented response that stands, as labels see it. revision: the one whose words stand."""

    invitation_id: UUID
    revision: int
    score: int
    day: date
    store_id: str
    segment: str
    language: str
    verbatim: str


def add(session: Session, of: Commented, carried: Iterable[Carried], *, version: int, themes: Sequence[str]) -> None:
    """Note that a response was sorted, and what it carries. Nothing may be kept of it yet (`clear`)."""
    values = {"invitation_id": of.invitation_id, "revision": of.revision, "version": version}
    _MARK[dialect_name(session)].send(session, **values, themes=" ".join(themes), reviewed_by=None, reviewed_at=None)
    for one in carried:
        _ADD.send(session, **_values(of, one))


def clear(session: Session, invitation_id: UUID) -> None:
    """Forget what a response carries: its words changed, or it does not stand any more."""
    _FORGET_LABELS.send(session, invitation_id=invitation_id)
    _FORGET_MARK.send(session, invitation_id=invitation_id)


def rescore(session: Session, of: Commented) -> None:
    """The same words under another score or on another day: labels stay, a person's too."""
    _RESCORE.send(session, invitation_id=of.invitation_id, new=of.score, on=of.day)
    _REVISE.send(session, invitation_id=of.invitation_id, new=of.revision)


def behind(session: Session, number: int, *, after: UUID | None, limit: int) -> list[Commented]:
    """Responses sorted by another version than `number`, by id; those that a person went through are left alone."""
    query = _commented().where(Labelling.version != number, Labelling.reviewed_at.is_(None))
    if after is not None:
        query = query.where(Labelling.invitation_id > after)
    rows = session.execute(query.order_by(Labelling.invitation_id).limit(limit).with_for_update(of=Labelling))
    return [Commented(*row) for row in rows]


def commented(session: Session, ids: Sequence[UUID]) -> dict[UUID, Commented]:
    """These responses, those of them that stand with a comment."""
    rows = session.execute(_commented(outer=True).where(Response.invitation_id.in_(ids)))
    return {row[0]: Commented(*row) for row in rows}


def replace(session: Session, rows: Sequence[tuple[Commented, Sequence[Carried], str]], *, version: int) -> None:
    """Put what these responses carry in place of what they carried; (response, labels, themes)."""
    ids = [of.invitation_id for of, _, _ in rows]
    if not ids:
        return
    session.execute(delete(ResponseLabel).where(ResponseLabel.invitation_id.in_(ids)), execution_options=_PLAIN)
    fresh = [_values(of, one) for of, carried, _ in rows for one in carried]
    if fresh:
        session.execute(insert(ResponseLabel.__table__), fresh)  # type: ignore[arg-type]
    change = (
        update(Labelling.__table__)  # type: ignore[arg-type]
        .where(_L.invitation_id == bindparam("key"))
        .values(version=version, themes=bindparam("grave"), revision=bindparam("n"))
    )
    marks = [{"key": of.invitation_id, "grave": themes, "n": of.revision} for of, _, themes in rows]
    session.connection().execute(change, marks)


def carried(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, list[Carried]]:
    """What these responses carry, in the order of the labels' ids."""
    r = ResponseLabel
    found: dict[UUID, list[Carried]] = {}
    if ids:
        query = select(r.invitation_id, r.label, r.polarity, r.counted, r.origin).where(r.invitation_id.in_(ids))
        for row in session.execute(query.order_by(r.invitation_id, r.label)):
            found.setdefault(row[0], []).append(Carried(*row[1:]))
    return found


def reviewed(session: Session, invitation_id: UUID) -> tuple[str, datetime] | None:
    """Who went through the labels of a response, and when."""
    query = select(Labelling.reviewed_by, Labelling.reviewed_at).where(Labelling.invitation_id == invitation_id)
    row = session.execute(query.where(Labelling.reviewed_at.is_not(None))).first()
    return None if row is None else (row[0] or "", row[1])  # type: ignore[return-value]


def review(session: Session, of: Commented, carried: Sequence[Carried], *, by: str, now: datetime) -> None:
    """A person's word on a response: exactly these labels. A mark is made when the response has none yet."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    said: dict[str, Any] = {"revision": of.revision, "reviewed_by": by, "reviewed_at": now}
    statement = make(Labelling).values(invitation_id=of.invitation_id, version=0, themes="", **said)
    session.execute(statement.on_conflict_do_update(index_elements=["invitation_id"], set_=said))
    mine = ResponseLabel.invitation_id == of.invitation_id
    session.execute(delete(ResponseLabel).where(mine), execution_options=_PLAIN)
    for one in carried:
        session.execute(insert(ResponseLabel).values(_values(of, one)))


def _values(of: Commented, one: Carried) -> dict[str, Any]:
    return {
        "invitation_id": of.invitation_id,
        "label": one.label,
        "polarity": one.polarity,
        "counted": one.counted,
        "origin": one.origin,
        "score": of.score,
        "day": of.day,
        "store_id": of.store_id,
        "segment": of.segment,
    }


def _commented(*, outer: bool = False) -> Any:
    r, v = Response, ResponseRevision
    return (
        select(r.invitation_id, v.n, r.score, r.day, r.store_id, r.segment, r.language, v.verbatim)
        .select_from(r)
        .join(v, and_(v.invitation_id == r.invitation_id, v.n == r.standing))
        .join(Labelling, Labelling.invitation_id == r.invitation_id, isouter=outer)
        .where(r.commented.is_(True), v.verbatim.is_not(None))
    )


def _named(column: Any, name: str) -> Any:
    return bindparam(name, type_=column.type)


_BY_ID = _named(_L.invitation_id, "invitation_id")
_ADD = Prepared(insert(ResponseLabel.__table__).values({c.name: _named(c, c.name) for c in _R}))  # type: ignore[arg-type]
_FORGET_LABELS = Prepared(delete(ResponseLabel.__table__).where(_R.invitation_id == _BY_ID))  # type: ignore[arg-type]
_FORGET_MARK = Prepared(delete(Labelling.__table__).where(_L.invitation_id == _BY_ID))  # type: ignore[arg-type]
_RESCORE = Prepared(
    update(ResponseLabel.__table__)  # type: ignore[arg-type]
    .where(_R.invitation_id == _BY_ID)
    .values(score=_named(_R.score, "new"), day=_named(_R.day, "on"))
)
_REVISE = Prepared(
    update(Labelling.__table__).where(_L.invitation_id == _BY_ID).values(revision=_named(_L.revision, "new"))  # type: ignore[arg-type]
)


def _marking(make: Any) -> Prepared:
    statement = make(Labelling.__table__).values({c.name: _named(c, c.name) for c in _L})
    sets = {c.name: statement.excluded[c.name] for c in _L if c.name != "invitation_id"}
    return Prepared(statement.on_conflict_do_update(index_elements=["invitation_id"], set_=sets))


_MARK = {"postgresql": _marking(postgresql.insert), "sqlite": _marking(sqlite.insert)}
