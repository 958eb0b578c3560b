"""Cases as staff read them: a list by key, its counters, one case with its story; always inside a reader's scopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.cases import Case, CaseEntry
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.reviews import Review
from surveyor.db.tables.users import User

NOT_CLOSED = ("new", "in_progress", "waiting")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases. status: one of theirs, "open" for all but closed, "" for all. after: the last one shown.

    who: "mine" or "nobody", with `me`. late: past their deadline without a reply; unread: the customer wrote.
    """

    status: str = "open"
    who: str = ""
    me: UUID | None = None
    why: str = ""
    label: str = ""
    late: bool = False
    unread: bool = False
    store: str = ""
    after: tuple[datetime, UUID] | None = None
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list."""

    id: UUID
    store: str
    store_id: str
    score: int | None
    verbatim: str
    status: str
    why: str
    negative: tuple[str, ...]
    themes: tuple[str, ...]
    level: str
    owner: str
    opened_at: datetime
    answer_by: datetime
    replied_at: datetime | None
    closed_at: datetime | None
    unread: bool
    call_back: bool
    rating: int | None
    source: str


def listed(session: Session, reach: Reach, wanted: Wanted, *, now: datetime) -> list[Listed]:
    """The newest first, at most `limit`, from `after` on."""
    c = Case
    query = (
        select(
            c.id,
            func.coalesce(Store.name, c.store_id),
            c.store_id,
            c.score,
            func.coalesce(ResponseRevision.verbatim, Review.text, ""),
            *(c.status, c.why, c.negative, c.themes, c.level),
            func.coalesce(User.name, ""),
            *(c.opened_at, c.answer_by, c.replied_at, c.closed_at, c.unread, c.call_back_at.is_not(None)),
            *(Review.rating, func.coalesce(Review.source, "")),
        )
        .select_from(c)
        .outerjoin(Store, Store.id == c.store_id)
        .outerjoin(User, User.id == c.owner_id)
        .outerjoin(Review, Review.id == c.review_id)
        .outerjoin(Response, Response.invitation_id == c.invitation_id)
        .outerjoin(
            ResponseRevision,
            and_(ResponseRevision.invitation_id == c.invitation_id, ResponseRevision.n == Response.standing),
        )
        .where(inside(reach, store=c.store_id, segment=c.segment), *_conditions(wanted, now))
        .order_by(c.opened_at.desc(), c.id.desc())
        .limit(wanted.limit)
    )
    if wanted.after is not None:
        at, id_ = wanted.after
        query = query.where(or_(c.opened_at < at, and_(c.opened_at == at, c.id < id_)))
    rows: Any = session.execute(query)
    return [_listed(list(row)) for row in rows]


def _listed(row: list[Any]) -> Listed:
    row[7:9] = [tuple(row[7].split()), tuple(row[8].split())]
    return Listed(*row)


@dataclass(frozen=True, slots=True)
class Counters:
    """How many cases wait, of those a reader may see."""

    open: int
    new: int
    late: int
    unread: int
    mine: int


def counters(session: Session, reach: Reach, *, me: UUID | None, now: datetime) -> Counters:
    """In one read of the open ones."""
    c = Case
    sums = [
        func.count(),
        _sum(c.status == "new"),
        _sum(and_(c.answer_by < now, c.replied_at.is_(None))),
        _sum(c.unread.is_(True)),
        _sum(c.owner_id == me),
    ]
    query = select(*sums).select_from(c).outerjoin(Store, Store.id == c.store_id)
    query = query.where(c.status.in_(NOT_CLOSED), inside(reach, store=c.store_id, segment=c.segment))
    return Counters(*(int(n) for n in session.execute(query).one()))


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a case's story, as it is shown. state: of the reply's email, "" when there is none."""

    id: UUID
    kind: str
    at: datetime
    by: str
    detail: str
    body: str
    public: bool
    failed: str
    state: str
    reason: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One case with what its page says. order_id "" when nobody knows it; address "" when it is gone.

    rating, source, author: of a review from elsewhere.
    """

    case: Case
    store: str
    brand: str
    zone: str
    owner: str
    verbatim: str
    order_id: str
    first_name: str
    last_name: str
    address: str
    ordered_at: datetime | None
    rating: int | None
    source: str
    author: str
    story: tuple[Told, ...]


def shown(session: Session, reach: Reach, case_id: UUID) -> Shown | None:
    """A case inside the reader's scopes; None for every other."""
    c = Case
    row: Any = session.execute(
        select(
            c,
            func.coalesce(Store.name, c.store_id),
            func.coalesce(Brand.name, ""),
            func.coalesce(Store.zone, "Europe/Paris"),
            func.coalesce(User.name, ""),
            func.coalesce(ResponseRevision.verbatim, Review.text, ""),
            func.coalesce(Invitation.order_id, ""),
            func.coalesce(Customer.first_name, ""),
            func.coalesce(Customer.last_name, ""),
            func.coalesce(Customer.email, ""),
            func.coalesce(Order.fulfilled_at, Order.ordered_at),
            Review.rating,
            func.coalesce(Review.source, ""),
            func.coalesce(Review.author, ""),
        )
        .select_from(c)
        .outerjoin(Store, Store.id == c.store_id)
        .outerjoin(Brand, Brand.id == Store.brand_id)
        .outerjoin(User, User.id == c.owner_id)
        .outerjoin(Customer, Customer.id == c.customer_id)
        .outerjoin(Review, Review.id == c.review_id)
        .outerjoin(Invitation, Invitation.id == c.invitation_id)
        .outerjoin(Order, Order.order_id == Invitation.order_id)
        .outerjoin(Response, Response.invitation_id == c.invitation_id)
        .outerjoin(
            ResponseRevision,
            and_(ResponseRevision.invitation_id == c.invitation_id, ResponseRevision.n == Response.standing),
        )
        .where(c.id == case_id, inside(reach, store=c.store_id, segment=c.segment))
    ).first()
    return None if row is None else Shown(*[*row, _story(session, case_id)])


