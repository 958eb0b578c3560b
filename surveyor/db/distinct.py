"""Distinct people behind the counts, asked for on demand and never stored: who was asked, who ordered."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import case, distinct, func, literal, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db.engine import dialect_name
from surveyor.db.inside import inside, within
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response

#: Two accounts with one address are one person; a customer without an address is a person of their own.
PEOPLE = func.count(distinct(Customer.address_key)) + func.count(
    distinct(case((Customer.address_key.is_(None), Customer.id)))
)


def customers_hit(session: Session, reach: Reach, period: Period, *, rule: str = "") -> int:
    """Different people behind the decisions SUPPRESSED or SCHEDULED of a period (local day of the order).

    rule: those of one rule alone.
    """
    row = DecisionRow
    query = (
        select(PEOPLE)
        .select_from(row)
        .join(Customer, Customer.id == row.customer_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.day >= period.first, row.day <= period.last, row.verdict != "NOT_ELIGIBLE")
        .where(inside(reach, store=row.store_id, segment=row.segment))
    )
    return session.scalar(query.where(row.rule_id == rule) if rule else query) or 0


def customers_asked(session: Session, reach: Reach, period: Period) -> int:
    """Different people who were sent at least one invitation in a period (local day of the sending)."""
    row = Invitation
    query = (
        select(func.count(distinct(row.address_key)))
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.sent_day >= period.first, row.sent_day <= period.last)
        .where(inside(reach, store=row.store_id, segment=row.segment))
    )
    return session.scalar(query) or 0


def customers_with_order(session: Session, reach: Reach, period: Period, *, zone: str) -> int:
    """Different people with an order that counts in a period; the bounds of the days are those of `zone`."""
    first, last = _bounds(period, zone)
    row = Order
    at = func.coalesce(row.fulfilled_at, row.ordered_at)
    query = (
        select(PEOPLE)
        .select_from(row)
        .join(Customer, Customer.id == row.customer_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(
            row.cancelled_at.is_(None), at >= first, at < last, inside(reach, store=row.store_id, segment=row.segment)
        )
    )
    return session.scalar(query) or 0


def customers_reached(session: Session, reach: Reach, period: Period, *, zone: str) -> int:
    """Those of `customers_with_order` who were also sent an invitation in the period (local day of the sending).

    A share of them, whatever was cancelled: who was asked about an order that no longer counts, or that is older than
    the period, and has no other, is in neither. People are their address here: nobody is asked without one.
    """
    first, last = _bounds(period, zone)
    o, i, c = Order, Invitation, Customer
    at = func.coalesce(o.fulfilled_at, o.ordered_at)
    counts = (o.cancelled_at.is_(None), at >= first, at < last)
    asked: Any = select(i.address_key).where(i.sent_day >= period.first, i.sent_day <= period.last)
    asked = within(asked, reach, store=i.store_id, segment=i.segment)
    if dialect_name(session) == "postgresql":
        # Each buyer once, and both lists hashed: it would sort every email of the year to count their addresses.
        bought = within(select(o.customer_id).where(*counts), reach, store=o.store_id, segment=o.segment)
        buyers = bought.distinct().subquery()
        known = select(c.address_key).join(buyers, buyers.c.customer_id == c.id).where(c.address_key.is_not(None))
        return session.scalar(select(func.count()).select_from(known.intersect(asked).subquery())) or 0
    ordered = select(c.address_key).join(o, o.customer_id == c.id).where(*counts, c.address_key.is_not(None))
    ordered = within(ordered, reach, store=o.store_id, segment=o.segment)
    among = asked.with_only_columns(func.count(distinct(i.address_key)), maintain_column_froms=True)
    return session.scalar(among.where(i.address_key.in_(ordered.correlate(None)))) or 0


def customers_by_segment(session: Session, reach: Reach, period: Period, *, zone: str) -> dict[str, int]:
    """Segment of the order -> different people with an order that counts in a period; "" for those without one."""
    first, last = _bounds(period, zone)
    row = Order
    at = func.coalesce(row.fulfilled_at, row.ordered_at)
    query = (
        select(row.segment, PEOPLE)
        .select_from(row)
        .join(Customer, Customer.id == row.customer_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.cancelled_at.is_(None), at >= first, at < last)
        .where(inside(reach, store=row.store_id, segment=row.segment))
        .group_by(row.segment)
    )
    return {segment: int(people) for segment, people in session.execute(query)}


def customers_answered_sent(session: Session, reach: Reach, period: Period) -> int:
    """Different people who answered an invitation sent in a period (local day of the sending)."""
    row = Invitation
    query = (
        select(func.count(distinct(row.address_key)))
        .join(Response, Response.invitation_id == row.id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.sent_day >= period.first, row.sent_day <= period.last, Response.score.is_not(None))
        .where(inside(reach, store=row.store_id, segment=row.segment))
    )
    return session.scalar(query) or 0


def customers_answered(session: Session, reach: Reach, period: Period) -> tuple[int, int]:
    """Different people behind the answers that count in a period (local day of the answer), and those answers."""
    row = Response
    query = (
        select(func.count(distinct(Invitation.address_key)), func.count())
        .select_from(row)
        .join(Invitation, Invitation.id == row.invitation_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.day >= period.first, row.day <= period.last, row.score.is_not(None), row.source == "email")
        .where(inside(reach, store=row.store_id, segment=row.segment))
    )
    people, answers = session.execute(query).one()
    return int(people), int(answers)


def customers_answered_by(session: Session, reach: Reach, period: Period, by: str) -> dict[str, tuple[int, int]]:
    """Store, region, brand, segment, rule, or first day of a day, week or month -> people and answers of a period.

    As `customers_answered` for each group, in one statement; a row without a value is the group "".
    """
    row = Response
    query = (
        select(_group(period, by).label("one"), func.count(distinct(Invitation.address_key)), func.count())
        .select_from(row)
        .join(Invitation, Invitation.id == row.invitation_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.day >= period.first, row.day <= period.last, row.score.is_not(None), row.source == "email")
        .where(inside(reach, store=row.store_id, segment=row.segment))
        .group_by("one")
    )
    return {_said(one): (int(people), int(answers)) for one, people, answers in session.execute(query)}


def last_scores(session: Session, reach: Reach, period: Period) -> dict[int, int]:
    """Score -> people whose last answer of a period gave it, of those that count in some scopes (local day)."""
    row = Response
    latest = func.row_number().over(
        partition_by=Invitation.address_key, order_by=(row.answered_at.desc(), row.invitation_id.desc())
    )
    answers = (
        select(row.score.label("score"), latest.label("place"))
        .join(Invitation, Invitation.id == row.invitation_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(row.day >= period.first, row.day <= period.last, row.score.is_not(None), row.source == "email")
        .where(inside(reach, store=row.store_id, segment=row.segment))
        .subquery()
    )
    query = select(answers.c.score, func.count()).where(answers.c.place == 1).group_by(answers.c.score)
    return {int(score): int(people) for score, people in session.execute(query)}


class SentScore(NamedTuple):
    """How many answers of a group gave a score, with a comment or without."""

    group: str
    score: int
    commented: bool
    answers: int


def scores_by_sending(
    session: Session, reach: Reach, period: Period, by: str = ""
) -> tuple[list[SentScore], dict[str, int]]:
    """Answers that count to invitations sent in a period (local day of the sending), and group -> people behind them.

    by: as of `customers_answered_by`, days and spans those of the sending; "": one group, "".
    """
    row = Response
    one = _group(period, by, Invitation.sent_day).label("one") if by else literal("").label("one")
    answers = (
        select(one, row.score.label("score"), row.commented.label("commented"), Invitation.address_key)
        .select_from(row)
        .join(Invitation, Invitation.id == row.invitation_id)
        .join(Store, Store.id == row.store_id, isouter=True)
        .where(Invitation.sent_day >= period.first, Invitation.sent_day <= period.last)
        .where(row.score.is_not(None), row.source == "email")
        .where(inside(reach, store=row.store_id, segment=row.segment))
        .subquery()
    ).c
    counted = select(answers.one, answers.score, answers.commented, func.count())
    counted = counted.group_by(answers.one, answers.score, answers.commented)
    people = select(answers.one, func.count(distinct(answers.address_key))).group_by(answers.one)
    return (
        [SentScore(_said(key), score, commented, n) for key, score, commented, n in session.execute(counted)],
        {_said(key): int(n) for key, n in session.execute(people)},
    )


def _group(period: Period, by: str, day: Any = Response.day) -> Any:
    columns = {
        "store": Response.store_id,
        "region": Store.region_id,
        "brand": Store.brand_id,
        "segment": Response.segment,
        "rule": Response.rule_id,
        "day": day,
    }
    if by in columns:
        return columns[by]
    spans = period.split(by)
    return case(*((day <= one.last, one.first.isoformat()) for one in spans))


def _said(one: Any) -> str:
    return one.isoformat() if isinstance(one, date) else one or ""


def _bounds(period: Period, zone: str) -> tuple[datetime, datetime]:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(zone))

    return midnight(period.first), midnight(period.last + timedelta(days=1))
