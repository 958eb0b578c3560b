"""Openings of survey links: what pages wrote, and which of them a person made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, insert, null, select, text, update
from sqlalchemy.orm import Session

from surveyor.db.base import first_id, new_id
from surveyor.db.engine import UNHURRIED, dialect_name
from surveyor.db.prepared import KNOWN_PLAN, Prepared, together
from surveyor.db.responses.links import BY_TOKEN, Opened, find, opened, opening
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Visit


@dataclass(frozen=True, slots=True)
class Opening:
    """One request of a survey link. `client_key`: who, for one day; `score`: of a score link."""

    method: str
    client_key: bytes
    score: int | None = None
    prefetch: bool = False
    navigated: bool = False


def open_page(session: Session, token_sha256: bytes, visit: Opening, *, now: datetime) -> Opened | None:
    """The page of a survey token, None when nobody has it; the request is kept as a visit by the statement that finds.

    Call it first in a transaction: its commit does not wait for the disk, so that a crash of the machine may lose
    the latest visits, never an answer.
    """
    session.connection(execution_options={UNHURRIED: True})
    values = {
        "token": token_sha256,
        "id": new_id(now),
        "method": visit.method,
        "score": visit.score,
        "at": now,
        "client_key": visit.client_key,
        "prefetch": visit.prefetch,
        "navigated": visit.navigated,
    }
    if dialect_name(session) == "postgresql":
        with together(session):
            for setting in _UNHURRIED:
                setting.send(session)
            sent = _FIND_AND_KEEP.send(session, **values)
        rows = sent.rows()
        return opened(rows[0]) if rows else None
    found = find(session, token_sha256)
    if found is not None:
        _KEEP.send(session, **values)
    return found


_VISIT = Visit.__table__.c
_keep = insert(Visit).from_select(
    ["id", "invitation_id", "method", "score", "at", "client_key", "prefetch", "navigated"],
    select(
        bindparam("id", type_=_VISIT.id.type),
        Invitation.id,
        *(bindparam(name, type_=_VISIT[name].type) for name in ("method", "score", "at", "client_key")),
        *(bindparam(name, type_=_VISIT[name].type) for name in ("prefetch", "navigated")),
    ).where(BY_TOKEN),
)
_KEEP = Prepared(_keep)
_FIND_AND_KEEP = Prepared(opening().where(BY_TOKEN).add_cte(_keep.cte("kept")))
_UNHURRIED = (Prepared(text("SET LOCAL synchronous_commit = off")), KNOWN_PLAN)


def since_opened(invitation_id: Any) -> Any:
    """How many different score links of an invitation the client `client` opened since the instant `since`."""
    return (
        select(func.count(Visit.score.distinct()))
        .where(
            Visit.invitation_id == invitation_id,
            Visit.client_key == bindparam("client", type_=_VISIT.client_key.type),
            Visit.at >= bindparam("since", type_=_VISIT.at.type),
            Visit.score.is_not(None),
        )
        .scalar_subquery()
    )


#: How far back visits are counted on each pass, and how old one is before it is judged.
VISITS_SINCE, JUDGED_AFTER = timedelta(days=2), timedelta(seconds=60)


def unvisited(
    session: Session, *, now: datetime, limit: int = 500
) -> dict[UUID, Sequence[tuple[datetime, bytes, Any]]]:
    """Sent invitations that no visit was counted of: their openings, as (instant, client, score), oldest first."""
    since, until = first_id(now - VISITS_SINCE), now - JUDGED_AFTER
    found: dict[UUID, list[tuple[datetime, bytes, Any]]] = {}
    for invitation_id, *seen in _UNVISITED.rows(session, since_id=since, until=until, most=limit):
        found.setdefault(invitation_id, []).append((seen[0], seen[1], seen[2]))
    return dict(found)


_BY_GET = (Visit.method == "GET", Visit.prefetch.is_(False))
_fresh = (
    select(Visit.invitation_id)
    .join(Invitation, Invitation.id == Visit.invitation_id)
    .where(Visit.id >= bindparam("since_id", type_=_VISIT.id.type))
    .where(Visit.at <= bindparam("until", type_=_VISIT.at.type))
    .where(*_BY_GET, Invitation.visited_at.is_(None), Invitation.state == "sent")
    .distinct()
    .limit(bindparam("most", type_=Integer))
)
_UNVISITED = Prepared(
    select(Visit.invitation_id, Visit.at, Visit.client_key, Visit.score)
    .where(Visit.invitation_id.in_(_fresh), *_BY_GET)
    .order_by(Visit.at)
)


def mark_visited(session: Session, invitation_id: UUID, *, at: datetime) -> bool:
    """Note the first human visit; False when it was noted before."""
    return bool(_MARK.changed(session, id=invitation_id, visit_at=at))


def note_visited(session: Session, invitation_id: UUID, *, at: datetime) -> None:
    """The same, of an invitation that is locked and known to have no visit."""
    _MARK.send(session, id=invitation_id, visit_at=at)


def forget_visit(session: Session, invitation_id: UUID) -> None:
    """A locked invitation was visited by an answer alone, and that one is struck: no person was seen yet."""
    _FORGET.send(session, id=invitation_id)


_FORGET = Prepared(
    update(Invitation.__table__)  # type: ignore[arg-type]
    .where(Invitation.id == bindparam("id", type_=Invitation.id.type))
    .values(visited_at=null())
)
_MARK = Prepared(
    update(Invitation.__table__)  # type: ignore[arg-type]
    .where(Invitation.id == bindparam("id", type_=Invitation.id.type), Invitation.visited_at.is_(None))
    .values(visited_at=bindparam("visit_at", type_=Invitation.visited_at.type))
)
