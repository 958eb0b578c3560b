"""What stands behind each step of the funnel: the rows that a count was made of, page by page, inside the scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Select, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import iterate

from surveyor.core.delivery import UNDELIVERED_RANK
from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import ZERO, Tally
from surveyor.db import tallies
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import LIVE_ORDER, Order
from surveyor.db.tables.responses import Response


@dataclass(frozen=True, slots=True)
class Cut:
    """Which rows: scopes, days, one rule ("": all), one reason ("": all); zone: of stores that say nothing."""

    reach: Reach
    period: Period
    rule: str = ""
    reason: str = ""
    zone: str = "Europe/Paris"


class StepRow(NamedTuple):
    """One line of a list. at: what it is sorted by, a day or an instant. day: the local day that it is counted on.

    state: "ordered", a verdict, or what an email is. score: of the answer, if any.
    """

    id: UUID
    at: date | datetime
    day: date
    customer_id: UUID
    customer: str
    order_id: str
    store_id: str
    store: str
    rule_id: str
    state: str
    reason: str | None
    score: int | None = None


#: Where a page begins: behind the row of this `at` and id.
After = tuple[date | datetime, UUID]


def rows(session: Session, step: str, cut: Cut, *, after: After | None = None, limit: int = 51) -> list[StepRow]:
    """The rows behind a step, the newest day first. Raises KeyError for a step that has no list.

    Those of a page are found first, in the order of an index of days, and what is said of them is then looked up.
    """
    found = _query(session, step, cut)
    at, row_id = found.at, found.id
    keys = found.query.order_by(at.desc(), row_id.desc())
    if after is not None:
        keys = keys.where(at <= after[0], or_(at < after[0], row_id < after[1]))
    ids: list[UUID] = []
    for days in _days_of_few(session, step, cut, after, limit) if _is_few(session, step, cut, limit) else ((),):
        some = keys.where(at.in_(days)) if days else keys
        ids += session.scalars(some.limit(limit - len(ids)))
        if len(ids) >= limit:
            break
    told: Any = session.execute(found.about.where(row_id.in_(ids)).order_by(at.desc(), row_id.desc())) if ids else ()
    return [StepRow(row[0], row[1], _local(row[1], row[2]), *row[3:]) for row in told]


def _is_few(session: Session, step: str, cut: Cut, limit: int) -> bool:
    """Whether a step is looked for where tallies say that there is any: always, or while a page holds all of it."""
    if step not in AT_TIMES_FEW:
        return step in FEW
    counted = tallies.sums(session, _wider(cut), cut.period, rule_id=cut.rule, only=TALLIED[step])
    return _tallied(step, counted.get((), ZERO)) <= limit


def _wider(cut: Cut) -> Reach:
    """Of brands and regions every store: one may have moved since."""
    return tuple(Scope.of(stores=one.stores, segments=one.segments) for one in cut.reach)


def _tallied(step: str, tally: Tally) -> int:
    """How many rows of a step tallies count: the first of its counts without the others."""
    first, *others = (getattr(tally, name) for name in TALLIED[step])
    return int(first - sum(others))


def _days_of_few(session: Session, step: str, cut: Cut, after: After | None, limit: int) -> Iterator[list[date]]:
    """The days of which a page is made, where tallies say that there is any, the newest first: enough of them for
    the page, then as many again.
    """
    counted = tallies.sums(session, _wider(cut), cut.period, by=("day",), rule_id=cut.rule, only=TALLIED[step])
    days, n = list[date](), 0
    for (day,), tally in sorted(counted.items(), reverse=True):
        many = _tallied(step, tally)
        if many and (after is None or day <= after[0]):
            days.append(day)
            n += many if after is None or day < after[0] else 0
        if n >= limit:
            yield days
            days, n = [], 0
    if days:
        yield days


def how_many(session: Session, step: str, cut: Cut) -> int:
    """How many rows a step has."""
    found = _query(session, step, cut)
    return session.scalar(found.query.with_only_columns(func.count(found.id), maintain_column_froms=True)) or 0


def not_eligible(session: Session, cut: Cut) -> dict[str, int]:
    """Decisions that reached no rule, by reason: what no tally keeps."""
    d = DecisionRow
    counted: Any = select(d.reason, func.count())
    query = _decided(counted, cut).where(d.verdict == "NOT_ELIGIBLE").group_by(d.reason)
    return {str(row[0]): int(row[1]) for row in session.execute(query)}


class _Found(NamedTuple):
    """The ids of what a step holds, what is said of some of them, and the two columns that they are sorted by."""

    query: Select[Any]
    about: Select[Any]
    at: Any
    id: Any


def _query(session: Session, step: str, cut: Cut) -> _Found:
    if step == "orders":
        return _orders(session, cut)
    if step in DECISIONS:
        return _decisions(DECISIONS[step](), cut)
    if step in FATES:
        return _invitations(FATES[step](), cut, day=Invitation.decision_day)
    return _invitations(and_(Invitation.state == "sent", EMAILS[step]()), cut, day=Invitation.sent_day)


def _decided(query: Select[Any], cut: Cut) -> Select[Any]:
    d = DecisionRow
    query = query.join(Store, Store.id == d.store_id, isouter=True).where(
        d.day >= cut.period.first, d.day <= cut.period.last, inside(cut.reach, store=d.store_id, segment=d.segment)
    )
    return query.where(d.rule_id == cut.rule) if cut.rule else query


def _decisions(condition: Any, cut: Cut) -> _Found:
    d = DecisionRow
    query = _decided(select(d.id), cut).where(condition)
    about: Any = (
        select(
            *(d.id, d.day, literal(""), d.customer_id, Customer.external_id, d.order_id, d.store_id),
            *(func.coalesce(Store.name, ""), d.rule_id, d.verdict, d.reason, null()),
        )
        .join(Customer, Customer.id == d.customer_id)
        .join(Store, Store.id == d.store_id, isouter=True)
    )
    return _Found(query.where(d.reason == cut.reason) if cut.reason else query, about, d.day, d.id)


def _invitations(condition: Any, cut: Cut, *, day: Any) -> _Found:
    i, e, r = Invitation, Email, Response
    of_email, of_answer = and_(e.invitation_id == i.id, e.kind == "invitation"), r.invitation_id == i.id
    sent = func.coalesce(e.delivery, i.state)
    state = case((i.state == "sent", sent), (i.state == "scheduled", e.state), else_=i.state)
    about: Any = (
        select(
            *(i.id, day, literal(""), i.customer_id, Customer.external_id, i.order_id, i.store_id),
            *(func.coalesce(Store.name, ""), i.rule_id, state, i.reason, r.score),
        )
        .join(Customer, Customer.id == i.customer_id)
        .join(e, of_email, isouter=True)
        .join(r, of_answer, isouter=True)
        .join(Store, Store.id == i.store_id, isouter=True)
    )
    query = select(i.id).join(Store, Store.id == i.store_id, isouter=True)
    asked = {one.table for one in iterate(condition) if isinstance(one, Column)}
    for table, on in ((e, of_email), (r, of_answer)):
        query = query.join(table, on, isouter=True) if table.__table__ in asked else query
    query = query.where(day >= cut.period.first, day <= cut.period.last, condition)
    query = query.where(inside(cut.reach, store=i.store_id, segment=i.segment))
    if cut.rule:
        query = query.where(i.rule_id == cut.rule)
    return _Found(query.where(i.reason == cut.reason) if cut.reason else query, about, day, i.id)


def _orders(session: Session, cut: Cut) -> _Found:
    """Orders of known customers, completed and not taken back, on the local days of their stores."""
    o = Order
    zones = {zone or cut.zone for zone in session.scalars(select(Store.zone).distinct())} | {cut.zone}
    zone = func.coalesce(func.nullif(Store.zone, ""), cut.zone)
    first, last = cut.period.first, cut.period.last + timedelta(days=1)
    spans = {name: (_midnight(first, name), _midnight(last, name)) for name in sorted(zones)}
    begins, ends = min(one for one, _ in spans.values()), max(one for _, one in spans.values())
    local = [and_(zone == name, o.fulfilled_at >= one, o.fulfilled_at < other) for name, (one, other) in spans.items()]
    query = (
        select(o.id)
        .join(Store, Store.id == o.store_id, isouter=True)
        .where(LIVE_ORDER, o.customer_id.is_not(None), o.fulfilled_at >= begins, o.fulfilled_at < ends)
        .where(or_(*local), inside(cut.reach, store=o.store_id, segment=o.segment))
    )
    about: Any = (
        select(
            *(o.id, o.fulfilled_at, zone, o.customer_id, Customer.external_id, o.order_id, o.store_id),
            *(func.coalesce(Store.name, ""), literal(""), literal("ordered"), null(), null()),
        )
        .join(Customer, Customer.id == o.customer_id)
        .join(Store, Store.id == o.store_id, isouter=True)
    )
    return _Found(query, about, o.fulfilled_at, o.id)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _local(at: Any, zone: str) -> date:
    found: date = at.astimezone(ZoneInfo(zone)).date() if isinstance(at, datetime) else at
    return found


Condition = Callable[[], Any]
_HIT = ("SCHEDULED", "SUPPRESSED")
#: Lists of decisions, by the day of the order.
DECISIONS: dict[str, Condition] = {
    "decided": lambda: DecisionRow.verdict.is_not(None),
    "not_eligible": lambda: DecisionRow.verdict == "NOT_ELIGIBLE",
    "counted": lambda: or_(DecisionRow.verdict.in_(_HIT), DecisionRow.reason == "BELOW_MIN_ORDERS"),
    "hits": lambda: DecisionRow.verdict.in_(_HIT),
    "refused": lambda: DecisionRow.verdict == "SUPPRESSED",
}
#: Lists of invitations, by the day of the order that was decided upon.
FATES: dict[str, Condition] = {
    "scheduled": lambda: Invitation.id.is_not(None),
    "dropped": lambda: Invitation.state == "dropped",
    "failed": lambda: Invitation.state == "failed",
    "in_doubt": lambda: and_(Invitation.state == "scheduled", Email.state == "in_doubt"),
    "waiting": lambda: and_(Invitation.state == "scheduled", Email.state != "in_doubt"),
    "went_out": lambda: Invitation.state == "sent",
}
_OPEN = ("queued", "deferred")


def _arrived() -> Any:
    """A visit proves the delivery, whatever the ladder says (core/delivery)."""
    return or_(Invitation.visited_at.is_not(None), Email.delivery.in_(("delivered", "complained")))


def _ended(state: str) -> Any:
    return and_(Invitation.visited_at.is_(None), Email.delivery == state)


def _open(known: bool) -> Any:
    late = Email.delivery_rank >= UNDELIVERED_RANK if known else Email.delivery_rank < UNDELIVERED_RANK
    return and_(Invitation.visited_at.is_(None), or_(Email.delivery.is_(None), Email.delivery.in_(_OPEN)), late)


#: Lists of emails sent, by the day they were sent.
EMAILS: dict[str, Condition] = {
    "sent": lambda: Invitation.sent_day.is_not(None),
    "delivered": _arrived,
    "bounced_hard": lambda: _ended("bounced_hard"),
    "bounced_soft": lambda: _ended("bounced_soft"),
    "rejected": lambda: _ended("rejected"),
    "undelivered": lambda: _open(known=True),
    "in_transit": lambda: _open(known=False),
    "visited": lambda: Invitation.visited_at.is_not(None),
    "responded": lambda: Response.score.is_not(None),
    "responded_commented": lambda: and_(Response.score.is_not(None), Response.commented),
    "complained": lambda: Email.delivery == "complained",
}
#: What hardly happens to an email, and is tallied on the day it was sent: looked for where there is any.
FEW = frozenset({"bounced_hard", "bounced_soft", "rejected", "undelivered", "complained"})
#: What happens to many or to nobody, as the rules have it.
AT_TIMES_FEW = frozenset({"refused"})
#: The counts of tallies that say how many there are: the first without the others.
TALLIED: dict[str, tuple[str, ...]] = {**{step: (step,) for step in FEW}, "refused": ("hits", "scheduled")}
STEPS = ("orders", *DECISIONS, *FATES, *EMAILS)
