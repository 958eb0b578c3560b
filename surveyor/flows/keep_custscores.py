"""Once a night the CustScore of the 30 days that are over is kept, for the network and each of its parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.custscore_formula import OURS, Formula
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import scores, stores
from surveyor.db.scores import Night
from surveyor.flows.again import again
from surveyor.flows.measure_custscore import Of, formula_in_force, measure_custscore

DAYS = 30


def keep_custscores(reads: Any, sessions: Any, *, zone: str, now: datetime, ours: Formula = OURS) -> int:
    """The scores of yesterday's end; 0 when they are kept already. reads: what may lag, sessions: what writes.

    Killed before the end nothing is kept, and the next night or start makes them all.
    """
    day = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    with sessions() as session:
        if scores.last_night(session) == day:
            return 0
    period = Period(day - timedelta(days=DAYS - 1), day)
    with reads() as session:
        formula = formula_in_force(session, ours)
        names = stores.names(session)
        wanted = [
            NETWORK,
            *(Scope.of(brands=[one]) for one in names.brands),
            *(Scope.of(regions=[one]) for one in names.regions),
        ]
        wanted += [Scope.of(stores=[one]) for one in names.stores]
        made = []
        for scope in wanted:
            found = measure_custscore(session, Of(scope, (scope,), period, now, zone), formula)
            points = {item: value for item, value in found.points.items() if value is not None}
            made.append(
                Night(
                    day,
                    str(scope),
                    formula.number,
                    found.score.value,
                    found.score.coverage or 0.0,
                    {"points": points, "formula": formula.to_plain()},
                )
            )

    def once() -> int:
        with sessions.begin() as session:
            scores.keep_night(session, made, now=now)
        return len(made)

    return again(once)
