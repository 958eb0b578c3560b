"""Experiments on a trigger rule (rules.md, 17): how big they must be, how long they run, what may be said of them."""

from __future__ import annotations

from surveyor.core.experiments.confirming import Confirming, confirming
from surveyor.core.experiments.guards import Breach, breaches
from surveyor.core.experiments.results import Arm, Comparison, Difference, Finding, compare
from surveyor.core.experiments.size import Plan, days_needed, plan_of
from surveyor.core.experiments.stages import Stage, last_answer, stage_of

__all__ = [
    "Arm",
    "Breach",
    "Comparison",
    "Confirming",
    "Difference",
    "Finding",
    "Plan",
    "Stage",
    "breaches",
    "compare",
    "confirming",
    "days_needed",
    "last_answer",
    "plan_of",
    "stage_of",
]
