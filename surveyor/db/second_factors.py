"""Second factors of those who read the line: sealed secrets, the half minute last taken, hashes of recovery codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
from surveyor.db.tables.users import RecoveryCode, User


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """The TOTP secret of a person, sealed. `since` is None while it is offered and not yet confirmed."""

    sealed: bytes = field(repr=False)
    key_id: str
    since: datetime | None


def secret_of(session: Session, user_id: UUID) -> SealedSecret | None:
    """The secret of a person, in force or offered."""
    row = session.execute(select(User.totp_secret, User.totp_key_id, User.totp_since).where(User.id == user_id)).first()
    return (
        None
        if row is None or row.totp_secret is None
        else SealedSecret(row.totp_secret, row.totp_key_id, row.totp_since)
    )


def every_secret(session: Session) -> dict[UUID, SealedSecret]:
    """The secrets of everybody who has one."""
    rows = session.execute(
        select(User.id, User.totp_secret, User.totp_key_id, User.totp_since).where(User.totp_secret.is_not(None))
    )
    return {row.id: SealedSecret(row.totp_secret, row.totp_key_id, row.totp_since) for row in rows}


def offer(session: Session, user_id: UUID, *, sealed: bytes, key_id: str) -> bool:
    """Keep a secret that waits for its first code; False when one is in force already."""
    free = (User.id == user_id) & User.totp_since.is_(None)
    values = {"totp_secret": sealed, "totp_key_id": key_id, "totp_last": None}
    return session.execute(update(User).where(free).values(**values).returning(User.id)).first() is not None


def put_in_force(session: Session, user_id: UUID, *, sealed: bytes, now: datetime) -> bool:
    """The offered secret was confirmed; False when it is not that one any more."""
    offered = (User.id == user_id) & User.totp_since.is_(None) & (User.totp_secret == sealed)
    return session.execute(update(User).where(offered).values(totp_since=now).returning(User.id)).first() is not None


def seal_again(session: Session, user_id: UUID, *, old: bytes, sealed: bytes, key_id: str) -> None:
    """The same secret under another key, unless it was replaced meanwhile."""
    same = (User.id == user_id) & (User.totp_secret == old)
    session.execute(update(User).where(same).values(totp_secret=sealed, totp_key_id=key_id))


def take_step(session: Session, user_id: UUID, step: int) -> bool:
    """A half minute is used up; False when it, or a later one, was used before: a code works once."""
    fresh = (User.id == user_id) & or_(User.totp_last.is_(None), User.totp_last < step)
    return session.execute(update(User).where(fresh).values(totp_last=step).returning(User.id)).first() is not None


def forget(session: Session, user_id: UUID) -> bool:
    """No second factor any more; False when there was none."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    some = (User.id == user_id) & User.totp_secret.is_not(None)
    none = {"totp_secret": None, "totp_key_id": "", "totp_since": None, "totp_last": None}
    return session.execute(update(User).where(some).values(**none).returning(User.id)).first() is not None


def replace_codes(session: Session, user_id: UUID, hashes: Iterable[str], *, now: datetime) -> None:
    """The recovery codes of a person become these; the former ones stop working."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    for code_hash in hashes:
        session.execute(insert(RecoveryCode).values(id=new_id(now), user_id=user_id, code_hash=code_hash))


def unused_codes(session: Session, user_id: UUID) -> list[tuple[UUID, str]]:
    """Id and hash of each recovery code that still works."""
    statement = select(RecoveryCode.id, RecoveryCode.code_hash).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return [(row.id, row.code_hash) for row in session.execute(statement)]


def count_unused(session: Session, user_id: UUID) -> int:
    """How many recovery codes still work."""
    mine = (RecoveryCode.user_id == user_id) & RecoveryCode.used_at.is_(None)
    return session.execute(select(func.count()).select_from(RecoveryCode).where(mine)).scalar_one()


def use_code(session: Session, code_id: UUID, now: datetime) -> bool:
    """A recovery code was used; False when somebody was faster."""
    free = (RecoveryCode.id == code_id) & RecoveryCode.used_at.is_(None)
    return (
        session.execute(update(RecoveryCode).where(free).values(used_at=now).returning(RecoveryCode.id)).first()
        is not None
    )
