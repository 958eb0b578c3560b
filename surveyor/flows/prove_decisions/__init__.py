"""Made again as they were lived, the decisions must be those that are stored: the proof before any what-if."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surveyor.core.decision import Decision
from surveyor.core.replay.lived import Key, Life, lived
from surveyor.core.rules import RuleSet
from surveyor.db import lived as rows
from surveyor.db import recount
from surveyor.flows.customer_journey import DEFAULTS, Defaults, read_terms
from surveyor.flows.customer_journey.regime import rules_of
from surveyor.flows.prove_decisions.crossed import crossed
from surveyor.flows.prove_decisions.page import Page
from surveyor.flows.prove_decisions.proof import Difference, Proof, compare, same
from surveyor.flows.prove_decisions.regimes import ReadVersion, Regimes

__all__ = ["Difference", "Proof", "ReadVersion", "prove_decisions"]

#: Customers in memory at a time.
PAGE = 500


def prove_decisions(
    sessions: Any,
    *,
    defaults: Defaults = DEFAULTS,
    read_version: ReadVersion = rules_of,
    progress: Callable[[int], None] | None = None,
    page: int = PAGE,
    most: int | None = None,
) -> Proof:
    """Live every customer's recorded life again and compare each decision with the stored one; nothing is written.

    A page of customers is one snapshot and one transaction: memory does not grow with their number, and nobody waits
    for the whole. `progress` is told how many decisions were compared so far. most: stop after so many customers.
    """
    proof, last, seen = Proof(), None, 0
    with sessions.begin() as session:
        decided = rows.first_decisions(session)
    while True:
        with sessions.begin() as session:
            recount.freeze(session)
            people, last = rows.people_after(session, last, page)
            if last is None:
                return proof
            # Draws are made with the source's id, which an erasure takes away: nobody can make these again.
            people = [person for person in people if not any(who.erased for who in person)]
            terms = read_terms(session, defaults, read=lambda _session: (0, RuleSet()))
            regimes = Regimes(session, terms, read_version, decided)
            read = Page(session, people, terms, regimes)
        for person in people:
            kept, life = read.stored(person), read.life(person)
            compare(proof, person, kept, _again(life, kept, regimes))
        if progress is not None:
            progress(proof.compared)
        seen += page
        if most is not None and seen >= most:
            return proof


def _again(life: Life, kept: dict[Key, Decision], regimes: Regimes) -> dict[Key, Decision]:
    """The decisions made again, in the order of instants, or in another that is as true and finds them all."""
    first = lived(life, regimes.at)
    if same(kept, first):
        return first
    others = (lived(one, regimes.at) for one in crossed(life, kept))
    return next((again for again in others if same(kept, again)), first)
