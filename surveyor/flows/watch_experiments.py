"""Look at the guard rails of running experiments: an arm that customers flee becomes an alert, with its figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from surveyor.core.experiments import Breach, Stage
from surveyor.db.alerts import raise_alert, resolve
from surveyor.flows.find_experiments import counted, declared_experiments

PASSED = "experiment_guard"
_LOOKED_AT = (Stage.RUNNING, Stage.LATE, Stage.ENDLESS)


def watch_experiments(sessions: Any, *, now: datetime, today: date) -> int:
    """One alert for each arm over a guard rail, closed once it is no longer; how many are over. Safe to call twice.

    Who stops the experiment is a person: the alert says how (publish the rule without it).
    """
    over = 0
    with sessions.begin() as session:
        for one in declared_experiments(session):
            found = counted(session, one, today=today)
            told = {breach.arm: breach for breach in found.breaches} if found.stage in _LOOKED_AT else {}
            for arm in found.arms:
                subject = f"{one.rule.id}:{one.experiment.name}:{arm.name}"
                if arm.name in told:
                    over += 1
                    raise_alert(session, PASSED, now=now, subject=subject, detail=_figures(told[arm.name]))
                else:
                    resolve(session, PASSED, now=now, subject=subject)
    return over


def _figures(breach: Breach) -> str:
    """The share with its interval, and that of the other arms; no word of a person."""
    bounds = f"{100 * breach.low:.2f} - {100 * breach.high:.2f} %"
    share = f"{breach.what}: {breach.count} of {breach.n} ({100 * breach.count / breach.n:.2f} %, {bounds})"
    return f"{share}, other arms {breach.others[0]} of {breach.others[1]}"
