"""Who of each store may come in and on which days they did: what ADO-01 counts, between staff and the CustScore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope, covers
from surveyor.db import bulk, stores
from surveyor.db.tables.scores import SignInDay
from surveyor.db.tables.users import User, UserScope


@dataclass(frozen=True, slots=True)
class StoreAccount:
    """A person of a store, since when they have access, and the last day they came in."""

    store_id: str
    user_id: UUID
    name: str
    since: datetime
    last_seen_at: datetime | None
    has_password: bool


def note_sign_in(session: Session, user_id: UUID, day: date) -> None:
    """Somebody came in on a day."""
    again = "(user_id, day) DO UPDATE SET times = sign_in_days.times + excluded.times"
    bulk.insert(session, SignInDay, ("user_id", "day", "times"), [(user_id, day, 1)], conflict=again)


def accounts(session: Session, reach: Reach) -> list[StoreAccount]:
    """Active accounts of single stores of the scopes: those whose scope names one store each."""
    known = {one.id: one for one in stores.shops(session, reach)}
    rows = session.execute(
        select(UserScope.scope, User.id, User.name, User.email, User.created_at, User.last_seen_at, User.password_hash)
        .join(User, User.id == UserScope.user_id)
        .where(User.disabled_at.is_(None), User.role == "store_manager")
        .order_by(User.email)
    )
    found = []
    for row in rows:
        scope = Scope.parse(row.scope)
        for store in scope.stores if not (scope.segments or scope.brands or scope.regions) else ():
            shop = known.get(store)
            if shop is not None and covers(reach, brand=shop.brand_id, region=shop.region_id, store=store):
                name = row.name or row.email
                found.append(
                    StoreAccount(store, row.id, name, row.created_at, row.last_seen_at, row.password_hash is not None)
                )
    return found


def sign_in_days(session: Session, users: Sequence[UUID], period: Period) -> Mapping[UUID, list[date]]:
    """User -> the days they came in, in order."""
    s = SignInDay
    rows = session.execute(
        select(s.user_id, s.day)
        .where(s.user_id.in_(users), s.day >= period.first, s.day <= period.last)
        .order_by(s.day)
    )
    found: dict[UUID, list[date]] = {}
    for user, day in rows:
        found.setdefault(user, []).append(day)
    return found


def forget_days(session: Session, before: date) -> int:
    """Let go of days before one; how many."""
    gone = session.execute(delete(SignInDay).where(SignInDay.day < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def count_days(session: Session, before: date) -> int:
    """How many days there are before one."""
    return session.scalar(select(func.count()).select_from(SignInDay).where(SignInDay.day < before)) or 0
