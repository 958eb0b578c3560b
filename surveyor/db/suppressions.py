"""Addresses we do not write to, by address key alone: read again at every decision and at every intent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
from surveyor.db.engine import dialect_name
from surveyor.db.tables.suppressions import IN_FORCE, Preference, Suppression


def suppress(
    session: Session, address_key: bytes, reason: str, *, source: str, now: datetime, until: datetime | None = None
) -> bool:
    """Stop writing to an address, everywhere, until `until` (None: for ever). False when it was so already.

    A suppression of the same reason that is in force keeps its beginning; its end moves when the new one is later.
    """
    options = {"synchronize_session": False}
    session.execute(  # one that is over is another one: it keeps its own beginning and end
        update(Suppression)
        .where(*_of(address_key, reason), Suppression.expires_at <= now)
        .values(lifted_at=Suppression.expires_at, lifted_by="time"),
        execution_options=options,
    )
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(Suppression).values(
        id=new_id(now),
        address_key=address_key,
        scope="all",
        source=source,
        reason=reason,
        created_at=now,
        expires_at=until,
    )
    statement = statement.on_conflict_do_nothing(
        index_elements=["address_key", "scope", "reason"], index_where=IN_FORCE
    )
    if session.execute(statement.returning(Suppression.id)).first() is not None:
        return True
    later: Any = Suppression.expires_at.is_not(None)
    if until is not None:
        later = Suppression.expires_at < until
    changed = session.execute(
        update(Suppression).where(*_of(address_key, reason), later).values(expires_at=until),
        execution_options=options,
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def lift(session: Session, address_key: bytes, reason: str, *, now: datetime, by: str) -> bool:
    """Write to the address again as far as this reason is concerned; False when it did not hold."""
    changed = session.execute(
        update(Suppression).where(*_of(address_key, reason)).values(lifted_at=now, lifted_by=by),
        execution_options={"synchronize_session": False},
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def in_force(session: Session, keys: Collection[bytes], *, now: datetime) -> dict[bytes, list[Suppression]]:
    """What stops each of these addresses at `now`, oldest first; addresses that nothing stops are absent."""
    found: dict[bytes, list[Suppression]] = {}
    rows = session.scalars(
        select(Suppression)
        .where(
            Suppression.address_key.in_(list(keys)),
            Suppression.lifted_at.is_(None),
            or_(Suppression.expires_at.is_(None), Suppression.expires_at > now),
        )
        .order_by(Suppression.created_at, Suppression.id)
    )
    for row in rows:
        found.setdefault(row.address_key, []).append(row)
    return found


def choose_gap(session: Session, address_key: bytes, gap_months: int | None, *, now: datetime) -> int | None:
    """Keep how often an address accepts to be asked: at least so many months apart; None: as the rules say.

    Returns what was chosen before.
    """
    before: int | None = session.scalar(select(Preference.gap_months).where(Preference.address_key == address_key))
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values = {"gap_months": gap_months, "chosen_at": now}
    statement: Any = make(Preference).values(address_key=address_key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["address_key"], set_=values))
    return before


def gaps(session: Session, keys: Collection[bytes]) -> dict[bytes, int]:
    """Months that addresses chose between two invitations; those that chose nothing are absent."""
    rows = session.execute(
        select(Preference.address_key, Preference.gap_months).where(
            Preference.address_key.in_(list(keys)), Preference.gap_months.is_not(None)
        )
    )
    return {row.address_key: row.gap_months for row in rows}


def _of(address_key: bytes, reason: str) -> tuple[Any, ...]:
    return (
        Suppression.address_key == address_key,
        Suppression.scope == "all",
        Suppression.reason == reason,
        Suppression.lifted_at.is_(None),
    )
