"""Write down how big an experiment is to be, before anybody has seen an answer of it; once, for good."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from surveyor.core.experiments import Plan, plan_of
from surveyor.db import audit, experiments
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.find_experiments import declared_experiments
from surveyor.flows.manage_users import Actor


def plan_experiment(
    sessions: Any, key: tuple[str, str], *, rates: tuple[float, float], by: Actor, now: datetime, today: date
) -> Plan:
    """The plan of (rule, experiment) for two response rates (0 to 1).

    Raises NotFound: no version declares it. Refused: 422 rates that make no plan; 409 it has begun, or has a plan.
    """
    plan = plan_of(*rates)
    with sessions.begin() as session:
        one = next((d for d in declared_experiments(session) if d.key == key), None)
        if one is None:
            raise NotFound("experiment")
        if one.experiment.starts is None or one.experiment.starts <= today:
            fr, en = "L'expérience a commencé : sa taille", "The experiment has begun: its size"
            raise _too_late(f"{fr} ne se choisit plus.", f"{en} can no longer be chosen.")
        if not experiments.keep_plan(session, key, plan, author=by.name, now=now):
            raise _too_late("Sa taille est déjà écrite ; elle ne change plus.", "Its size is written; it stays.")
        said = {"base": plan.base, "target": plan.target, "per_arm": plan.per_arm}
        what = f"experiment:{key[0]}:{key[1]}"
        entry = audit.Entry(by.name, "experiment.planned", what, None, said, "", by.ip_prefix, by.request_id)
        audit.append(session, entry, now=now)
    return plan


def _too_late(fr: str, en: str) -> Refused:
    return Refused([Complaint("target", "experiment_begun", fr, en)], status=409)
