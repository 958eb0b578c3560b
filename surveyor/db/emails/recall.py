"""Hand-overs that the database forgot, in a failover or a restore, written down again when a provider tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Email, SendAttempt

FORGOTTEN = "forgotten by this database: lost in a failover or a restore"


class Forgotten(NamedTuple):
    """Attempt `n` of an email that is still to be sent here; `at`: the first that was heard of it."""

    email_id: UUID
    n: int
    at: datetime


def recall(session: Session, attempts: Sequence[Forgotten], *, provider: str, now: datetime) -> None:
    """Give each its row, of an unknown outcome: what is told of it then proves it (`accept_late`).

    Only where the email is pending or leased and has no live attempt. The caller holds the locks of the emails.
    """
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    for one in attempts:
        statement = make(SendAttempt).values(
            email_id=one.email_id,
            n=one.n,
            provider=provider,
            outcome="unknown",
            intent_at=one.at,
            settled_at=now,
            evidence=FORGOTTEN,
        )
        written = session.scalar(statement.on_conflict_do_nothing().returning(SendAttempt.n))
        if written is not None:
            session.execute(
                update(Email)
                .where(Email.id == one.email_id, Email.attempts < one.n, Email.state.in_(("pending", "leased")))
                .values(attempts=one.n),
                execution_options={"synchronize_session": False},
            )
