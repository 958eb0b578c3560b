"""Emails in doubt as people see them, what was looked at, and whether the provider told of others at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from surveyor.core.emails import AGAIN, KINDS, InDoubt
from surveyor.core.tokens import Keyring, Purpose, digest
from surveyor.db import bulk
from surveyor.db.base import new_id
from surveyor.db.tables.emails import DoubtCheck, Email, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.reviews import Review

#: How far before and after an intent other emails of its provider say whether events came at all.
AROUND = timedelta(minutes=10)
_BARE = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One email in doubt: its latest attempt, how often it was looked at and what the last look found."""

    email_id: UUID
    kind: str
    provider: str
    n: int
    intent_at: datetime
    evidence: str
    store_id: str
    looks: int
    found: str


def waiting(session: Session, *, limit: int = 200) -> list[Waiting]:
    """All of them, the oldest intent first."""
    looks = (
        select(DoubtCheck.email_id, func.count().label("n"), func.max(DoubtCheck.at).label("at"))
        .group_by(DoubtCheck.email_id)
        .subquery()
    )
    last = DoubtCheck
    query = (
        select(
            Email.id,
            Email.kind,
            SendAttempt.provider,
            SendAttempt.n,
            SendAttempt.intent_at,
            func.coalesce(SendAttempt.evidence, ""),
            func.coalesce(Invitation.store_id, ""),
            func.coalesce(looks.c.n, 0),
            func.coalesce(last.found, ""),
        )
        .join(SendAttempt, and_(SendAttempt.email_id == Email.id, SendAttempt.n == Email.attempts))
        .outerjoin(Invitation, Invitation.id == Email.invitation_id)
        .outerjoin(looks, looks.c.email_id == Email.id)
        .outerjoin(last, and_(last.email_id == Email.id, last.at == looks.c.at))
        .where(Email.state == "in_doubt")
        .order_by(SendAttempt.intent_at, Email.id)
        .limit(limit)
    )
    return [Waiting(*row) for row in session.execute(query)]


def count(session: Session) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).select_from(Email).where(Email.state == "in_doubt")) or 0


def to_judge(session: Session) -> int:
    """How many of them only a person can judge: replies of ours to a customer."""
    kinds = [kind for kind, rule in KINDS.items() if rule.in_doubt is InDoubt.ASK]
    theirs = or_(*(or_(Email.kind == kind, Email.kind.startswith(f"{kind}-")) for kind in kinds))
    query = select(func.count()).select_from(Email).where(Email.state == "in_doubt", theirs)
    return session.scalar(query) or 0


def feed(session: Session, provider: str, *, intent_at: datetime, but: UUID) -> tuple[int, int]:
    """Other emails that a provider accepted within ten minutes of an intent, and how many of them it told of since."""
    a = SendAttempt
    query = (
        select(func.count(), func.count(Email.delivery_at))
        .select_from(a)
        .join(Email, Email.id == a.email_id)
        .where(a.provider == provider, a.outcome == "accepted", a.email_id != but)
        .where(a.intent_at >= intent_at - AROUND, a.intent_at <= intent_at + AROUND)
    )
    row = session.execute(query).one()
    return int(row[0]), int(row[1])


def issue_again(session: Session, email_id: UUID, *, keys: Keyring, now: datetime, lives: timedelta) -> bool:
    """A second email in place of one that nobody could confirm; False when this one was the second already.

    An email of an invitation has none: it is one of its kind (`email_invited`). A review that was refused tells its
    author by the second one from now on: what it says is found by its id.
    """
    old = session.get(Email, email_id)
    if old is None or old.invitation_id is not None or old.dedupe_key.endswith(AGAIN):
        return False
    new = new_id(now)
    columns = ("id", "kind", "priority", "dedupe_key", "customer_id", "user_id", "address_key")
    values = (new, old.kind, old.priority, old.dedupe_key + AGAIN, old.customer_id, old.user_id)
    rest = {
        "domain_group": old.domain_group,
        "state": "pending",
        "due_at": now,
        "expires_at": now + lives,
        "key_id": keys.newest_id,
        "unsubscribe_sha256": digest(keys.token(Purpose.UNSUBSCRIBE, new)),
    }
    row = (*values, old.address_key, *rest.values())
    bulk.insert(session, Email, (*columns, *rest), [row], conflict="DO NOTHING")
    if old.kind == "notice":
        session.execute(
            update(Review).where(Review.notice_id == email_id).values(notice_id=new), execution_options=_BARE
        )
    return True
