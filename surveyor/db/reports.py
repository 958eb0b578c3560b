"""Reports to staff as rows: who asked for which, what was said when it left, who opened it, what was shared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.reports.report import Report, from_plain, to_plain
from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.reports import ReportCopy, ReportQuote, ReportSubscription
from surveyor.db.tables.users import User

C, Q, S = ReportCopy, ReportQuote, ReportSubscription


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose: a kind of report, for a scope ("" for all that they may see), in an edition, or not."""

    user_id: UUID
    kind: str
    scope: str
    edition: str
    active: bool
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A report as it left: whose, about what, and whether its hand-over was accepted."""

    email_id: UUID
    n: int
    user_id: UUID
    kind: str
    edition: str
    scope: str
    period: str
    subject: str
    quiet: bool
    made_at: datetime
    reader: str = ""
    state: str = ""


def choices(session: Session, *, users: Collection[UUID] | None = None) -> list[Chosen]:
    """What was chosen, of everybody or of these."""
    query = select(S).order_by(S.user_id, S.kind, S.scope)
    if users is not None:
        query = query.where(S.user_id.in_(users))
    return [
        Chosen(row.user_id, row.kind, row.scope, row.edition, row.active, row.changed_by, row.changed_at)
        for row in session.scalars(query)
    ]


def choose(session: Session, chosen: Chosen) -> None:
    """Keep a choice in place of an earlier one."""
    values = {name: getattr(chosen, name) for name in ("edition", "active", "changed_by", "changed_at")}
    key = {"user_id": chosen.user_id, "kind": chosen.kind, "scope": chosen.scope}
    insertion = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = insertion(S).values(**key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def forget_choice(session: Session, *, user_id: UUID, kind: str, scope: str) -> bool:
    """Take a choice away; False when there was none."""
    here = delete(S).where(S.user_id == user_id, S.kind == kind, S.scope == scope)
    return bool(session.execute(here).rowcount)  # type: ignore[attr-defined]


def queued(session: Session, kind: str, period: str) -> set[str]:
    """The dedupe keys of the emails of a period that exist, whatever became of them."""
    start = f"{kind}:{period}:"
    end = f"{kind}:{period};"  # the character after the colon
    # No report has an invitation, and only what has none stands in the index of these keys.
    between = (Email.invitation_id.is_(None), Email.dedupe_key >= start, Email.dedupe_key < end)
    return set(session.scalars(select(Email.dedupe_key).where(*between)))


def key_of(session: Session, email_id: UUID) -> tuple[str, UUID | None] | None:
    """The dedupe key of an email and its reader."""
    row = session.execute(select(Email.dedupe_key, Email.user_id).where(Email.id == email_id)).first()
    return None if row is None else (row.dedupe_key, row.user_id)


def keep(session: Session, copy: Copy, report: Report) -> None:
    """Keep what leaves, with the intent of its hand-over."""
    names = ("email_id", "n", "user_id", "kind", "edition", "scope", "period", "subject", "quiet", "made_at")
    values = {name: getattr(copy, name) for name in names}
    session.execute(insert(C).values(**values, content=to_plain(report)))
    quotes = [
        {
            "email_id": copy.email_id,
            "n": copy.n,
            "place": place,
            "invitation_id": UUID(hex=one.id),
            "text": one.text,
        }
        for place, one in enumerate(report.quotes)
        if one.id
    ]
    if quotes:
        session.execute(insert(Q), quotes)


def report_of(session: Session, email_id: UUID, n: int) -> Report | None:
    """The report of a copy, word for word but for words that were erased since."""
    content = session.scalar(select(C.content).where(C.email_id == email_id, C.n == n))
    if content is None:
        return None
    rows = session.execute(select(Q.place, Q.text).where(Q.email_id == email_id, Q.n == n))
    return from_plain(content, {row.place: row.text for row in rows})


def last_copies(session: Session, user_id: UUID, kind: str, *, since: datetime) -> list[tuple[Copy, str]]:
    """The copies that left for a reader since an instant, newest first, with the dedupe key of their email."""
    return [(_copy(row.ReportCopy), row.dedupe_key) for row in session.execute(_left(user_id, kind, since))]


def told_lately(session: Session, user_id: UUID, *, since: datetime) -> list[tuple[datetime, Mapping[str, Any]]]:
    """The recommendations of every report that left for a reader since an instant, and when."""
    rows = [row for kind in ("express", "voice") for row in session.execute(_left(user_id, kind, since))]
    return [(row.ReportCopy.made_at, one) for row in rows for one in row.ReportCopy.content["advice"]]


def _left(user_id: UUID, kind: str, since: datetime) -> Any:
    return (
        select(C, Email.dedupe_key)
        .join(Email, Email.id == C.email_id)
        .join(SendAttempt, and_(SendAttempt.email_id == C.email_id, SendAttempt.n == C.n))
        .where(C.user_id == user_id, C.kind == kind, C.made_at >= since, SendAttempt.outcome == "accepted")
        .order_by(C.made_at.desc())
    )


def copy(session: Session, email_id: UUID) -> Copy | None:
    """The copy of an email that counts: of its last hand-over."""
    row = session.execute(_listed().where(C.email_id == email_id).order_by(C.n.desc()).limit(1)).first()
    return None if row is None else _copy(row.ReportCopy, row.reader, row.state)


def copies(session: Session, *, before: datetime | None = None, limit: int = 200) -> list[Copy]:
    """What left, newest first, one row an email."""
    last = select(func.max(C.n)).where(C.email_id == Email.id).correlate(Email).scalar_subquery()
    query = _listed().where(C.n == last).order_by(C.made_at.desc(), C.email_id).limit(limit)
    if before is not None:
        query = query.where(C.made_at < before)
    return [_copy(row.ReportCopy, row.reader, row.state) for row in session.execute(query)]


def _listed() -> Any:
    reader = func.coalesce(func.nullif(User.name, ""), User.email).label("reader")
    return (
        select(C, reader, Email.state.label("state"))
        .join(Email, Email.id == C.email_id)
        .join(User, User.id == C.user_id)
    )


def _copy(row: Any, reader: str = "", state: str = "") -> Copy:
    names = ("email_id", "n", "user_id", "kind", "edition", "scope", "period", "subject", "quiet", "made_at")
    return Copy(**{name: getattr(row, name) for name in names}, reader=reader, state=state)


def closed_accounts(session: Session, users: Collection[UUID]) -> set[UUID]:
    """Those of these people whose account is closed, or gone."""
    open_ = set(session.scalars(select(User.id).where(User.id.in_(users), User.disabled_at.is_(None))))
    return set(users) - open_
