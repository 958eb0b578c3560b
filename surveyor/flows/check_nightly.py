"""Each night the line is counted again and lived again: a difference is an alert, never a silent fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.db import health
from surveyor.db.alerts import raise_alert, resolve
from surveyor.flows.check_invariants import Finding, check_invariants
from surveyor.flows.customer_journey import DEFAULTS, Defaults
from surveyor.flows.rebuild_tallies import compare_tallies

BROKEN, DAMAGED = "invariant_broken", "database_damaged"


@dataclass(frozen=True, slots=True)
class Night:
    """What the night found: cells of tallies that differ, invariants that do not hold, what is wrong with the file."""

    tallies: int = 0
    findings: tuple[Finding, ...] = ()
    damage: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not (self.tallies or self.findings or self.damage)


def check_nightly(
    sessions: Any,
    *,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    reads: Any = None,
    rules_file: Path | None = None,
) -> Night:
    """Recount, live again, look at every invariant, let SQLite check its file; one alert for each thing that is wrong.

    reads: sessions that only read, so that nobody waits meanwhile (default: `sessions`). What holds again closes its
    alert. Safe to call twice.
    """
    looking = reads or sessions
    with looking.begin() as session:
        damage = tuple(health.integrity_problems(session))
    tallies = compare_tallies(sessions, now=now, defaults=defaults, reads=looking)
    report = check_invariants(looking, now=now, defaults=defaults, rules_file=rules_file)
    with sessions.begin() as session:
        by_code = dict(_by_code(report.findings))
        for code in report.checked:
            if code in by_code:
                raise_alert(session, BROKEN, now=now, subject=code, detail=by_code[code])
            else:
                resolve(session, BROKEN, now=now, subject=code)
        if damage:
            raise_alert(session, DAMAGED, now=now, detail=damage[0][:200])
        else:
            resolve(session, DAMAGED, now=now)
    return Night(len(tallies), report.findings, damage)


def _by_code(findings: tuple[Finding, ...]) -> Iterator[tuple[str, str]]:
    """For each invariant what is wrong and how often; no id of a customer."""
    for code in sorted({one.code for one in findings}):
        yield code, "; ".join(f"{one.what}: {one.count}" for one in findings if one.code == code)[:500]
