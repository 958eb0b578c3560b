"""Answers to come from emails that a text would have sent, learned from those of the past year (indicators.md, 16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from surveyor.core.indicators import find
from surveyor.core.intervals import expected_responses
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db.tallies import sums
from surveyor.flows.measure_indicators import Question, measure

#: Past responses as they were, and as if people tired of being asked or remembered better.
SCENARIOS = (("low", 0.8), ("base", 1.0), ("high", 1.2))
FEWEST_DELIVERIES = 100
#: Answers from which a figure of a store is more than an indication (D13).
ENOUGH = 30
YEAR = 365
#: (sent, delivered, responded)
Counts = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Past:
    """A year of emails on their sent day, by segment and by store, and how people tired of them (SOL-19)."""

    segments: Mapping[str, Counts]
    stores: Mapping[str, Counts]
    fatigue: Mapping[str, Any] | None


def past_year(session: Any, today: int, *, zone: str, language: str) -> Past:
    """What the year that ends on `today` teaches."""
    days = Period(date.fromordinal(today - YEAR + 1), date.fromordinal(today))
    segments, stores = (_counts(session, days, by) for by in ("segment", "store"))
    question = Question(
        indicators=(find("fatigue"),),
        scope=NETWORK,
        reach=(NETWORK,),
        period=days,
        today=days.last,
        language=language,
        zone=zone,
    )
    tired = measure(session, question)[0].figures[0]
    shown = {"value": tired.value, "low": tired.ci_low, "high": tired.ci_high, "n": tired.n, "status": tired.status}
    return Past(segments, stores, shown)


def _counts(session: Any, days: Period, by: Any) -> dict[str, Counts]:
    found = sums(session, (NETWORK,), days, by=(by,), only=("sent", "delivered", "responded"))
    return {str(key[0] or ""): (tally.sent, tally.delivered, tally.responded) for key, tally in found.items()}


def expected(emails: Mapping[str, int], past: Mapping[str, Counts]) -> dict[str, list[float]] | None:
    """Answers in three scenarios: value, low, high; None without 100 past deliveries to learn from.

    emails, past: by the same thing, a segment or a store; those with too little past are learned from together.
    """
    groups = _groups(emails, past)
    if groups is None:
        return None
    return {name: list(expected_responses(groups, factor=factor)) for name, factor in SCENARIOS}


def stores_with_enough(emails: Mapping[str, int], past: Past) -> dict[str, int] | None:
    """How many stores may expect 30 answers in each scenario; a store with little past has the rate of the network."""
    sent, delivered, answered = (sum(one[n] for one in past.segments.values()) for n in range(3))
    if delivered < FEWEST_DELIVERIES or not sent:
        return None
    reached = dict.fromkeys((name for name, _ in SCENARIOS), 0)
    for store, count in emails.items():
        _, known, told = past.stores.get(store, (0, 0, 0))
        rate = told / known if known >= FEWEST_DELIVERIES else answered / delivered
        for name, factor in SCENARIOS:
            reached[name] += count * delivered / sent * rate * factor >= ENOUGH
    return reached


def _groups(emails: Mapping[str, int], past: Mapping[str, Counts]) -> list[tuple[float, float, float]] | None:
    """(emails that arrive, past answers, past deliveries) by group."""
    sent, delivered, _ = (sum(one[n] for one in past.values()) for n in range(3))
    if delivered < FEWEST_DELIVERIES or not sent:
        return None
    groups, pooled = [], [0.0, 0, 0]
    for segment in sorted(emails.keys() | past.keys()):
        arriving = emails.get(segment, 0) * delivered / sent
        _, known, answered = past.get(segment, (0, 0, 0))
        if known >= FEWEST_DELIVERIES:
            groups.append((arriving, float(answered), float(known)))
        else:
            pooled = [pooled[0] + arriving, pooled[1] + answered, pooled[2] + known]
    if pooled[0]:
        enough = pooled[2] >= FEWEST_DELIVERIES
        whole = (float(sum(one[2] for one in past.values())), float(delivered))
        groups.append((pooled[0], *((float(pooled[1]), float(pooled[2])) if enough else whole)))
    return groups
