"""Where an experiment stands between its two dates, which were written before it began: no verdict before the end."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from surveyor.core.rules import Experiment, Rule


class Stage(StrEnum):
    """planned, running; late: over, but answers to its last emails may come; over: nothing more will come.

    endless: it has no declared end, so nothing is ever concluded. stopped: taken away, or cut short, before its end.
    """

    PLANNED = "planned"
    RUNNING = "running"
    LATE = "late"
    OVER = "over"
    ENDLESS = "endless"
    STOPPED = "stopped"


def last_answer(rule: Rule, experiment: Experiment) -> date | None:
    """The last local day on which an email of the experiment may be answered; None without a declared end.

    The last order of an arm, its delay, the days that an email may be late, and the days that its link lives.
    """
    if experiment.ends is None:
        return None
    lived = [rule.with_arm(arm) for arm in experiment.arms]
    most = max(one.delay_days + one.max_late_days + one.response_window_days for one in lived)
    return experiment.ends + timedelta(days=most)


def stage_of(rule: Rule, experiment: Experiment, *, today: date, stopped_on: date | None = None) -> Stage:
    """The stage on `today`. experiment: as it was declared first. stopped_on: when a later version took it away, cut
    it short or changed its arms; None while it stands as declared.
    """
    if experiment.ends is None:
        return Stage.STOPPED if stopped_on is not None else Stage.ENDLESS
    if stopped_on is not None and stopped_on <= experiment.ends:
        return Stage.STOPPED
    if experiment.starts is not None and today < experiment.starts:
        return Stage.PLANNED
    if today <= experiment.ends:
        return Stage.RUNNING
    end = last_answer(rule, experiment)
    return Stage.LATE if end is not None and today <= end else Stage.OVER
