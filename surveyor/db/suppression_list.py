"""Suppressions as people see them: whom we do not write to, why, since when, until when, inside a reader's stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach
from surveyor.db.known_customers import is_network, visible
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.suppressions import Suppression

REASONS = ("unsubscribed", "paused", "complained", "bounced_hard", "bounced_soft", "manual", "erased")


@dataclass(frozen=True, slots=True)
class Listed:
    """One suppression. customer, address: of somebody who has this address, "" when nobody we know does (any more)."""

    id: UUID
    address_key: bytes
    reason: str
    scope: str
    source: str
    created_at: datetime
    expires_at: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None
    customer: str
    address: str

    def holds(self, now: datetime) -> bool:
        """Whether it stops emails at `now`."""
        return self.lifted_at is None and (self.expires_at is None or self.expires_at > now)


def listing(
    session: Session, reach: Reach, *, now: datetime, reason: str = "", before: UUID | None = None, limit: int = 50
) -> list[Listed]:
    """Those in force, the latest first, of customers whom these scopes show; the whole network sees every address."""
    query = _select(reach).where(*_in_force(now))
    if reason in REASONS:
        query = query.where(Suppression.reason == reason)
    if before is not None:
        query = query.where(Suppression.id < before)
    return [Listed(*row) for row in session.execute(query.order_by(Suppression.id.desc()).limit(limit))]


def how_many(session: Session, reach: Reach, *, now: datetime) -> dict[str, int]:
    """How many hold, by reason, in the order of `REASONS`; those of which there is none are left out."""
    query = select(Suppression.reason, func.count()).where(*_in_force(now)).group_by(Suppression.reason)
    if not is_network(reach):
        query = query.where(_known(reach))
    found = {row[0]: int(row[1]) for row in session.execute(query)}
    return {reason: found[reason] for reason in REASONS if reason in found}


def of_address(session: Session, address_key: bytes) -> list[Listed]:
    """Everything that ever held for an address, the latest first."""
    query = _select(()).where(Suppression.address_key == address_key)
    return [Listed(*row) for row in session.execute(query.order_by(Suppression.id.desc()))]


def export(session: Session, *, now: datetime, page: int = 2000) -> Iterator[Listed]:
    """All that holds, the oldest first, a page of rows at a time."""
    after: UUID | None = None
    while True:
        query = _select(()).where(*_in_force(now))
        if after is not None:
            query = query.where(Suppression.id > after)
        rows = session.execute(query.order_by(Suppression.id).limit(page)).all()
        yield from (Listed(*row) for row in rows)
        if len(rows) < page:
            return
        after = rows[-1].id


def _select(reach: Reach) -> Any:
    """Each suppression with one customer of its address: several accounts may share one."""
    c, s = Customer, Suppression
    known = (
        (c.address_key == s.address_key,)
        if not reach or is_network(reach)
        else (
            c.address_key == s.address_key,
            visible(reach),
        )
    )
    query = select(
        s.id,
        s.address_key,
        s.reason,
        s.scope,
        s.source,
        s.created_at,
        s.expires_at,
        s.lifted_at,
        s.lifted_by,
        func.coalesce(_one(c.external_id, known), ""),
        func.coalesce(_one(c.email, known), ""),
    )
    return query.where(_known(reach)) if reach and not is_network(reach) else query


def _one(column: Any, conditions: Any) -> Any:
    query = select(column).where(*conditions).order_by(Customer.id).limit(1)
    return query.correlate(Suppression).scalar_subquery()


def _known(reach: Reach) -> Any:
    return (
        select(Customer.id)
        .where(Customer.address_key == Suppression.address_key, visible(reach))
        .correlate(Suppression)
        .exists()
    )


def _in_force(now: datetime) -> tuple[Any, ...]:
    s = Suppression
    return (s.lifted_at.is_(None), or_(s.expires_at.is_(None), s.expires_at > now))
