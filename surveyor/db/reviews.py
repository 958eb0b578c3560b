"""Reviews between consent and the public page: what may be read, what waits to be judged, what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.cases import Case, CaseEntry
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.reviews import Review, ReviewReport
from surveyor.db.tables.widgets import WidgetSnapshot

OURS = "survey"
_R, _V, _I, _S, _C, _A = Review, ResponseRevision, Invitation, Store, Customer, Response
_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review with its words, wherever they are kept. score: 0 to 10 of ours; rating: 1 to 5 of another's.

    first_name, last_name: of the customer, for the public name; author: the name another site gave.
    """

    id: UUID
    source: str
    invitation_id: UUID | None
    store_id: str
    store: str
    brand_id: str
    language: str
    score: int | None
    rating: int | None
    text: str
    first_name: str
    last_name: str
    author: str
    reply: str
    replied_at: datetime | None
    experienced_on: date | None
    deposited_at: datetime
    state: str
    published_at: datetime | None
    decided_at: datetime | None
    ground: str
    masks: Sequence[Sequence[int]]
    reports: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reviews: their states, a source ("" for all), and from which row on."""

    states: tuple[str, ...]
    source: str = ""
    before: tuple[datetime, UUID] | None = None
    limit: int = 20
    oldest_first: bool = False


def public(
    session: Session, reach: Reach, *, limit: int = 20, before: tuple[datetime, UUID] | None = None
) -> list[ReviewRow]:
    """Published reviews of scopes, the newest first: those whose words still stand, of people who may be shown."""
    query = _select(reach, Wanted(("published",), OURS, before, limit)).where(*_may_be_shown())
    return [_row(row) for row in session.execute(query)]


def count_public(session: Session, reach: Reach) -> int:
    """How many there are."""
    query = _from(select(func.count())).where(_R.state == "published", _inside(reach), *_may_be_shown())
    return session.scalar(query) or 0


def listing(session: Session, reach: Reach, wanted: Wanted) -> list[ReviewRow]:
    """Reviews as staff read them, in the order of their deposit."""
    return [_row(row) for row in session.execute(_select(reach, wanted))]


def counts(session: Session, reach: Reach) -> dict[str, int]:
    """How many of each state."""
    query = _from(select(_R.state, func.count())).where(_inside(reach)).group_by(_R.state)
    return {state: n for state, n in session.execute(query)}  # noqa: C416


def one(session: Session, reach: Reach, review_id: UUID) -> ReviewRow | None:
    """A review inside scopes; None for any other."""
    query = _columns().where(_R.id == review_id, _inside(reach))
    found = session.execute(query).first()
    return None if found is None else _row(found)


def of_invitation(session: Session, invitation_id: UUID) -> ReviewRow | None:
    """The review of an invitation, whatever its state."""
    found = session.execute(_columns().where(_R.invitation_id == invitation_id)).first()
    return None if found is None else _row(found)


def hold(session: Session, review_id: UUID) -> Review | None:
    """The row itself, locked until the commit."""
    return session.scalars(select(_R).where(_R.id == review_id).with_for_update()).first()


def hold_of(session: Session, invitation_id: UUID) -> Review | None:
    """The row of an invitation, locked."""
    return session.scalars(select(_R).where(_R.invitation_id == invitation_id).with_for_update()).first()


def add(session: Session, **values: Any) -> None:
    """A new review: the columns of the table."""
    session.execute(insert(_R).values(**values))


def change(session: Session, review_id: UUID, **values: Any) -> None:
    """Set columns of a review."""
    session.execute(update(_R).where(_R.id == review_id).values(**values))


def judged_by_band(session: Session, reach: Reach) -> dict[str, tuple[int, int]]:
    """(refused, judged) of detractors' reviews and of the others'."""
    band = (_V.score <= 6).label("low")
    query = (
        _from(select(band, _R.state, func.count()))
        .where(_R.source == OURS, _R.decided_at.is_not(None), _inside(reach))
        .group_by(band, _R.state)
    )
    found = {"detractors": [0, 0], "others": [0, 0]}
    for low, state, n in session.execute(query):
        here = found["detractors" if low else "others"]
        here[0] += n if state == "refused" else 0
        here[1] += n
    return {name: (pair[0], pair[1]) for name, pair in found.items()}


def words_that_stand(session: Session, invitation_id: UUID | None) -> int | None:
    """The revision of a commented response that stands; None when there is none."""
    query = select(_A.standing).where(_A.invitation_id == invitation_id, _A.commented.is_(True))
    return session.scalar(query)


def brand_of(session: Session, store_id: str) -> str:
    """The brand of a store, "" for none."""
    return session.scalar(select(_S.brand_id).where(_S.id == store_id)) or ""


def withdraw(session: Session, review_id: UUID, *, now: datetime) -> int:
    """Take a review back; 1."""
    return _changed(session, update(_R).where(_R.id == review_id).values(state="withdrawn", decided_at=now))


def wait_again(session: Session, review_id: UUID, *, revision: int, now: datetime) -> None:
    """A review whose words have changed is judged again, by its new words."""
    nothing: dict[str, Any] = {"published_at": None, "decided_at": None, "decided_by": "", "ground": "", "masks": []}
    values = {"state": "waiting", "revision": revision, "deposited_at": now, "notice_id": None, **nothing}
    session.execute(update(_R).where(_R.id == review_id).values(**values))


def forget(session: Session, invitations: Sequence[UUID]) -> int:
    """Take back the reviews of invitations whose words go, with what others said of them; how many were changed."""
    if not invitations:
        return 0
    mine = _R.invitation_id.in_(invitations)
    gone = update(_R).where(mine, _R.state.in_(("waiting", "published"))).values(state="withdrawn")
    shown = bool(_changed(session, gone))
    nothing: dict[str, Any] = {"text": None, "reply": None, "author": "", "masks": []}
    emptied = _changed(session, update(_R).where(mine).values(**nothing))
    told = update(ReviewReport).where(ReviewReport.invitation_id.in_(invitations))
    _changed(session, told.values(reason="", finding="", client_key=bytes(32)))
    if shown:
        session.execute(delete(WidgetSnapshot))  # made again within a minute, without them
    return emptied


def _may_be_shown() -> tuple[Any, ...]:
    return (_A.standing == _R.revision, _C.restricted.is_(False), _C.erased_at.is_(None), _V.verbatim.is_not(None))


def _columns() -> Any:
    reports = (
        select(func.count())
        .select_from(ReviewReport)
        .where(ReviewReport.invitation_id == _R.invitation_id, ReviewReport.closed_at.is_(None))
        .correlate(_R)
        .scalar_subquery()
    )
    entry = CaseEntry
    reply = (
        select(entry.body)
        .join(Case, Case.id == entry.case_id)
        .where(
            Case.invitation_id == _R.invitation_id, entry.kind == "reply", entry.public.is_(True), entry.failed == ""
        )
        .order_by(entry.at.desc())
        .limit(1)
        .correlate(_R)
        .scalar_subquery()
    )
    return _from(
        select(
            _R,
            reply.label("official"),
            func.coalesce(_S.name, _R.store_id).label("store"),
            func.coalesce(_S.brand_id, "").label("brand_id"),
            _V.score,
            _V.verbatim,
            func.coalesce(_C.first_name, "").label("first_name"),
            func.coalesce(_C.last_name, "").label("last_name"),
            reports.label("reports"),
        )
    )


def _from(query: Any) -> Any:
    return (
        query.select_from(_R)
        .outerjoin(_S, _S.id == _R.store_id)
        .outerjoin(_I, _I.id == _R.invitation_id)
        .outerjoin(_C, _C.id == _I.customer_id)
        .outerjoin(_A, _A.invitation_id == _R.invitation_id)
        .outerjoin(_V, and_(_V.invitation_id == _R.invitation_id, _V.n == _R.revision))
    )


def _inside(reach: Reach) -> Any:
    return inside(reach, store=_R.store_id, segment=_I.segment)


def _select(reach: Reach, wanted: Wanted) -> Any:
    at, key = _R.deposited_at, _R.id
    query = _columns().where(_R.state.in_(wanted.states), _inside(reach))
    if wanted.source:
        query = query.where(_R.source == wanted.source)
    if wanted.before is not None:
        day, last = wanted.before
        beyond = (at > day, key > last) if wanted.oldest_first else (at < day, key < last)
        query = query.where(or_(beyond[0], and_(at == day, beyond[1])))
    order = (at, key) if wanted.oldest_first else (at.desc(), key.desc())
    return query.order_by(*order).limit(wanted.limit)


def _row(row: Any) -> ReviewRow:
    found: Review = row.Review
    return ReviewRow(
        id=found.id,
        source=found.source,
        invitation_id=found.invitation_id,
        store_id=found.store_id,
        store=row.store,
        brand_id=row.brand_id,
        language=found.language,
        score=row.score if found.source == OURS else None,
        rating=found.rating,
        text=(row.verbatim if found.source == OURS else found.text) or "",
        first_name=row.first_name,
        last_name=row.last_name,
        author=found.author,
        reply=(row.official if found.source == OURS else found.reply) or "",
        replied_at=found.replied_at,
        experienced_on=found.experienced_on,
        deposited_at=found.deposited_at,
        state=found.state,
        published_at=found.published_at,
        decided_at=found.decided_at,
        ground=found.ground,
        masks=tuple(tuple(one) for one in found.masks or ()),
        reports=row.reports,
    )


def _changed(session: Session, statement: Any) -> int:
    return int(session.execute(statement, execution_options=_PLAIN).rowcount)  # type: ignore[attr-defined]
