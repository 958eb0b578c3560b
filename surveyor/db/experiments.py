"""What experiments leave in the rows of the line: invitations by arm with what became of them, and their plans."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from surveyor.core.delivery import counted
from surveyor.core.experiments import Arm, Plan
from surveyor.db import bulk, recount
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.db.tables.rules import ExperimentPlan

_MANY = 1000


@dataclass(frozen=True, slots=True)
class Written:
    """A plan, who wrote it and when."""

    plan: Plan
    author: str
    at: datetime


def keep_plan(session: Session, key: tuple[str, str], plan: Plan, *, author: str, now: datetime) -> bool:
    """Write the plan of (rule, experiment) unless there is one; whether it was written."""
    names = ("rule_id", "name", "base", "target", "per_arm", "author", "at")
    row = (*key, plan.base, plan.target, plan.per_arm, author, now)
    before = plan_of(session, key)
    bulk.insert(session, ExperimentPlan, names, [row], conflict="DO NOTHING")
    return before is None


def plan_of(session: Session, key: tuple[str, str]) -> Written | None:
    """The plan of (rule, experiment)."""
    p = ExperimentPlan
    row = session.execute(select(p).where(p.rule_id == key[0], p.name == key[1])).scalar()
    return None if row is None else Written(Plan(row.base, row.target, row.per_arm), row.author, row.at)


def arms(session: Session, rule_id: str, versions: Collection[int], names: Collection[str]) -> list[Arm]:
    """The counts of the arms `names`, in that order, over the invitations that these versions of a rule decided."""
    found: dict[str | None, dict[str, int]] = {name: {"sent": 0} for name in names}
    i, e, r = Invitation, Email, Response
    of = and_(i.rule_id == rule_id, i.rule_version.in_(versions), i.arm.in_(names), i.state == "sent")
    visited = i.visited_at.is_not(None)
    columns = (i.arm, e.delivery, e.delivery_rank, visited, r.score)
    query = (
        select(*columns, func.count())
        .join(e, and_(e.invitation_id == i.id, e.kind == "invitation"))
        .outerjoin(r, r.invitation_id == i.id)
        .where(of)
        .group_by(*columns)
    )
    for name, delivery, rank, seen, score, n in session.execute(query):
        told = counted(delivery, rank, visited=bool(seen))
        _add(found[name], n, sent=1, delivered=told.delivered, complained=told.complained, visited=int(bool(seen)))
        if score is not None:
            family = "promoters" if score >= 9 else "passives" if score >= 7 else "detractors"
            _add(found[name], n, responded=1, **{family: 1})
    for name, n in _unsubscribed(session, of).items():
        _add(found[name], n, unsubscribed=1)
    return [Arm(name, **found[name]) for name in names]


def _add(counts: dict[str, int], n: int, **more: int) -> None:
    for name, one in more.items():
        counts[name] = counts.get(name, 0) + n * one


def _unsubscribed(session: Session, of: object) -> dict[str, int]:
    """Persons who used the link of an email of an arm to unsubscribe, and did not take it back."""
    ids = list(recount.unsubscribes(session))
    found: dict[str, int] = {}
    for start in range(0, len(ids), _MANY):
        page: list[UUID] = ids[start : start + _MANY]
        query = select(Invitation.arm).join(Email, Email.invitation_id == Invitation.id)
        for name in session.scalars(query.where(Email.id.in_(page), of)):  # type: ignore[arg-type]
            found[str(name)] = found.get(str(name), 0) + 1
    return found
