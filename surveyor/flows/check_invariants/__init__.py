"""`surveyor check`: what must always hold along the line, looked at in one snapshot and told when it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.db import audit, invariants, recount, reviews_due
from surveyor.flows.check_invariants.closed import closed_months_hold
from surveyor.flows.check_invariants.finding import Finding
from surveyor.flows.check_invariants.ledger import against_ledger, read_ledger
from surveyor.flows.check_invariants.responses import responses_stand
from surveyor.flows.check_invariants.rules import rules_hold
from surveyor.flows.check_invariants.spacing import asked_apart
from surveyor.flows.check_invariants.states import states_agree
from surveyor.flows.customer_journey import DEFAULTS, Defaults
from surveyor.flows.customer_journey.regime import rules_of
from surveyor.flows.prove_decisions import Proof, ReadVersion, prove_decisions
from surveyor.flows.rebuild_tallies import differences

__all__ = ["Finding", "Report", "check_invariants", "read_ledger"]

#: How many decisions are named.
NAMED = 5

#: The invariants of pipeline.md 17.
INVARIANTS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E10", "E11")


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at and what does not hold; `proof`: the decisions made again as they were lived."""

    checked: tuple[str, ...]
    findings: tuple[Finding, ...]
    proof: Proof = field(default_factory=Proof)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.findings


def check_invariants(
    sessions: Any,
    *,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    rules_file: Path | None = None,
    ledger: Iterable[Mapping[str, Any]] | None = None,
    read_version: ReadVersion = rules_of,
) -> Report:
    """Look at everything; nothing is written.

    rules_file: rules.toml on disk, compared with the active version. ledger: what the outside saw (`read_ledger`):
    acknowledged events, thank-you pages, hand-overs and acceptances. read_version: what gives the rules of a version.
    """
    with sessions.begin() as session:
        recount.freeze(session)
        findings = list(_look(session, now, defaults, rules_file, ledger))
    proof = prove_decisions(sessions, defaults=defaults, read_version=read_version)
    if not proof.ok:
        named = tuple(str(one) for one in proof.differences[:NAMED])
        findings.append(
            Finding("E2", "a decision that is not found again when it is made as it was lived", proof.count, named)
        )
    return Report(INVARIANTS, tuple(findings), proof)


def _look(
    session: Any,
    now: datetime,
    defaults: Defaults,
    rules_file: Path | None,
    ledger: Iterable[Mapping[str, Any]] | None,
) -> Iterator[Finding]:
    for one in invariants.broken(session, now=now):
        yield Finding(one.code, one.what, one.count, one.ids)
    if not invariants.has_at_most_once(session):
        yield Finding("E5", "the index at_most_once does not exist or is not valid: surveyor db check says more")
    yield from states_agree(session, defaults=defaults)
    tallies = differences(session, defaults=defaults)
    if tallies:
        first = tuple(str(one) for one in tallies[:5])
        yield Finding("E7", "tallies that are not a recount of their rows", len(tallies), first)
    yield from closed_months_hold(session)
    yield from closed_months_hold(session)
    yield from responses_stand(session)
    untold = reviews_due.refusals_without_notice(session)
    if untold:
        names = tuple(one.hex for one in untold[:NAMED])
        yield Finding("E11", "a refused review whose author was not told", len(untold), names)
    yield from rules_hold(session, rules_file)
    yield from asked_apart(session)
    for problem in audit.verify(session):
        yield Finding("E10", problem)
    if ledger is not None:
        yield from against_ledger(session, ledger)
