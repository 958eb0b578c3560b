"""Cases as they are opened, moved and told: every change leaves a line in the story, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
from surveyor.db.engine import dialect_name
from surveyor.db.prepared import Prepared
from surveyor.db.tables.cases import Case, CaseCandidate, CaseEntry
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.labels import Labelling, ResponseLabel
from surveyor.db.tables.responses import Response

_PLAIN = {"synchronize_session": False}
_C, _K = Case.__table__.c, CaseCandidate.__table__.c


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a case's story; id: given by the form that sends it, so that a second click is the same line."""

    kind: str
    by: str = ""
    detail: str = ""
    body: str | None = None
    email_id: UUID | None = None
    message_key: str | None = None
    public: bool = False
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A response that stands, as a case is opened for it. negative: labels it speaks badly of; themes: grave ones."""

    invitation_id: UUID
    customer_id: UUID
    store_id: str
    segment: str
    language: str
    zone: str
    score: int
    commented: bool
    day: date
    answered_at: datetime
    negative: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()


def candidate(session: Session, invitation_id: UUID, *, due_at: datetime) -> None:
    """Have an answer looked at once `due_at` has passed; a later form moves the instant."""
    _CANDIDATE[dialect_name(session)].send(session, invitation_id=invitation_id, due_at=due_at)


def follow(session: Session, invitation_id: UUID, *, score: int, commented: bool, day: date) -> None:
    """An open case says what stands of its response, after an edit."""
    _FOLLOW.send(session, key=invitation_id, score=score, commented=commented, day=day)


def due_candidates(session: Session, *, now: datetime, limit: int) -> list[UUID]:
    """Answers whose wait is over, the oldest first, locked; another clock takes others."""
    k = CaseCandidate
    query = select(k.invitation_id).where(k.due_at <= now).order_by(k.due_at, k.invitation_id).limit(limit)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def next_candidate(session: Session) -> datetime | None:
    """When the next answer is to be looked at."""
    return session.scalar(select(CaseCandidate.due_at).order_by(CaseCandidate.due_at).limit(1))


def let_go(session: Session, ids: Sequence[UUID]) -> None:
    """These answers were looked at."""
    session.execute(delete(CaseCandidate).where(CaseCandidate.invitation_id.in_(ids)), execution_options=_PLAIN)


def standing(session: Session, ids: Sequence[UUID]) -> list[Standing]:
    """Those of these responses that stand, with their labels."""
    r, i = Response, Invitation
    negative: dict[UUID, list[str]] = {}
    l = ResponseLabel  # noqa: E741
    labels = select(l.invitation_id, l.label).where(
        l.invitation_id.in_(ids), l.polarity == "negative", l.counted.is_(True)
    )
    for row in session.execute(labels.order_by(l.label)):
        negative.setdefault(row[0], []).append(row[1])
    query = (
        select(r, i.customer_id, i.zone, Labelling.themes)
        .join(i, i.id == r.invitation_id)
        .outerjoin(Labelling, Labelling.invitation_id == r.invitation_id)
        .where(r.invitation_id.in_(ids), r.score.is_not(None))
    )
    rows: Any = session.execute(query)
    return [
        Standing(
            row[0].invitation_id,
            row[1],
            row[0].store_id,
            row[0].segment,
            row[0].language,
            row[2],
            row[0].score,
            row[0].commented,
            row[0].day,
            row[0].answered_at,
            tuple(negative.get(row[0].invitation_id, ())),
            tuple((row[3] or "").split()),
        )
        for row in rows
    ]


def open_case(session: Session, values: dict[str, Any], *, by: str = "", now: datetime) -> UUID | None:
    """Open a case and begin its story; None when its response has one already."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    case_id = new_id(now)
    statement: Any = make(Case).values(id=case_id, opened_at=now, **values)
    made = session.execute(statement.on_conflict_do_nothing().returning(Case.id)).first()
    if made is None:
        return None
    tell(session, case_id, Entry("opened", by=by, detail=str(values["why"])), now=now)
    return case_id


def lock(session: Session, case_id: UUID) -> Case | None:
    """A case, nobody else's until the commit."""
    return session.scalar(select(Case).where(Case.id == case_id).with_for_update())


def change(session: Session, case_id: UUID, **values: Any) -> None:
    """Change some of its columns; the caller holds its lock."""
    session.execute(update(Case).where(Case.id == case_id).values(**values), execution_options=_PLAIN)


def tell(session: Session, case_id: UUID, entry: Entry, *, now: datetime) -> bool:
    """Add a line to the story; False when it stands there already (its id, email or message)."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(CaseEntry).values(
        id=entry.id or new_id(now),
        case_id=case_id,
        customer_id=select(Case.customer_id).where(Case.id == case_id).scalar_subquery(),
        kind=entry.kind,
        at=now,
        by=entry.by,
        detail=entry.detail,
        body=entry.body,
        email_id=entry.email_id,
        message_key=entry.message_key,
        public=entry.public,
    )
    return session.execute(statement.on_conflict_do_nothing().returning(CaseEntry.id)).first() is not None


def waiting(session: Session, *, now: datetime, limit: int) -> list[Case]:
    """Open cases that nobody has answered and whose region or network is to be told, locked."""
    c = Case
    late = (c.answer_by <= now) & (c.level == "store")
    later = (c.network_by <= now) & (c.level != "network")
    query = select(c).where(c.status != "closed", c.replied_at.is_(None), late | later)
    return list(session.scalars(query.order_by(c.answer_by, c.id).limit(limit).with_for_update(skip_locked=True)))


def set_email(session: Session, entry_id: UUID, email_id: UUID) -> None:
    """The email that carries a line."""
    session.execute(
        update(CaseEntry).where(CaseEntry.id == entry_id).values(email_id=email_id), execution_options=_PLAIN
    )


def first_reply(session: Session, case_id: UUID) -> datetime | None:
    """When the first reply that was not lost was written."""
    e = CaseEntry
    query = select(e.at).where(e.case_id == case_id, e.kind == "reply", e.failed == "").order_by(e.at).limit(1)
    return session.scalar(query)


def mark_failed(session: Session, entry_id: UUID, why: str) -> None:
    """The email of a reply never left."""
    session.execute(update(CaseEntry).where(CaseEntry.id == entry_id).values(failed=why), execution_options=_PLAIN)


def _of(table: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


def _asking(make: Any) -> Prepared:
    table: Any = CaseCandidate.__table__
    statement = make(table).values(_of(table, ("invitation_id", "due_at")))
    sets = {"due_at": statement.excluded.due_at}
    return Prepared(statement.on_conflict_do_update(index_elements=["invitation_id"], set_=sets))


_CANDIDATE = {"postgresql": _asking(postgresql.insert), "sqlite": _asking(sqlite.insert)}
_FOLLOW = Prepared(
    update(Case.__table__)  # type: ignore[arg-type]
    .where(and_(_C.invitation_id == bindparam("key", type_=_C.invitation_id.type)))
    .values(_of(Case.__table__, ("score", "commented", "day")))
)
