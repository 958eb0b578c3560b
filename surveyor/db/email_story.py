"""Everything that is known of one email: why it was decided, each attempt, each event, each look, what followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach
from surveyor.db.inside import inside
from surveyor.db.known_customers import is_network
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import DoubtCheck, Email, EmailEvent, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import ResponseRevision, Visit


@dataclass(frozen=True, slots=True)
class EmailStory:
    """Rows as they stand, each list in the order of time. invitation, decisions: none for an email to staff."""

    email: Email
    invitation: Invitation | None
    customer: str
    store: str
    decisions: Sequence[DecisionRow]
    attempts: Sequence[SendAttempt]
    looks: Sequence[DoubtCheck]
    events: Sequence[EmailEvent]
    visits: Sequence[Visit]
    answers: Sequence[ResponseRevision]


def story(session: Session, reach: Reach, email_id: UUID) -> EmailStory | None:
    """The story of an email inside these scopes, None for any other; an email to staff is the whole network's."""
    query = (
        select(Email, Invitation, Customer.external_id, Store.name)
        .outerjoin(Invitation, Invitation.id == Email.invitation_id)
        .outerjoin(Customer, Customer.id == Email.customer_id)
        .outerjoin(Store, Store.id == Invitation.store_id)
        .where(Email.id == email_id)
    )
    if not is_network(reach):
        query = query.where(inside(reach, store=Invitation.store_id, segment=Invitation.segment))
    row: Any = session.execute(query).first()
    if row is None:
        return None
    email, invitation = row[0], row[1]
    return EmailStory(
        email,
        invitation,
        row[2] or "",
        row[3] or "",
        _decisions(session, invitation),
        _all(session, SendAttempt, SendAttempt.email_id == email_id, SendAttempt.n),
        _all(session, DoubtCheck, DoubtCheck.email_id == email_id, DoubtCheck.at),
        _all(session, EmailEvent, EmailEvent.email_id == email_id, EmailEvent.at),
        _of_invitation(session, Visit, invitation, Visit.at),
        _of_invitation(session, ResponseRevision, invitation, ResponseRevision.n),
    )


def latest(session: Session, reach: Reach, *, about: str = "", limit: int = 25) -> list[tuple[Email, str, str]]:
    """The latest emails to customers inside these scopes, with the customer's id and the store's name.

    about: a customer's id or an order's; "": those that were handed over, of everybody.
    """
    query = (
        select(Email, Customer.external_id, Store.name)
        .join(Invitation, Invitation.id == Email.invitation_id)
        .join(Customer, Customer.id == Email.customer_id)
        .outerjoin(Store, Store.id == Invitation.store_id)
        .where(inside(reach, store=Invitation.store_id, segment=Invitation.segment))
        .where(or_(Customer.external_id == about, Invitation.order_id == about) if about else Email.attempts > 0)
        .order_by(Email.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2] or "") for row in session.execute(query)]


def _decisions(session: Session, invitation: Invitation | None) -> Sequence[DecisionRow]:
    if invitation is None:
        return ()
    d = DecisionRow
    query = select(d).where(
        d.customer_id == invitation.customer_id, d.order_id == invitation.order_id, d.rule_id == invitation.rule_id
    )
    return session.scalars(query.order_by(d.decided_at)).all()


def _of_invitation(session: Session, table: Any, invitation: Invitation | None, order: Any) -> Sequence[Any]:
    return [] if invitation is None else _all(session, table, table.invitation_id == invitation.id, order)


def _all(session: Session, table: Any, condition: Any, order: Any) -> Sequence[Any]:
    return session.scalars(select(table).where(condition).order_by(order).limit(500)).all()
