"""What became of the emails sent, by group of recipient domains: counted on demand, for a scope and a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.core.delivery import counted
from surveyor.core.emails import DOMAIN_GROUPS
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.core.tally import ZERO, Tally
from surveyor.db.inside import inside
from surveyor.db.tables.emails import Email, EmailEvent
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store


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


def _sent(query: Any, reach: Reach, period: Period) -> Any:
    return (
        query.select_from(Email)
        .join(Invitation, Invitation.id == Email.invitation_id)
        .outerjoin(Store, Store.id == Invitation.store_id)
        .where(Email.kind == "invitation", Email.state == "sent")
        .where(Invitation.sent_day >= period.first, Invitation.sent_day <= period.last)
        .where(inside(reach, store=Invitation.store_id, segment=Invitation.segment))
    )
