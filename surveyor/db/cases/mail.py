"""Replies as emails: what one is built from, the thread it belongs to, and those that never left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from surveyor.db.tables.cases import Case, CaseEntry
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.users import User


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply about to be built. asks: whether it asks the question after it. score "" when there is none.

    invitation_email, earlier: emails and messages of the thread, the oldest first; mails of ours as ids.
    """

    text: str
    author: str
    case_id: UUID
    key_id: str
    asks: bool
    score: int | None
    day: date
    verbatim: str
    thread: tuple[tuple[UUID | None, str], ...]


def of_email(session: Session, email_id: UUID) -> Reply | None:
    """What a reply's email says; None when its words were erased."""
    e, c = CaseEntry, Case
    row: Any = session.execute(
        select(e.body, e.by, e.case_id, Email.key_id, e.detail, c.score, c.day, c.invitation_id, e.at)
        .join(c, c.id == e.case_id)
        .join(Email, Email.id == e.email_id)
        .where(e.email_id == email_id, e.body.is_not(None))
    ).first()
    if row is None:
        return None
    text, by, case_id, key_id, detail, score, day, invitation_id, at = row
    return Reply(
        text,
        _author(session, by),
        case_id,
        key_id,
        detail == "asks",
        score,
        day,
        _verbatim(session, invitation_id),
        tuple(_thread(session, case_id, invitation_id, before=at, but=email_id)),
    )


def _author(session: Session, by: str) -> str:
    return (session.scalar(select(User.name).where(User.id == UUID(hex=by))) or "") if len(by) == 32 else ""


def _verbatim(session: Session, invitation_id: UUID | None) -> str:
    v, r = ResponseRevision, Response
    query = select(v.verbatim).join(r, and_(r.invitation_id == v.invitation_id, r.standing == v.n))
    return session.scalar(query.where(v.invitation_id == invitation_id)) or ""


def _thread(session: Session, case_id: UUID, invitation_id: UUID | None, *, before: datetime, but: UUID) -> Any:
    first = select(Email.id).where(Email.invitation_id == invitation_id, Email.kind == "invitation")
    for one in session.scalars(first):
        yield one, ""
    e = CaseEntry
    query = select(e.email_id, e.message_key).where(e.case_id == case_id, e.at <= before)
    query = query.where(or_(e.email_id.is_not(None), e.message_key.is_not(None))).order_by(e.at, e.id)
    for row in session.execute(query):
        if row[0] != but:
            yield row[0], row[1] or ""


@dataclass(frozen=True, slots=True)
class Writer:
    """A case that a message belongs to, and whether it came from the customer's own address."""

    case_id: UUID
    known: bool


def case_of_thread(session: Session, emails: Sequence[UUID], address_key: bytes | None) -> Writer | None:
    """The case that one of these emails of ours belongs to: a reply's, or an invitation's that has a case."""
    e, c = CaseEntry, Case
    by_reply = select(e.case_id).where(e.email_id.in_(emails)).limit(1)
    by_ask = select(c.id).join(Email, Email.invitation_id == c.invitation_id).where(Email.id.in_(emails)).limit(1)
    found = session.scalar(by_reply) or session.scalar(by_ask)
    if found is None:
        return None
    known = select(func.count()).select_from(Customer).join(c, c.customer_id == Customer.id)
    mine = session.scalar(known.where(c.id == found, Customer.address_key == address_key))
    return Writer(found, bool(mine))


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom a case's reply goes."""

    customer_id: UUID
    email: str
    address_key: bytes
    restricted: bool


def addressee(session: Session, case_id: UUID) -> Addressee | None:
    """The customer of a case; None when they are gone or never had an address."""
    query = (
        select(Customer.id, Customer.email, Customer.address_key, Customer.restricted)
        .join(Case, Case.customer_id == Customer.id)
        .where(Case.id == case_id, Customer.email != "", Customer.address_key.is_not(None))
    )
    row: Any = session.execute(query).first()
    return None if row is None else Addressee(row[0], row[1], bytes(row[2]), bool(row[3]))


def lost(session: Session, *, limit: int) -> list[tuple[UUID, UUID, str]]:
    """(entry, case, why) of replies whose email was dropped or refused and of which nobody was told yet."""
    e = CaseEntry
    query = (
        select(e.id, e.case_id, func.coalesce(Email.reason, Email.state))
        .join(Email, Email.id == e.email_id)
        .where(e.kind == "reply", e.failed == "", Email.state.in_(("dropped", "failed")), Email.kind == "reply")
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def emails_of(session: Session, case_id: UUID) -> list[UUID]:
    """The emails of a case that were handed over, the oldest first."""
    e = CaseEntry
    query = select(Email.id).join(e, e.email_id == Email.id).where(e.case_id == case_id, Email.sent_at.is_not(None))
    return list(session.scalars(query.order_by(e.at)))


@dataclass(frozen=True, slots=True)
class NewReply:
    """An email to a customer that waits in the table: the row is the outbox."""

    id: UUID
    kind: str
    priority: int
    dedupe_key: str
    customer_id: UUID
    address_key: bytes
    domain_group: str
    due_at: datetime
    expires_at: datetime
    key_id: str
    unsubscribe_sha256: bytes


def queue(session: Session, email: NewReply) -> None:
    """Put it into the outbox."""
    session.execute(insert(Email).values(**asdict(email)))
