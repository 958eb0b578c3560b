"""Staff accounts, who read what orders became: one role each, and the scopes that narrow every figure they see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach, Scope, simplify
from surveyor.db.tables.users import User, UserScope


@dataclass(frozen=True, slots=True)
class Account:
    """One member of staff. `password_hash` is None until they chose a password.

    second_factor_since: None until a code was confirmed.
    """

    id: UUID
    email: str
    name: str
    role: str
    language: str
    password_hash: str | None
    scopes: tuple[str, ...]
    disabled_at: datetime | None
    last_seen_at: datetime | None
    created_at: datetime
    second_factor_since: datetime | None = None

    @property
    def second_factor(self) -> bool:
        """Whether signing in asks for a code as well."""
        return self.second_factor_since is not None

    @property
    def reach(self) -> Reach:
        """What this person may see: the union of their scopes."""
        return simplify(Scope.parse(text) for text in self.scopes)

    @property
    def active(self) -> bool:
        """Whether the account may be used."""
        return self.disabled_at is None


def by_id(session: Session, user_id: UUID) -> Account | None:
    """The account of this id."""
    return _one(session, _select().where(User.id == user_id))


def by_email(session: Session, email: str) -> Account | None:
    """The account of an address, in lower case."""
    return _one(session, _select().where(User.email == email))


def everybody(session: Session) -> list[Account]:
    """All accounts: active ones first, then by address."""
    return _accounts(session, _select().order_by(User.disabled_at.is_not(None), User.email))


def store_last_seen(session: Session) -> dict[str, datetime]:
    """Store -> when somebody who has the store, and no more, was last seen; absent without such a person.

    Where none of them ever came in, since when the first of them could.
    """
    seen: dict[str, datetime] = {}
    could: dict[str, datetime] = {}
    for account in everybody(session):
        for scope in account.reach if account.active else ():
            for store in scope.stores:
                could[store] = min(account.created_at, could.get(store, account.created_at))
                if account.last_seen_at is not None:
                    seen[store] = max(account.last_seen_at, seen.get(store, account.last_seen_at))
    return could | seen


def add(
    session: Session,
    *,
    user_id: UUID,
    email: str,
    role: str,
    language: str,
    now: datetime,
) -> None:
    """A new account without a password and without a scope; the address is in lower case and free."""
    session.execute(insert(User).values(id=user_id, email=email, role=role, name="", language=language, created_at=now))


def replace_scopes(session: Session, user_id: UUID, scopes: Iterable[str]) -> None:
    """The scopes of a person become these."""
    session.execute(delete(UserScope).where(UserScope.user_id == user_id))
    for scope in sorted(set(scopes)):
        session.execute(insert(UserScope).values(user_id=user_id, scope=scope))


def change(session: Session, user_id: UUID, **columns: object) -> None:
    """Set columns of one account (role, name, language, password_hash, disabled_at, last_seen_at)."""
    session.execute(update(User).where(User.id == user_id).values(**columns))


def lock_admins(session: Session) -> int:
    """How many active admins there are, their rows locked until the commit: two demotions cannot cross."""
    statement = select(User.id).where(User.role == "admin", User.disabled_at.is_(None)).with_for_update()
    return len(list(session.execute(statement)))


def count(session: Session) -> int:
    """How many accounts exist, disabled ones included."""
    return session.execute(select(func.count()).select_from(User)).scalar_one()


def _select() -> Select[User]:
    return select(User)


def _one(session: Session, statement: Select[User]) -> Account | None:
    return next(iter(_accounts(session, statement)), None)


def _accounts(session: Session, statement: Select[User]) -> list[Account]:
    users = list(session.execute(statement).scalars())
    scopes: dict[UUID, list[str]] = {}
    wanted = UserScope.user_id.in_([user.id for user in users])
    for user_id, scope in session.execute(select(UserScope.user_id, UserScope.scope).where(wanted)):
        scopes.setdefault(user_id, []).append(scope)
    return [_account(user, tuple(sorted(scopes.get(user.id, ())))) for user in users]


def _account(user: User, scopes: tuple[str, ...]) -> Account:
    return Account(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        language=user.language,
        password_hash=user.password_hash,
        scopes=scopes,
        disabled_at=user.disabled_at,
        last_seen_at=user.last_seen_at,
        created_at=user.created_at,
        second_factor_since=user.totp_since,
    )
