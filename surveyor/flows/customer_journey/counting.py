"""What decisions, orders and ends of invitations add to the tallies (indicators.md, 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from surveyor.core.calendar import day_at
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.tally import Tally
from surveyor.db.decisions import Kept
from surveyor.db.invitations import Standing
from surveyor.db.orders import OrderRow
from surveyor.db.tallies import Delta

_NONE: Mapping[tuple[str, str], int] = MappingProxyType({})
_ONE = {"orders": 1}


class Decisions:
    """Decisions of a batch summed cell by cell before they become changes of tallies: thousands fall into few cells."""

    def __init__(self) -> None:
        self._counts: dict[tuple[Any, ...], list[int]] = {}
        self._reasons: dict[tuple[Any, ...], dict[tuple[str, str], int]] = {}

    def add(self, kept: Kept, *, by: int = 1, questionnaire_version: int = 0) -> None:
        """A decision that is recorded (by = 1) or replaced (-1): a hit when it is SUPPRESSED or SCHEDULED."""
        if kept.verdict == Verdict.NOT_ELIGIBLE:
            return
        cell = (kept.day, kept.store_id, kept.rule_id, kept.rule_version, kept.segment, questionnaire_version)
        counts = self._counts.get(cell)
        if counts is None:
            counts = self._counts[cell] = [0, 0]
        counts[0] += by
        if kept.verdict == Verdict.SCHEDULED:
            counts[1] += by
        elif kept.reason:
            reasons = self._reasons.setdefault(cell, {})
            reasons["decision", kept.reason] = reasons.get(("decision", kept.reason), 0) + by

    def deltas(self) -> list[Delta]:
        """The changes, one for each cell."""
        found = []
        same: dict[tuple[int, int], dict[str, int]] = {}
        for cell, (hits, scheduled) in self._counts.items():
            counts = same.get((hits, scheduled))
            if counts is None:
                counts = same[hits, scheduled] = {"hits": hits, "scheduled": scheduled}
            day, store, rule, version, segment, questionnaire = cell
            reasons = self._reasons.get(cell, _NONE)
            found.append(Delta(day, store, rule, version, segment, questionnaire, counts, reasons))
        return found


def ended(row: Standing, state: str, reason: Reason) -> Delta:
    """An open invitation that ended without being sent, on the day of its decision."""
    return Delta(
        row.decision_day,
        row.store_id,
        row.rule_id,
        row.rule_version,
        row.segment,
        row.questionnaire_version,
        Tally(dropped=1) if state == "dropped" else Tally(failed=1),
        {("drop", reason.value): 1} if state == "dropped" else {},
    )


class Orders:
    """Orders of a batch that begin to count or do no more, summed cell by cell."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str, str], int] = {}

    def add(self, row: OrderRow | None, zone: str, *, by: int) -> None:
        """An order of an identified customer counts on the day it was collected or delivered, unless taken back.

        Orders of before (history) were never decided upon and are not counted.
        """
        if row is None or row.customer_id is None or row.fulfilled_at is None:
            return
        if row.cancelled_at is None and not row.history:
            cell = (day_at(row.fulfilled_at, zone), row.store_id, row.segment)
            self._counts[cell] = self._counts.get(cell, 0) + by

    def deltas(self) -> list[Delta]:
        """The changes, one for each day, store and segment."""
        return [
            Delta(date.fromordinal(day), store, "", 0, segment, 0, _ONE if n == 1 else {"orders": n})
            for (day, store, segment), n in self._counts.items()
            if n
        ]
