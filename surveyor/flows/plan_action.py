"""Write down an action plan, end it, and measure what stood before it and what stands after: never what it caused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from surveyor.core.plans import Change, Windows, windows
from surveyor.core.scope import Reach, Scope, narrow
from surveyor.db import audit, labels, plans, stores
from surveyor.db.plans import Listed, Plan
from surveyor.errors import NotFound
from surveyor.flows.manage_users import Actor

STATUSES = ("open", "done", "dropped")


def visible(session: Any, reach: Reach, scope: str) -> Reach:
    """The part of a plan's scope inside a reader's; empty when no store of theirs is in it.

    A plan whose scope is wider than the reader's is theirs too: it is measured on their own stores.
    """
    wanted = Scope.parse(scope)
    found = narrow(wanted, reach)
    return found if wanted.is_network or stores.shops(session, found) else ()


def holds(session: Any, reach: Reach, scope: str) -> bool:
    """Whether every store of a plan is inside a reader's scopes: only then may they write it. Raises Refused."""
    wanted = Scope.parse(scope)
    found = narrow(wanted, reach)
    if wanted.is_network or not found:
        return found == (wanted,)
    every, mine = ({one.id for one in stores.shops(session, part)} for part in ((wanted,), found))
    return bool(every) and every == mine


def add_plan(sessions: Any, plan: Plan, *, by: Actor, now: datetime) -> None:
    """Keep a plan whose fields the form has checked; one whose id is kept already is left as it is."""
    with sessions.begin() as session:
        if plans.find(session, plan.id) is not None:
            return
        plans.add(session, plan)
        said = {"title": plan.title, "experiment": plan.experiment} if plan.experiment else plan.title
        entry = audit.Entry(by.name, "plan.added", f"plan:{plan.id.hex}", None, said, "", by.ip_prefix)
        audit.append(session, entry, now=now)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a plan goes. experiment: the arm that lives it ("RULE/NAME/ARM", "" for none); None leaves it as it is."""

    status: str
    note: str
    experiment: str | None = None


def change_plan(sessions: Any, plan_id: UUID, given: Progress, *, by: Actor, now: datetime) -> None:
    """End a plan, begin it again, say something of it, or name its experiment. Raises NotFound."""
    with sessions.begin() as session:
        before = plans.find(session, plan_id)
        if before is None:
            raise NotFound("plan")
        named = before.plan.experiment if given.experiment is None else given.experiment
        plans.change(session, plan_id, status=given.status, note=given.note, experiment=named)
        same = named == before.plan.experiment
        said = given.status if same else {"status": given.status, "experiment": named}
        entry = audit.Entry(by.name, "plan.changed", f"plan:{plan_id.hex}", None, said, "", by.ip_prefix)
        audit.append(session, entry, now=now)


@dataclass(frozen=True, slots=True)
class Measured:
    """Around a plan: the days, and of a label its share of the comments and the bad ones on both sides.

    windows None: nothing has passed yet.
    """

    windows: Windows | None
    mentions: Change | None = None
    negative: Change | None = None


def measure(session: Any, found: Listed, reach: Reach, *, today: date) -> Measured:
    """What stood before the plan and what stands after it, for the stores of the plan that the reader may see."""
    around = windows(found.plan.starts_on, today)
    if around is None:
        return Measured(None)
    if not found.plan.label:
        return Measured(around)
    told = [labels.mentions(session, reach, period) for period in (around.before, around.after)]
    of = [labels.covered(session, reach, period).commented for period in (around.before, around.after)]
    counts = [one.get(found.plan.label, (0, 0, 0)) for one in told]
    every = [(sum(one), n) for one, n in zip(counts, of, strict=True)]
    bad = [(one[2], n) for one, n in zip(counts, of, strict=True)]
    return Measured(around, Change(every[0], every[1]), Change(bad[0], bad[1]))
