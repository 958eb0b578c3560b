"""What is over by its age, class by class: how much there is, and a small part of it emptied or deleted.

Rows that tallies and decisions are counted from stay; only what nothing counts goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from surveyor.db.forget import NOBODY
from surveyor.db.tables.cases import Case, CaseEntry
from surveyor.db.tables.customers import Customer, CustomerState, Cycle
from surveyor.db.tables.emails import Email, EmailEvent, ProviderBatch
from surveyor.db.tables.imported import ImportedResponse
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.db.tables.outgoing import WebhookEvent
from surveyor.db.tables.responses import ResponseRevision, Visit
from surveyor.db.tables.suppressions import Suppression

_PLAIN = {"synchronize_session": False}
_E, _O, _V, _R, _B, _X, _C = OrderEventRow, Order, Visit, ResponseRevision, ProviderBatch, EmailEvent, Customer
_I, _W = ImportedResponse, WebhookEvent


def _over(before: datetime) -> dict[str, tuple[Any, Any]]:
    """Class -> (key column, condition of what is over)."""
    return {
        "order_payloads": (_E.id, and_(_E.received_at < before, _E.body.is_not(None), _E.state != "new")),
        "undeclared_fields": (_O.id, and_(_O.received_at < before, _O.attributes.is_not(None))),
        "visits": (_V.id, _V.at < before),
        "provider_batches": (_B.id, and_(_B.received_at < before, _B.state != "new")),
        "email_events": (_X.id, _X.received_at < before),
        "visitor_keys": (_R.invitation_id, and_(_R.at < before, _R.client_key != NOBODY)),
        "comments": (_R.invitation_id, and_(_R.at < before, func.coalesce(_R.verbatim, "") != "")),
        "imported_comments": (_I.id, and_(_I.answered_at < before, _I.comment.is_not(None))),
        "webhook_events": (_W.id, and_(_W.at < before, _W.spread_at.is_not(None))),
        "cases": (Case.id, and_(Case.closed_at < before, Case.status == "closed")),
        "identities": (_C.id, _gone(before)),
    }


def count(session: Session, name: str, before: datetime) -> int:
    """How many rows of a class are over."""
    key, over = _over(before)[name]
    return session.scalar(select(func.count()).select_from(key.class_).where(over)) or 0


def some(session: Session, name: str, before: datetime, *, limit: int) -> list[UUID]:
    """The keys of some of them."""
    key, over = _over(before)[name]
    query: Select[Any] = select(key).where(over).order_by(key).limit(limit)
    return list(dict.fromkeys(session.scalars(query)))


def cut(session: Session, name: str, before: datetime, keys: Sequence[UUID]) -> int:
    """Empty or delete rows of a class, those of these keys that are over; how many."""
    key, over = _over(before)[name]
    mine = (key.in_(keys), over)
    statement: Any
    if name == "order_payloads":
        closed = case((_E.state == "quarantined", "ignored"), else_=_E.state)
        error = case((_E.error.is_(None), literal(None)), else_="expired")
        statement = update(_E).where(*mine).values(body=None, state=closed, error=error)
    elif name == "undeclared_fields":
        statement = update(_O).where(*mine).values(attributes=None)
    elif name == "imported_comments":
        statement = update(_I).where(*mine).values(comment=None)
    elif name == "cases":
        told = delete(CaseEntry).where(CaseEntry.case_id.in_(keys))
        session.execute(told, execution_options=_PLAIN)
        statement = delete(Case).where(*mine)
    elif name == "visitor_keys":
        statement = update(_R).where(*mine).values(client_key=NOBODY)
    else:
        statement = delete(key.class_).where(*mine)
    return int(session.execute(statement, execution_options=_PLAIN).rowcount)  # type: ignore[attr-defined]


def accounts_of(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, bytes | None]]:
    """These customers and those who share an address with them: (source's id, address key)."""
    other = aliased(_C)
    keys = select(other.address_key).where(other.id.in_(ids), other.address_key.is_not(None))
    query = select(_C.id, _C.external_id, _C.address_key).where(
        or_(_C.id.in_(ids), _C.address_key.in_(keys)), _C.erased_at.is_(None)
    )
    return {row.id: (row.external_id, row.address_key) for row in session.execute(query)}


def let_go_of_addresses(session: Session, ids: Sequence[UUID]) -> None:
    """Forget the key of an address as well, unless somebody said no: that is remembered."""
    for table, key in ((_C, _C.id), (CustomerState, CustomerState.customer_id)):
        refused = exists().where(Suppression.address_key == table.address_key, Suppression.lifted_at.is_(None))
        statement = update(table).where(key.in_(ids), ~refused).values(address_key=None)
        session.execute(statement, execution_options=_PLAIN)


def _gone(before: datetime) -> Any:
    """A person whose last order is over, to whom no email is to come; all accounts of an address are one person."""
    same = aliased(_C)
    other = exists().where(same.address_key == _C.address_key, same.id != _C.id, _recent(same, before))
    return and_(_C.erased_at.is_(None), ~_recent(_C, before), ~other)


def _recent(account: Any, before: datetime) -> Any:
    return or_(_live(account.id, before), and_(account.created_at >= before, ~_ordered(account.id)))


def _ordered(customer: Any) -> Any:
    return exists().where(_O.customer_id == customer)


def _live(customer: Any, before: datetime) -> Any:
    return or_(
        exists().where(_O.customer_id == customer, _O.ordered_at >= before),
        exists().where(Invitation.customer_id == customer, Invitation.state == "scheduled"),
        exists().where(Cycle.customer_id == customer),
        exists().where(
            Email.customer_id == customer, Email.state.in_(("pending", "leased", "dispatching", "in_doubt"))
        ),
    )
