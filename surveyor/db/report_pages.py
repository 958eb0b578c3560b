"""Who opened the page of a report, and links to one that were shared: rows beside the copies that left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.reports import ReportFollowUp, ReportRead, ReportShare
from surveyor.db.tables.users import User

R, H, F = ReportRead, ReportShare, ReportFollowUp


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody who opened the page while signed in."""

    who: str
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Share:
    """A link to one copy: who made it, until when it opens; key_id: the secret its token is made with."""

    id: UUID
    email_id: UUID
    n: int
    key_id: str
    made_by: UUID
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    maker: str = ""

    def opens(self, now: datetime) -> bool:
        """Whether it has neither ended nor been taken back."""
        return self.revoked_at is None and now < self.expires_at


def note_read(session: Session, *, email_id: UUID, user_id: UUID, now: datetime) -> None:
    """Count one more opening by a person."""
    insertion = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = insertion(R).values(email_id=email_id, user_id=user_id, first_at=now, last_at=now, times=1)
    again = {"last_at": now, "times": R.times + 1}
    session.execute(statement.on_conflict_do_update(index_elements=["email_id", "user_id"], set_=again))


def readings(session: Session, email_id: UUID) -> list[Reading]:
    """Who opened the page of an email, the first one first."""
    who = func.coalesce(func.nullif(User.name, ""), User.email)
    query = (
        select(who, R.first_at, R.last_at, R.times)
        .join(User, User.id == R.user_id)
        .where(R.email_id == email_id)
        .order_by(R.first_at)
    )
    return [Reading(*row) for row in session.execute(query)]


def add_share(session: Session, share: Share, token_sha256: bytes) -> None:
    """Keep a link."""
    names = ("id", "email_id", "n", "key_id", "made_by", "made_at", "expires_at", "revoked_at")
    session.execute(insert(H).values(token_sha256=token_sha256, **{name: getattr(share, name) for name in names}))


def shares(session: Session, email_id: UUID) -> list[Share]:
    """The links to the copies of an email, newest first."""
    query = _shares().where(H.email_id == email_id).order_by(H.made_at.desc())
    return [_share(row) for row in session.execute(query)]


def share_of(session: Session, token_sha256: bytes) -> Share | None:
    """The link of a token."""
    row = session.execute(_shares().where(H.token_sha256 == token_sha256)).first()
    return None if row is None else _share(row)


def share(session: Session, share_id: UUID) -> Share | None:
    """A link by its id."""
    row = session.execute(_shares().where(H.id == share_id)).first()
    return None if row is None else _share(row)


def revoke_share(session: Session, share_id: UUID, *, now: datetime) -> None:
    """A link opens nothing any more; one that was taken back keeps its instant."""
    session.execute(update(H).where(H.id == share_id, H.revoked_at.is_(None)).values(revoked_at=now))


def statuses(session: Session, scope: str, period: str) -> dict[tuple[str, str], str]:
    """What became of the recommendations of a month, by rule and unit, as somebody said."""
    query = select(F.rule, F.unit, F.status).where(F.scope == scope, F.period == period)
    return {(row.rule, row.unit): row.status for row in session.execute(query)}


def set_status(session: Session, key: tuple[str, str, str, str], status: str, *, by: str, now: datetime) -> None:
    """What became of a recommendation; key: scope, period, rule, unit."""
    scope, period, rule, unit = key
    insertion = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values = {"status": status, "changed_by": by, "changed_at": now}
    statement: Any = insertion(F).values(scope=scope, period=period, rule=rule, unit=unit, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["scope", "period", "rule", "unit"], set_=values))


def _shares() -> Any:
    return select(H, func.coalesce(func.nullif(User.name, ""), User.email).label("maker")).join(
        User, User.id == H.made_by
    )


def _share(row: Any) -> Share:
    names = ("id", "email_id", "n", "key_id", "made_by", "made_at", "expires_at", "revoked_at")
    return Share(**{name: getattr(row.ReportShare, name) for name in names}, maker=row.maker)
