"""Whether asking changes what people do: customers held out beside those asked in the same months."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from surveyor.core.experiments.holdout import WITHIN, Effect, Group, effect
from surveyor.db import holdouts

#: Decisions of a year, as far as everybody had `WITHIN` days to order again.
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Held:
    """The two groups, and what may be said. until: the last day of a decision that is counted."""

    asked: Group
    held: Group
    effect: Effect
    until: date


def measure_holdout(sessions: Any, *, today: date) -> Held:
    """The year before the last `WITHIN` days; those asked count for the months in which somebody was held out."""
    until = today - timedelta(days=WITHIN)
    people: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    days: dict[tuple[bool, str], Counter[int]] = {}
    with sessions() as session:
        for is_held, at, again in holdouts.first_decisions(session, since=until - YEAR, until=until):
            month = f"{at:%Y-%m}"
            people[is_held][month] += 1
            gap = None if again is None else (again - at).days
            if gap is not None and gap <= WITHIN:
                days.setdefault((is_held, month), Counter())[gap] += 1
    months = set(people[True])
    asked, held = (_group(people[side], days, side, months) for side in (False, True))
    return Held(asked, held, effect(asked, held), until)


def _group(people: Counter[str], days: dict[tuple[bool, str], Counter[int]], side: bool, months: set[str]) -> Group:
    gaps: Counter[int] = Counter()
    for month in months:
        gaps.update(days.get((side, month), Counter()))
    return Group({month: people[month] for month in sorted(months)}, dict(gaps))
