"""Texts that wait for a second person before they decide or leave, and what was said of each, for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyor.core.tokens import Keyring
from surveyor.db.tables.rules import Proposal as Row
from surveyor.errors import Complaint, Refused


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody says of a proposal. by: their id; name: as the history shows them. keys: None: nobody is told."""

    id: UUID
    by: str
    name: str
    why: str = ""
    keys: Keyring | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One text that was proposed. subject: `rules` or `email:KIND`. body: what would be published."""

    id: UUID
    subject: str
    base: int | None
    body: Any
    author: str
    name: str
    why: str
    proposed_at: datetime
    state: str = "pending"
    number: int | None = None
    decided_by: str | None = None
    decided_name: str | None = None
    decided_why: str | None = None
    decided_at: datetime | None = None


_NAMES = tuple(Proposal.__dataclass_fields__)


def add(session: Session, proposal: Proposal) -> None:
    """Keep a proposal."""
    session.execute(insert(Row).values({name: getattr(proposal, name) for name in _NAMES}))


def find(session: Session, proposal: UUID) -> Proposal | None:
    """One proposal."""
    row = session.execute(_query().where(Row.id == proposal)).first()
    return None if row is None else Proposal(*row)


def pending(session: Session, subject: str | None = None) -> list[Proposal]:
    """Those that wait, of one subject or of all, the oldest first."""
    query = _query().where(Row.state == "pending", *([Row.subject == subject] if subject else []))
    return [Proposal(*row) for row in session.execute(query.order_by(Row.proposed_at, Row.id))]


def decided(session: Session, *, limit: int) -> list[Proposal]:
    """Those that somebody decided, the newest first."""
    query = _query().where(Row.state != "pending").order_by(Row.decided_at.desc(), Row.id).limit(limit)
    return [Proposal(*row) for row in session.execute(query)]


def close(session: Session, said: Decision, state: str, *, now: datetime) -> None:
    """Write a decision, once: whoever comes second is told (Refused, `proposal_decided`, 409)."""
    done: Any = session.execute(
        update(Row)
        .where(Row.id == said.id, Row.state == "pending")
        .values(state=state, decided_by=said.by, decided_name=said.name, decided_why=said.why, decided_at=now)
    )
    if done.rowcount != 1:
        fr = "Quelqu'un a déjà décidé de cette proposition. Rechargez la page."
        en = "Somebody has already decided on this proposal. Reload the page."
        raise Refused([Complaint("proposal", "proposal_decided", fr, en)], status=409)


def became(session: Session, proposal: UUID, number: int) -> None:
    """Note which version an approved proposal became."""
    session.execute(update(Row).where(Row.id == proposal).values(number=number))


def _query() -> Any:
    return select(*(getattr(Row, name) for name in _NAMES))
