"""Emails to those who read the line: about their account, in the same table and the same queue as a customer's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import ALONE, Email


@dataclass(frozen=True, slots=True)
class AccountEmail:
    """An email to a member of staff, waiting in the table: the row is the outbox."""

    id: UUID
    kind: str
    priority: int
    dedupe_key: str
    user_id: UUID
    address_key: bytes
    domain_group: str
    due_at: datetime
    expires_at: datetime
    key_id: str
    unsubscribe_sha256: bytes


def add(session: Session, email: AccountEmail) -> None:
    """Put an email into the outbox."""
    session.execute(insert(Email).values(**asdict(email)))


def add_once(session: Session, email: AccountEmail) -> None:
    """The same, unless an email has its dedupe key already."""
    insertion = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement = insertion(Email).values(**asdict(email))
    session.execute(statement.on_conflict_do_nothing(index_elements=["dedupe_key"], index_where=ALONE))
