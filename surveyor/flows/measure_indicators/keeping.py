"""Figures of people and orders that are kept for a day where there are many rows, between a question and its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from surveyor.core.calendar import add_months
from surveyor.core.indicators import Measure
from surveyor.core.indicators.counted import Counted
from surveyor.core.indicators.entries import Facts
from surveyor.core.indicators.keeping import from_plain, to_plain
from surveyor.core.indicators.measures import COUNTING, without_interval
from surveyor.core.periods import Period
from surveyor.core.tally import Tally
from surveyor.flows.keep_counts import Ask
from surveyor.flows.measure_indicators.question import Question

#: Counted from invitations, responses and orders one by one, those of a line from the same rows; whoever waits for a
#: reply is never kept.
TOGETHER = tuple(
    frozenset(line.split())
    for line in (
        "respondent_rate active_customers churn_rate retention_rate repeat_customer_rate repeat_order_share",
        *("weighted_nps", "pressure", "answer_delay", "fatigue", "repurchase_rate", "engagement"),
        *("nps_repurchase_link", "order_gap", "cltv", "cac acquisition_source"),
    )
)
#: Made of the scores of a tally at once, but for their interval, which counts the people behind them.
OF_PEOPLE = frozenset({"nps", "shares", "recommendation_rate", "mean_score", "comment_rate"})
KEEPABLE = frozenset[str]().union(*TOGETHER)
PREFIX = "measure:"
Counting = Callable[[Any, Question], Counted]


def line_of(key: str) -> frozenset[str]:
    """The figures that the rows of one of them say, itself included."""
    return next(line for line in TOGETHER if key in line)


def at_once(question: Question) -> Question:
    """The question without what is kept: what is left is counted each time."""
    if question.keeper is None:
        return question
    return replace(question, indicators=tuple(one for one in question.indicators if one.key not in KEEPABLE))


def measured(session: Any, question: Question, tally: Tally, facts: Facts, counting: Counting) -> dict[str, Measure]:
    """Key -> figure, of those that a keeper keeps; empty without one. Those that share a count are made together."""
    keeper = question.keeper
    if keeper is None:
        return {}
    wanted = tuple(one for one in question.indicators if one.key in KEEPABLE)
    made: dict[str, Any] = {}

    def plain(key: str) -> Any:
        if key not in made:
            some = tuple(one for one in wanted if one.key in line_of(key))
            all_of_it = replace(facts, counted=counting(session, replace(question, indicators=some)))
            made.update({one.key: to_plain(one.formula(tally, all_of_it)) for one in some})
        return made[key]

    found = {}
    for one in wanted:
        said = keeper.of(session, ask_of(question, one.key), partial(plain, one.key), ready=one.key in made)
        found[one.key] = COUNTING if said is None else from_plain(said)
    return found


def unfinished(question: Question, tally: Tally, facts: Facts) -> dict[str, Measure]:
    """Key -> figure, of those that are being counted: scores without their interval, nothing of the others."""
    return {
        one.key: without_interval(one.formula(tally, facts)) if one.key in OF_PEOPLE else COUNTING
        for one in question.indicators
        if one.key in facts.counting
    }


def ask_of(question: Question, key: str) -> Ask:
    """How a figure is asked of a keeper."""
    more = {"zone": question.zone, "scope": str(question.scope)}
    return Ask(PREFIX + key, question.reach, question.period, more)


def coverage_asks(question: Question) -> tuple[Ask, Ask]:
    """The two counts behind SOL-03: who ordered in the 12 months, and who of them was sent an email in them."""
    ordered = Ask("ordered", question.reach, year_before(question.period), {"zone": question.zone})
    return replace(ordered, name="reached"), ordered


def year_before(period: Period) -> Period:
    """The 12 months that end with a period (SOL-03)."""
    first = date.fromordinal(add_months(period.last.toordinal(), -12))
    return Period(first + timedelta(days=1), period.last)
