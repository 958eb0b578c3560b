"""What became of the emails sent, by group of recipient domains: counted on demand, for a scope and a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, extract, func, select
from sqlalchemy.orm import Session

from surveyor.core.automated import QUICK, Seen
from surveyor.core.delivery import counted
from surveyor.core.emails import DOMAIN_GROUPS
from surveyor.core.periods import Period
from surveyor.core.responses import SWEPT_SCORES
from surveyor.core.scope import Reach
from surveyor.core.tally import ZERO, Tally
from surveyor.db.engine import dialect_name
from surveyor.db.inside import inside
from surveyor.db.tables.emails import Email, EmailEvent
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, Visit


@dataclass(frozen=True, slots=True)
class Group:
    """Invitations sent in a period to one group of domains. deferred: of those, how many were held up at least once."""

    name: str
    tally: Tally
    deferred: int


def by_group(session: Session, reach: Reach, period: Period) -> list[Group]:
    """Groups to which something was sent, in the order of `DOMAIN_GROUPS`; days are those of the sending."""
    visited = Invitation.visited_at.is_not(None)
    query = _sent(
        select(Email.domain_group, Email.delivery, Email.delivery_rank, visited, func.count()), reach, period
    ).group_by(Email.domain_group, Email.delivery, Email.delivery_rank, visited)
    tallies: dict[str, Tally] = {}
    for name, delivery, rank, seen, n in session.execute(query):
        one = counted(delivery, rank, visited=bool(seen)) + Tally(sent=1)
        many = Tally(**{count: value * int(n) for count, value in one.changes().items()})
        tallies[name] = tallies.get(name, ZERO) + many
    held = _sent(select(Email.domain_group, func.count(func.distinct(Email.id))), reach, period)
    held = held.join(EmailEvent, EmailEvent.email_id == Email.id).where(EmailEvent.kind == "deferred")
    deferred = {row[0]: int(row[1]) for row in session.execute(held.group_by(Email.domain_group))}
    return [Group(name, tallies[name], deferred.get(name, 0)) for name in DOMAIN_GROUPS if name in tallies]


def automated(session: Session, reach: Reach, period: Period) -> list[Seen]:
    """What looks automated, of the same groups and invitations: quick answers, scores, sweeps, forms held."""
    sent = _sent(select(Email.domain_group, func.count()), reach, period).group_by(Email.domain_group)
    held = func.sum(case((Response.standing.is_(None), 1), else_=0))
    quick = func.sum(case((_soon(session), 1), else_=0))
    answers = _sent(select(Email.domain_group, Response.score, func.count(), quick, held), reach, period)
    answers = answers.join(Response, Response.invitation_id == Email.invitation_id)
    scores: dict[str, dict[int, int]] = {}
    quickly: dict[str, int] = {}
    waiting: dict[str, int] = {}
    for name, score, n, soon, unanswered in session.execute(answers.group_by(Email.domain_group, Response.score)):
        if score is not None:
            scores.setdefault(name, {})[score] = int(n)
            quickly[name] = quickly.get(name, 0) + int(soon or 0)
        waiting[name] = waiting.get(name, 0) + int(unanswered or 0)
    swept = _swept(session, reach, period)
    many = {row[0]: int(row[1]) for row in session.execute(sent)}
    return [
        Seen(name, many[name], scores.get(name, {}), quickly.get(name, 0), swept.get(name, 0), waiting.get(name, 0))
        for name in DOMAIN_GROUPS
        if name in many
    ]


def _soon(session: Session) -> ColumnElement[bool]:
    """Whether an answer came within two minutes of the delivery, or of the sending where no delivery is told."""
    told = and_(Email.delivery == "delivered", Email.delivery_at <= Response.answered_at)
    since = case((told, Email.delivery_at), else_=Email.sent_at)
    seconds: Any
    if dialect_name(session) == "postgresql":
        seconds = extract("epoch", Response.answered_at) - extract("epoch", since)
    else:
        day = [func.julianday(instant, type_=Float) for instant in (Response.answered_at, since)]
        seconds = (day[0] - day[1]) * 86_400
    return and_(Response.standing.is_not(None), seconds <= QUICK.total_seconds())


def _swept(session: Session, reach: Reach, period: Period) -> dict[str, int]:
    """Invitations of which one client opened three scores or more within its day, by group."""
    clients = _sent(select(Email.domain_group, Visit.invitation_id), reach, period)
    clients = clients.join(Visit, Visit.invitation_id == Email.invitation_id).where(Visit.score.is_not(None))
    clients = clients.group_by(Email.domain_group, Visit.invitation_id, Visit.client_key)
    one = clients.having(func.count(Visit.score.distinct()) >= SWEPT_SCORES).subquery()
    query = select(one.c.domain_group, func.count(one.c.invitation_id.distinct())).group_by(one.c.domain_group)
    return {row[0]: int(row[1]) for row in session.execute(query)}


def _sent(query: Any, reach: Reach, period: Period) -> Any:
    return (
        query.select_from(Email)
        .join(Invitation, Invitation.id == Email.invitation_id)
        .outerjoin(Store, Store.id == Invitation.store_id)
        .where(Email.kind == "invitation", Email.state == "sent")
        .where(Invitation.sent_day >= period.first, Invitation.sent_day <= period.last)
        .where(inside(reach, store=Invitation.store_id, segment=Invitation.segment))
    )
