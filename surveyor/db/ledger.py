"""What the database says of things that the outside saw: events, emails, answers."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.db.tables.emails import Email
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.responses import ResponseRevision

_PAGE = 5000


def known_events(session: Session, source: str, event_ids: Collection[str]) -> set[str]:
    """Those of these events that are stored."""
    row, found = OrderEventRow, set()
    ids = sorted(event_ids)
    for start in range(0, len(ids), _PAGE):
        page = row.event_id.in_(ids[start : start + _PAGE])
        found |= set(session.scalars(select(row.event_id).where(row.source == source, page)))
    return found


def email_facts(session: Session, ids: Collection[UUID]) -> dict[str, tuple[str, str | None, int]]:
    """State, reason and number of hand-overs of emails, by id in hexadecimal digits."""
    found: dict[str, tuple[str, str | None, int]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _PAGE):
        page = Email.id.in_(wanted[start : start + _PAGE])
        for row in session.execute(select(Email.id, Email.state, Email.reason, Email.attempts).where(page)):
            found[row.id.hex] = (row.state, row.reason, row.attempts)
    return found


def answered(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these invitations of which a form was received."""
    wanted, found = sorted(ids), set()
    for start in range(0, len(wanted), _PAGE):
        page = ResponseRevision.invitation_id.in_(wanted[start : start + _PAGE])
        found |= set(session.scalars(select(ResponseRevision.invitation_id).where(page)))
    return found
