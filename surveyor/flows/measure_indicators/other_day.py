"""Figures by the day that is not their own (D1): scores by that of the email, response rates by that of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from surveyor.core.indicators import Facts
from surveyor.core.tally import Tally
from surveyor.flows.keep_counts import Ask, plain
from surveyor.flows.measure_indicators.question import Question


def by_sending(session: Any, question: Question) -> dict[str, tuple[Tally, Facts]] | None:
    """Group -> scores and comments of the emails sent in it, and the people behind; None: they are being counted.

    Counted from the answers one by one. An email's answer may come for thirty days: until then it is provisional.
    """
    said = plain.counted(
        session, question.keeper, Ask("sent_scores", question.reach, question.period, {"by": question.by or ""})
    )
    if said is None:
        return None
    scores: dict[str, dict[int, int]] = {}
    commented: dict[str, int] = {}
    for group, score, has_words, n in said["rows"]:
        scores.setdefault(group, {})[score] = scores.get(group, {}).get(score, 0) + n
        commented[group] = commented.get(group, 0) + (n if has_words else 0)
    if not question.by:
        scores.setdefault("", {})
    return {
        group: (
            replace(Tally.from_scores(histogram), commented=commented.get(group, 0)),
            Facts(customers=said["people"].get(group)),
        )
        for group, histogram in scores.items()
    }


def by_answers(sums: Mapping[Any, Tally], *, delivery_events: bool) -> dict[Any, tuple[Tally, Facts]]:
    """Group -> its emails, and for those who responded the answers that came in it, whenever their email was sent."""
    facts = Facts(delivery_events=delivery_events)
    return {group: (replace(tally, responded=tally.responses), facts) for group, tally in sums.items()}
