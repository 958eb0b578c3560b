"""Action plans: what people mean to do about a label or about everything, where, and from which day on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.tables.cases import ActionPlan
from surveyor.db.tables.users import User


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan. label "": about everything; scope: in the grammar of contracts.md 3. status: open, done or dropped.

    experiment: "RULE/NAME/ARM" of the arm of an experiment that lives the action; "": none.
    """

    id: UUID
    title: str
    label: str
    scope: str
    owner_id: UUID | None
    starts_on: date
    due_on: date | None
    status: str
    note: str
    created_by: str
    created_at: datetime
    experiment: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A plan with the name of its owner."""

    plan: Plan
    owner: str


def listed(session: Session) -> list[Listed]:
    """Every plan, open ones first, then the latest first; a reader's scopes are the caller's to hold."""
    p = ActionPlan
    query = select(p, func.coalesce(User.name, "")).outerjoin(User, User.id == p.owner_id)
    rows = session.execute(query.order_by(p.status != "open", p.starts_on.desc(), p.id.desc())).all()
    return [Listed(_plan(row[0]), row[1]) for row in rows]


def find(session: Session, plan_id: UUID) -> Listed | None:
    """One plan."""
    p = ActionPlan
    query = select(p, func.coalesce(User.name, "")).outerjoin(User, User.id == p.owner_id).where(p.id == plan_id)
    row = session.execute(query).first()
    return None if row is None else Listed(_plan(row[0]), row[1])


def add(session: Session, plan: Plan) -> None:
    """Keep one more; the same id twice fails."""
    session.execute(insert(ActionPlan).values(**asdict(plan)))


def change(session: Session, plan_id: UUID, **values: Any) -> bool:
    """Change some of its columns; False when there is none."""
    statement = update(ActionPlan).where(ActionPlan.id == plan_id).values(**values).returning(ActionPlan.id)
    return session.execute(statement).first() is not None


def _plan(row: ActionPlan) -> Plan:
    return Plan(**{name: getattr(row, name) for name in Plan.__dataclass_fields__})
