"""Name the experiment that an action lives in, and read whether it confirms the action: between a plan and R16."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from surveyor.core.experiments import Confirming, Stage, confirming
from surveyor.core.scope import Scope
from surveyor.db.plans import Plan
from surveyor.flows.find_experiments import Declared, counted, declared_experiments


@dataclass(frozen=True, slots=True)
class Choice:
    """An arm that an action may name: `value` is what a plan keeps ("RULE/NAME/ARM")."""

    value: str
    declared: Declared
    arm: str


@dataclass(frozen=True, slots=True)
class Linked:
    """The experiment of a plan on a day, and what it says of its action."""

    choice: Choice
    stage: Stage
    said: Confirming


def choices(session: Any) -> list[Choice]:
    """Every arm but the first of each experiment that a version declared, the latest declaration first."""
    return [
        Choice("/".join((*one.key, arm.name)), one, arm.name)
        for one in declared_experiments(session)
        for arm in one.experiment.arms[1:]
    ]


def linked(session: Any, plan: Plan, *, today: date) -> Linked | None:
    """None: the plan names no experiment, or one that no version declares so."""
    choice = next((one for one in choices(session) if one.value == plan.experiment), None) if plan.experiment else None
    if choice is None:
        return None
    found, one = counted(session, choice.declared, today=today), choice.declared
    scope = Scope.parse(plan.scope)
    said = confirming(one.rule, one.experiment, choice.arm, found.arms, found.comparisons, scope=scope)
    return Linked(choice, found.stage, said)


def confirmed_by(session: Any, plan: Plan, *, today: date) -> str:
    """The name of the experiment that confirms the action; "" while none does."""
    found = linked(session, plan, today=today)
    return found.choice.declared.experiment.name if found is not None and found.said is Confirming.CONFIRMED else ""
