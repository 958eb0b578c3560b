"""Months and days of one thing in one table of a text of rules: one or the other, never both."""

from __future__ import annotations

from surveyor.core.rules.findings import Findings
from surveyor.core.rules.tables import Table


def check_pairs(found: Findings, table: Table) -> set[str]:
    """Say `pick_one` of each pair given whole, on the days; returns their keys, of which no more can be said."""
    clashing: set[str] = set()
    for thing in ("window", "cooldown"):
        months, days = f"{thing}_months", f"{thing}_days"
        if table.has(months) and table.has(days):
            clashing |= {months, days}
            _say(found, table, months=months, days=days)
    return clashing


def _say(found: Findings, table: Table, *, months: str, days: str) -> None:
    where = f"{months}, {days}"
    if found.places is not None:
        spots = [found.places.find((*table.path, key)) for key in (months, days)]
        where += " (" + ", ".join(f"{line}:{column}" for line, column in spots) + ")"
    words = (f"{where}: keep one or the other, not both.", f"{where} : gardez l'une ou l'autre, pas les deux.")
    found.add((*table.path, days), "pick_one", words=words)
