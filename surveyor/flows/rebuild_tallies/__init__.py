"""Count everything again from the rows and compare with the tallies: a difference is told, and repaired when asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.db import recount as rows
from surveyor.db.alerts import raise_alert, resolve
from surveyor.flows.customer_journey import DEFAULTS, Defaults
from surveyor.flows.rebuild_tallies.recount import recount

__all__ = ["Difference", "compare_tallies", "differences", "rebuild_tallies"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose tally is not what its rows say: the table, its key and column, both numbers."""

    table: str
    cell: tuple[Any, ...]
    stored: int
    counted: int

    def __str__(self) -> str:
        at = ", ".join(str(part) for part in self.cell)
        return f"{self.table} ({at}): {self.stored} stored, {self.counted} counted"


def differences(session: Any, *, defaults: Defaults = DEFAULTS) -> list[Difference]:
    """Every cell that differs, in the caller's transaction."""
    found: list[Difference] = []
    for table, counted in recount(session, defaults=defaults).items():
        stored = rows.stored(session, table)
        for cell in sorted(stored.keys() | counted.keys(), key=str):
            if stored.get(cell, 0) != counted.get(cell, 0):
                found.append(Difference(table, cell, stored.get(cell, 0), counted.get(cell, 0)))
    return found


def compare_tallies(
    sessions: Any, *, now: datetime, defaults: Defaults = DEFAULTS, reads: Any = None
) -> list[Difference]:
    """The nightly comparison: what differs, and an alert while anything does. Nothing is changed silently.

    reads: sessions that only read, so that nobody waits while everything is counted (default: `sessions`).
    """
    with (reads or sessions).begin() as session:
        rows.freeze(session)
        found = differences(session, defaults=defaults)
    with sessions.begin() as session:
        if found:
            raise_alert(session, "tallies_differ", now=now, detail=f"{len(found)} cells; first: {found[0].table}")
        else:
            resolve(session, "tallies_differ", now=now)
    return found


def rebuild_tallies(sessions: Any, *, now: datetime, defaults: Defaults = DEFAULTS) -> list[Difference]:
    """Write the tallies anew from the rows, in one transaction that nobody counts in; what differed before."""
    with sessions.begin() as session:
        rows.lock_tallies(session)
        found = differences(session, defaults=defaults)
        if found:
            for table, counted in recount(session, defaults=defaults).items():
                rows.replace(session, table, counted)
        resolve(session, "tallies_differ", now=now)
    return found