def _story(session: Session, case_id: UUID) -> tuple[Told, ...]:
    e = CaseEntry
    rows: Any = session.execute(
        select(
            *(e.id, e.kind, e.at, e.by, e.detail, func.coalesce(e.body, ""), e.public, e.failed),
            func.coalesce(Email.state, ""),
            func.coalesce(Email.reason, ""),
            func.coalesce(Email.delivery, ""),
        )
        .outerjoin(Email, Email.id == e.email_id)
        .where(e.case_id == case_id)
        .order_by(e.at, e.id)
    ).all()
    names = _names(session, [row[3] for row in rows])
    return tuple(_told(list(row), names) for row in rows)


def _told(row: list[Any], names: Mapping[str, str]) -> Told:
    row[3] = names.get(row[3], row[3])
    return Told(*row)


def _names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    wanted = {UUID(hex=one) for one in ids if len(one) == 32}
    if not wanted:
        return {}
    return {
        row[0].hex: row[1] or row[2]
        for row in session.execute(select(User.id, User.name, User.email).where(User.id.in_(wanted)))
    }


def place(session: Session, store_id: str) -> dict[str, str]:
    """Brand and region of a store, as scopes name them."""
    row = session.execute(select(Store.brand_id, Store.region_id).where(Store.id == store_id)).first()
    return {"brand": (row[0] or "") if row else "", "region": (row[1] or "") if row else ""}


def _conditions(wanted: Wanted, now: datetime) -> list[Any]:
    c = Case
    found: list[Any] = []
    if wanted.status == "open":
        found.append(c.status.in_(NOT_CLOSED))
    elif wanted.status:
        found.append(c.status == wanted.status)
    if wanted.who == "mine":
        found.append(c.owner_id == wanted.me)
    elif wanted.who == "nobody":
        found.append(c.owner_id.is_(None))
    if wanted.why:
        found.append(c.why == wanted.why)
    if wanted.store:
        found.append(c.store_id == wanted.store)
    if wanted.label:
        found.append((" " + c.negative + " ").contains(f" {wanted.label} ", autoescape=True))
    if wanted.late:
        found += [c.answer_by < now, c.replied_at.is_(None), c.status != "closed"]
    if wanted.unread:
        found.append(c.unread.is_(True))
    return found


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
