"""Scores of the last answer of each customer: the option of indicators.md 1.2, between rows of answers and figures."""

from __future__ import annotations

from typing import Any

from surveyor.core.indicators import Envelope, Facts, View, envelope
from surveyor.core.indicators.measures import COUNTING
from surveyor.core.tally import Tally
from surveyor.flows.keep_counts import Ask, plain
from surveyor.flows.measure_indicators.question import Question


def of_last_answers(session: Any, question: Question) -> tuple[Tally, tuple[Envelope, ...]]:
    """The counts of people by the score of their last answer, and the figures made of them: n is people.

    People are their address. Counted from the answers one by one; "counting" where a keeper leaves that for later.
    """
    said = plain.counted(session, question.keeper, Ask("last_scores", question.reach, question.period))
    tally = Tally.from_scores({int(score): n for score, n in (said or {}).items()})
    view = View(question.period, question.scope, question.today, question.language)
    found = COUNTING if said is None else None
    return tally, tuple(envelope(entry, tally, view, Facts(), found=found) for entry in question.indicators)
