"""The CX Matrix of a scope and a period out of the mentions of labels, with what rises among detractors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from surveyor.core.matrix import Matrix, Trend, cx_matrix, label_trend
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.flows.keep_counts import Keeper, mentions

#: Under so many commented responses the period is widened (indicators.md, 11.3).
ENOUGH = 100
WIDER = ("3m", "12m")


@dataclass(frozen=True, slots=True)
class MatrixView:
    """period: the days that were read, wider than those asked when too few comments came; commented: how many,
    labelled: of them with a label that counts, detractors: of them of detractors. counting: not counted yet.
    """

    period: Period
    widened: bool
    commented: int
    labelled: int
    detractors: int
    matrix: Matrix | None
    trend: Trend | None
    counting: bool = False


def measure_matrix(
    session: Any, reach: Reach, period: Period, *, widen: bool = True, keeper: Keeper | None = None
) -> MatrixView:
    """The matrix; None without a comment. widen: as 11.3 says, for a month; the end of the period stays.

    keeper: of a page that waits for nobody, which may leave it to be counted.
    """
    used = period
    found = mentions.covered(session, keeper, reach, used)
    for token in WIDER if widen else ():
        if found is None or found.commented >= ENOUGH:
            break
        wider = Period.parse(token, period.last + timedelta(days=1))  # months that end with the period
        if wider.days > used.days:
            used = Period(wider.first, max(period.last, wider.last), token)
            found = mentions.covered(session, keeper, reach, used)
    if found is None:
        return _counting(used, period)
    if not found.commented:
        return MatrixView(used, used != period, 0, 0, 0, None, None)
    before = used.before()
    labels = mentions.mentions(session, keeper, reach, used)
    earlier = mentions.covered(session, keeper, reach, before)
    if labels is None or earlier is None:
        return _counting(used, period)
    trend = None
    if found.detractors and earlier.detractors:
        now_, then = (mentions.among_detractors(session, keeper, reach, days) for days in (used, before))
        if now_ is None or then is None:
            return _counting(used, period)
        pairs = {name: (now_.get(name, 0), then.get(name, 0)) for name in now_.keys() | then.keys()}
        trend = label_trend(pairs, now=found.detractors, before=earlier.detractors)
    matrix = cx_matrix(labels, commented=found.commented)
    return MatrixView(used, used != period, found.commented, found.labelled, found.detractors, matrix, trend)


def _counting(used: Period, period: Period) -> MatrixView:
    return MatrixView(used, used != period, 0, 0, 0, None, None, counting=True)
