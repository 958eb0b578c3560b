"""E9: nobody was asked again before the cool-down of the rule that asked was over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from surveyor.core.calendar import add_months, local_day
from surveyor.core.snapshots import rule_of
from surveyor.db import invariants
from surveyor.flows.check_invariants.finding import Finding


def asked_apart(session: Any) -> Iterator[Finding]:
    """Each address: the later invitation against the one before, by the rule that the later one lived."""
    before: Any = None
    close: list[str] = []
    for row in invariants.asked_in_turn(session):
        if before is not None and before.address_key == row.address_key and _too_soon(before, row):
            close.append(row.id.hex)
        before = row
    if close:
        what = "an invitation sent before the cool-down of its address was over"
        yield Finding("E9", what, len(close), tuple(close[: invariants.NAMED]))


def _too_soon(before: Any, row: Any) -> bool:
    rule = rule_of(row.snapshot)
    last = local_day(before.asked_at, row.zone)
    days, months = rule.cooldown_days, rule.cooldown_months or 0
    end = last + days if days is not None else add_months(last, months)
    return bool(local_day(row.asked_at, row.zone) < end)
