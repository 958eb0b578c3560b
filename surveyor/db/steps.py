"""What stands behind each step of the funnel: the rows that a count was made of, page by page, inside the scopes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import Session

from surveyor.core.delivery import UNDELIVERED_RANK
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
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
    """The rows behind a step, the newest day first. Raises KeyError for a step that has no list."""
    query, at, row_id = _query(session, step, cut)
    if after is not None:
        query = query.where(or_(at < after[0], and_(at == after[0], row_id < after[1])))
    found: list[Any] = list(session.execute(query.order_by(at.desc(), row_id.desc()).limit(limit)))
    return [StepRow(row[0], row[1], _local(row[1], row[2]), *row[3:]) for row in found]


def how_many(session: Session, step: str, cut: Cut) -> int:
    """How many rows a step has."""
    query, _, row_id = _query(session, step, cut)
    return session.scalar(query.with_only_columns(func.count(row_id), maintain_column_froms=True)) or 0


def not_eligible(session: Session, cut: Cut) -> dict[str, int]:
    """Decisions that reached no rule, by reason: what no tally keeps."""
    d = DecisionRow
    counted: Any = select(d.reason, func.count())
    query = _decided(counted, cut).where(d.verdict == "NOT_ELIGIBLE").group_by(d.reason)
    return {str(row[0]): int(row[1]) for row in session.execute(query)}


def _query(session: Session, step: str, cut: Cut) -> tuple[Select[Any], Any, Any]:
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


def _decisions(condition: Any, cut: Cut) -> tuple[Select[Any], Any, Any]:
    d = DecisionRow
    query: Any = select(
        *(d.id, d.day, literal(""), d.customer_id, Customer.external_id, d.order_id, d.store_id),
        *(func.coalesce(Store.name, ""), d.rule_id, d.verdict, d.reason, null()),
    ).join(Customer, Customer.id == d.customer_id)
    query = _decided(query, cut).where(condition)
    return (query.where(d.reason == cut.reason) if cut.reason else query), d.day, d.id


def _invitations(condition: Any, cut: Cut, *, day: Any) -> tuple[Select[Any], Any, Any]:
    i, e, r = Invitation, Email, Response
    sent = func.coalesce(e.delivery, i.state)
    state = case((i.state == "sent", sent), (i.state == "scheduled", e.state), else_=i.state)
    query: Any = (
        select(
            *(i.id, day, literal(""), i.customer_id, Customer.external_id, i.order_id, i.store_id),
            *(func.coalesce(Store.name, ""), i.rule_id, state, i.reason, r.score),
        )
        .join(Customer, Customer.id == i.customer_id)
        .join(e, and_(e.invitation_id == i.id, e.kind == "invitation"), isouter=True)
        .join(r, r.invitation_id == i.id, isouter=True)
        .join(Store, Store.id == i.store_id, isouter=True)
        .where(day >= cut.period.first, day <= cut.period.last, condition)
        .where(inside(cut.reach, store=i.store_id, segment=i.segment))
    )
    if cut.rule:
        query = query.where(i.rule_id == cut.rule)
    return (query.where(i.reason == cut.reason) if cut.reason else query), day, i.id


def _orders(session: Session, cut: Cut) -> tuple[Select[Any], Any, Any]:
    """Orders of known customers, completed and not taken back, on the local days of their stores."""
    o = Order
    zones = {zone or cut.zone for zone in session.scalars(select(Store.zone).distinct())} | {cut.zone}
    zone = func.coalesce(func.nullif(Store.zone, ""), cut.zone)
    first, last = cut.period.first, cut.period.last + timedelta(days=1)
    spans = [
        and_(zone == name, o.fulfilled_at >= _midnight(first, name), o.fulfilled_at < _midnight(last, name))
        for name in sorted(zones)
    ]
    query: Any = (
        select(
            *(o.id, o.fulfilled_at, zone, o.customer_id, Customer.external_id, o.order_id, o.store_id),
            *(func.coalesce(Store.name, ""), literal(""), literal("ordered"), null(), null()),
        )
        .join(Customer, Customer.id == o.customer_id)
        .join(Store, Store.id == o.store_id, isouter=True)
        .where(o.cancelled_at.is_(None), o.history.is_(False), or_(*spans))
        .where(inside(cut.reach, store=o.store_id, segment=o.segment))
    )
    return query, o.fulfilled_at, o.id


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
STEPS = ("orders", *DECISIONS, *FATES, *EMAILS)
