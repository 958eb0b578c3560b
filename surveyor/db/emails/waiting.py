"""What waits to leave, by kind: what a person sees before releasing a database that was restored or copied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from surveyor.db.tables.emails import Email


@dataclass(frozen=True, slots=True)
class Waiting:
    """Emails of one kind that are pending. due: would leave now; later: on their day; expired: will be dropped."""

    kind: str
    due: int
    later: int
    expired: int


def waiting(session: Session, *, now: datetime) -> list[Waiting]:
    """One line a kind, by name; kinds of which nothing waits are left out."""
    over = Email.expires_at <= now
    count = func.sum
    query = (
        select(
            Email.kind,
            count(case((~over & (Email.due_at <= now), 1), else_=0)).label("due"),
            count(case((~over & (Email.due_at > now), 1), else_=0)).label("later"),
            count(case((over, 1), else_=0)).label("expired"),
        )
        .where(Email.state == "pending")
        .group_by(Email.kind)
        .order_by(Email.kind)
    )
    return [Waiting(row.kind, int(row.due), int(row.later), int(row.expired)) for row in session.execute(query)]
