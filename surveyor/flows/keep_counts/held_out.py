"""Customers held out and customers asked, month by month, with the day each ordered again: one count of a year."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from surveyor.core.experiments.holdout import WITHIN, Group
from surveyor.core.periods import Period
from surveyor.db import holdouts

#: Decisions of a year, as far as everybody had `WITHIN` days to order again.
YEAR = timedelta(days=365)


def year_of(today: date) -> Period:
    """The year before the last `WITHIN` days."""
    until = today - timedelta(days=WITHIN)
    return Period(until - YEAR, until)


def count_groups(session: Any, period: Period) -> dict[str, Any]:
    """ "asked" and "held" -> people by month and orders by days to them, as JSON.

    Those asked count for the months in which somebody was held out.
    """
    people: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    days: dict[tuple[bool, str], Counter[int]] = {}
    for is_held, at, again in holdouts.first_decisions(session, since=period.first, until=period.last):
        month = f"{at:%Y-%m}"
        people[is_held][month] += 1
        gap = None if again is None else (again - at).days
        if gap is not None and gap <= WITHIN:
            days.setdefault((is_held, month), Counter())[gap] += 1
    found = {}
    for name, side in (("asked", False), ("held", True)):
        gaps: Counter[int] = Counter()
        for month in people[True]:
            gaps.update(days.get((side, month), Counter()))
        by_month = {month: people[side][month] for month in sorted(people[True])}
        found[name] = {"people": by_month, "days": {str(gap): n for gap, n in sorted(gaps.items())}}
    return found


def group_of(said: Any) -> Group:
    """One of the groups that `count_groups` said."""
    return Group(said["people"], {int(gap): n for gap, n in said["days"].items()})
