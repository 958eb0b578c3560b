"""What was recorded of persons, page by page: their decisions with all that came before, to be made again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionHistory, DecisionRow
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.suppressions import Preference, Suppression


@dataclass(frozen=True, slots=True)
class Who:
    """One customer: our id, the source's, the key of the address ("None": none), the segment, whether erased."""

    id: UUID
    external_id: str
    address_key: bytes | None
    segment: str
    erased: bool = False


def people_after(session: Session, last: UUID | None, size: int) -> tuple[list[list[Who]], UUID | None]:
    """Persons (the customers of one address) of the next `size` customers, each person once over all the pages.

    last: what the page before gave (None: the first page); it comes back as None after the last customer.
    """
    c = Customer
    columns = select(c.id, c.external_id, c.address_key, c.segment, c.erased_at.is_not(None))
    query = columns.order_by(c.id).limit(size)
    page = [Who(*row) for row in session.execute(query if last is None else query.where(c.id > last))]
    if not page:
        return [], None
    keys = {who.address_key for who in page if who.address_key is not None}
    people: dict[bytes | UUID, list[Who]] = {who.id: [who] for who in page if who.address_key is None}
    for row in session.execute(columns.where(bulk.among(session, c.address_key, keys)).order_by(c.id)):
        people.setdefault(row.address_key, []).append(Who(*row))
    mine = {who.id for who in page}
    return [person for person in people.values() if person[0].id in mine], page[-1].id


def people_of(session: Session, customers: Collection[UUID]) -> list[list[Who]]:
    """The persons that these customers are, with every account of their addresses."""
    c = Customer
    columns = select(c.id, c.external_id, c.address_key, c.segment, c.erased_at.is_not(None)).order_by(c.id)
    asked = [Who(*row) for row in session.execute(columns.where(bulk.among(session, c.id, customers)))]
    keys = {who.address_key for who in asked if who.address_key is not None}
    people: dict[bytes | UUID, list[Who]] = {who.id: [who] for who in asked if who.address_key is None}
    if keys:
        for row in session.execute(columns.where(bulk.among(session, c.address_key, keys))):
            people.setdefault(row.address_key, []).append(Who(*row))
    return list(people.values())


def decisions(session: Session, customers: Collection[UUID]) -> list[Any]:
    """Their decisions that stand."""
    return list(session.scalars(select(DecisionRow).where(bulk.among(session, DecisionRow.customer_id, customers))))


def former(session: Session, customers: Collection[UUID]) -> list[Any]:
    """Those that were made again: customer, rule and version, order, date of the occurrence, facts, instant."""
    d = DecisionHistory
    query = select(d.customer_id, d.rule_id, d.rule_version, d.order_id, d.occurrence_on, d.facts, d.decided_at)
    return list(session.execute(query.where(bulk.among(session, d.customer_id, customers))))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One hand-over of the first email of an invitation."""

    intent_at: datetime
    settled_at: datetime | None
    outcome: str


def invitations(session: Session, customers: Collection[UUID]) -> list[tuple[Any, list[Attempt]]]:
    """Their invitations, each with the attempts at its first email."""
    i, e, a = Invitation, Email, SendAttempt
    found = session.execute(
        select(
            *(i.id, i.customer_id, i.address_key, i.dedupe_key, i.rule_id),
            *(i.state, i.reason, i.ended_at, i.asked_at, i.sent_at),
        ).where(bulk.among(session, i.customer_id, customers))
    ).all()
    attempts: dict[UUID, list[Attempt]] = {}
    query = (
        select(e.invitation_id, a.intent_at, a.settled_at, a.outcome)
        .join(a, a.email_id == e.id)
        .where(bulk.among(session, e.invitation_id, [row.id for row in found]), e.kind == "invitation")
        .order_by(e.id, a.n)
    )
    for row in session.execute(query):
        attempts.setdefault(row.invitation_id, []).append(Attempt(row.intent_at, row.settled_at, row.outcome))
    return [(row, attempts.get(row.id, [])) for row in found]


def opposed(session: Session, keys: Collection[bytes]) -> list[Any]:
    """Every suppression that these addresses ever had, the oldest first."""
    s = Suppression
    query = select(s.address_key, s.reason, s.scope, s.created_at, s.expires_at, s.lifted_at)
    return list(session.execute(query.where(bulk.among(session, s.address_key, keys)).order_by(s.created_at, s.id)))


def preferences(session: Session, keys: Collection[bytes]) -> list[Any]:
    """How often these addresses want to be asked: months, and when they said so."""
    p = Preference
    query = select(p.address_key, p.gap_months, p.chosen_at).where(p.gap_months.is_not(None))
    return list(session.execute(query.where(bulk.among(session, p.address_key, keys))))


def store_edits(session: Session) -> list[Any]:
    """What people changed of stores, the oldest first: store, instant, before, after."""
    a = AuditLine
    query = select(a.object, a.at, a.before, a.after).where(
        a.action == "store.edited", or_(a.before.is_not(None), a.after.is_not(None))
    )
    return list(session.execute(query.order_by(a.n)))


def first_decisions(session: Session) -> dict[int, datetime]:
    """When each version of the rules first decided: a timelapse decides before its version was published."""
    found: dict[int, datetime] = {}
    for table in (DecisionRow, DecisionHistory):
        query = select(table.rule_version, func.min(table.decided_at)).group_by(table.rule_version)
        for version, at in session.execute(query):
            found[version] = min(at, found.get(version, at))
    return found
