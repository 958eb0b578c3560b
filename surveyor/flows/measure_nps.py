"""The NPS that stands among other figures, as an item or a line: with the n, interval and badge of its own page."""

from __future__ import annotations

from typing import Any

from surveyor.core import intervals
from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.indicators import Envelope, find
from surveyor.flows.keep_counts import Keeper
from surveyor.flows.measure_benchmark import StoreBeside
from surveyor.flows.measure_custscore import Of
from surveyor.flows.measure_indicators import By, Question, measure


def measure_nps(session: Any, of: Of, *, language: str, keeper: Keeper | None = None) -> Envelope:
    """Of a scope and a period; its interval counts people. keeper: as of `Question`."""
    return measure(session, _question(of, language, keeper))[0].figures[0]


def nps_by_store(session: Any, of: Of, *, language: str, keeper: Keeper | None = None) -> dict[str, Envelope]:
    """Store -> the same, of those with answers."""
    asked = _question(of, language, keeper, by="store")
    return {group.key: group.figures[0] for group in measure(session, asked)}


def own_bounds(one: StoreBeside, score: Envelope | None) -> intervals.Bounds | None:
    """The interval of a store beside its peers; None where its NPS is not shown.

    score: its NPS on other pages, whose interval counts people; the same unless some answered another questionnaire.
    """
    if one.beside.own_bounds is None or one.n < HIDDEN_UNDER:
        return None
    if score is None or score.n != one.n or score.ci_low is None or score.ci_high is None:
        return one.beside.own_bounds
    return score.ci_low, score.ci_high


def _question(of: Of, language: str, keeper: Keeper | None, by: By | None = None) -> Question:
    return Question(
        indicators=(find("nps"),),
        scope=of.scope,
        reach=of.reach,
        period=of.period,
        today=of.today,
        language=language,
        by=by,
        zone=of.zone,
        now=of.now,
        keeper=keeper,
    )
