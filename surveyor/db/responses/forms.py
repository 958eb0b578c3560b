"""Every form received of an invitation and the response that stands: read together, under the invitation's locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.responses import Revision, Standing
from surveyor.db.engine import dialect_name
from surveyor.db.prepared import KNOWN_PLAN, Prepared, Row, together
from surveyor.db.responses.links import BY_TOKEN, Counted, Link, Opened, lock_invitation, opened, opening
from surveyor.db.responses.visits import since_opened
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response, ResponseRevision

_R = ResponseRevision.__table__.c


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """A form received: what `standing` looks at, its content and its hash."""

    revision: Revision
    content_sha256: bytes
    answers: Any
    verbatim: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """An invitation that nobody else can answer for now: its page and every form received of it, oldest first.

    scores_opened: score links of it that this client opened lately.
    """

    opened: Opened
    revisions: tuple[StoredRevision, ...]
    scores_opened: int


def hold(session: Session, token_sha256: bytes, *, client_key: bytes, since: datetime) -> Held | None:
    """Lock the invitation of a token, then read all that its answer needs; None when nobody has the token.

    The locks are those of `lock_invitation`, taken when it was sent; each statement sees what was committed before it.
    """
    locking = dialect_name(session) == "postgresql"
    with together(session):
        if locking:
            KNOWN_PLAN.send(session)
            locked = _LOCK_EMAILS.send(session, token=token_sha256)
            _LOCK_INVITATION.send(session, token=token_sha256)
        page = _PAGE.send(session, token=token_sha256, client=client_key, since=since)
        forms = _FORMS.send(session, token=token_sha256)
    rows = page.rows()
    if not rows:
        return None
    found = opened(rows[0])
    if locking and found.link.state == "sent" and not locked.rows():
        # It was sent between two of these statements: its locks are to be taken, and all is read again.
        lock_invitation(session, found.link.invitation_id)
        return hold(session, token_sha256, client_key=client_key, since=since)
    return Held(found, tuple(_revision(row) for row in forms.rows()), rows[0][-1])


_SENT = (BY_TOKEN, Invitation.state == "sent")
_LOCK_EMAILS = Prepared(
    select(Email.id)
    .join(Invitation, Invitation.id == Email.invitation_id)
    .where(*_SENT)
    .order_by(Email.id)
    .with_for_update(of=Email)
)
_LOCK_INVITATION = Prepared(select(Invitation.id).where(*_SENT).with_for_update())
_PAGE = Prepared(opening(since_opened(Invitation.id)).where(BY_TOKEN))
_FORMS = Prepared(
    select(_R.n, _R.page, _R.follows, _R.score, _R.clean, _R.at, _R.content_sha256, _R.answers, _R.verbatim)
    .join(Invitation, Invitation.id == _R.invitation_id)
    .where(BY_TOKEN)
    .order_by(_R.n)
)


def _revision(row: Row) -> StoredRevision:
    n, page, follows, score, clean, at, content, answers, verbatim = row
    return StoredRevision(Revision(n, page, _numbers(follows), score, bool(clean), at), content, answers, verbatim)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in text.split("-") if n)


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A form to keep. `why`: the reason it is held, None when it is clean."""

    invitation_id: UUID
    revision: Revision
    content_sha256: bytes
    answers: Any
    verbatim: str | None
    why: str | None
    dwell_ms: int
    client_key: bytes


def insert_revision(session: Session, new: NewRevision) -> None:
    """Keep a form; forms are never changed."""
    one = new.revision
    _KEEP.send(
        session,
        invitation_id=new.invitation_id,
        n=one.n,
        page=one.page,
        follows="-".join(str(n) for n in one.follows),
        content_sha256=new.content_sha256,
        score=one.score,
        answers=new.answers,
        verbatim=new.verbatim,
        clean=one.clean,
        why=new.why,
        dwell_ms=max(0, min(new.dwell_ms, 2**31 - 1)),
        client_key=new.client_key,
        at=one.at,
    )


def _of(table: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


_KEEP = Prepared(insert(ResponseRevision.__table__).values(_of(ResponseRevision.__table__, _R.keys())))  # type: ignore[arg-type]


def save_response(session: Session, of: Link, found: Standing, what: Counted | None, *, now: datetime) -> None:
    """Write what stands of an invitation's forms."""
    _SAVE[dialect_name(session)].send(
        session,
        invitation_id=of.invitation_id,
        store_id=of.store_id,
        segment=of.segment,
        rule_id=of.rule_id,
        rule_version=of.rule_version,
        questionnaire_version=of.questionnaire_version,
        language=of.language,
        source="email",
        standing=found.standing,
        score=found.score,
        commented=what.commented if what else False,
        answered_at=found.answered_at,
        day=what.day if what else None,
        quarantined=found.quarantined,
        updated_at=now,
    )


_STANDS = ("standing", "score", "commented", "answered_at", "day", "quarantined", "updated_at")


def _saving(make: Any) -> Prepared:
    table: Any = Response.__table__
    statement = make(table).values(_of(table, table.c.keys()))
    sets = {name: statement.excluded[name] for name in _STANDS}
    return Prepared(statement.on_conflict_do_update(index_elements=["invitation_id"], set_=sets))


_SAVE = {"postgresql": _saving(postgresql.insert), "sqlite": _saving(sqlite.insert)}
