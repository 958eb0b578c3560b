"""How much each star weighs in the score, out of the answers of a scope and a period (THM-05): shares, no causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from surveyor.core.indicators.measures import Said
from surveyor.core.matrix import FEWEST_STARS, Importance, star_importance
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db import star_rows, tallies
from surveyor.flows.asked_questions import asked_about
from surveyor.flows.measure_matrix import WIDER


@dataclass(frozen=True, slots=True)
class ImportanceView:
    """period: the days read, wider than those asked when too few gave every star. names: star -> its words."""

    period: Period
    widened: bool
    names: Mapping[str, Said]
    found: Importance


def measure_importance(session: Any, reach: Reach, period: Period, *, widen: bool = True) -> ImportanceView:
    """The shortest of the period, 3 and 12 months with 100 answers that gave every star (indicators.md, 1.2)."""
    used = period
    names, found = _of(session, reach, used)
    for token in WIDER if widen else ():
        if found.n >= FEWEST_STARS:
            break
        wider = Period.parse(token, period.last + timedelta(days=1))  # months that end with the period
        if wider.days > used.days:
            used = Period(wider.first, max(period.last, wider.last), token)
            names, found = _of(session, reach, used)
    return ImportanceView(used, used != period, names, found)


def _of(session: Any, reach: Reach, period: Period) -> tuple[Mapping[str, Said], Importance]:
    names = asked_about(session, tallies.answers(session, reach, period)).themes
    stars = list(names)
    return names, star_importance(stars, star_rows.of_period(session, reach, period, stars))
