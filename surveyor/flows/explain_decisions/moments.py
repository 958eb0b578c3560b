"""The moments of stored decisions, so that an explanation can ask what would have changed them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.decision import Decision
from surveyor.core.explain import Moment, Occasion
from surveyor.core.reasons import Reason
from surveyor.core.replay.lived import Key
from surveyor.core.replay.moments import moments
from surveyor.db import lived as rows
from surveyor.flows.customer_journey import Terms
from surveyor.flows.customer_journey.regime import rules_of
from surveyor.flows.prove_decisions.page import Page
from surveyor.flows.prove_decisions.regimes import Regimes


def moments_of(
    session: Any, customers: Collection[UUID], decided: Sequence[Decision], terms: Terms
) -> dict[Key, Moment | Occasion]:
    """The moments of these decisions, for those that living again makes exactly as they are stored.

    Draws are made with the source's id, which an erasure takes away: nothing is found again of an erased customer.
    """
    wanted = [one for one in decided if one.reason is not Reason.RULE_DISABLED]
    people = [person for person in rows.people_of(session, customers) if not any(who.erased for who in person)]
    if not wanted or not people:
        return {}
    regimes = Regimes(session, terms, rules_of, _first(session, customers))
    read = Page(session, people, terms, regimes)
    found: dict[Key, Moment | Occasion] = {}
    for person in people:
        names = {who.external_id for who in person}
        mine = [one for one in wanted if one.customer_id in names]
        found.update(moments(read.life(person), regimes.at, mine))
    return found


def _first(session: Any, customers: Collection[UUID]) -> dict[int, datetime]:
    """When each version first decided upon these customers: a timelapse decides before its version was published."""
    found: dict[int, datetime] = {}
    for row in (*rows.decisions(session, customers), *rows.former(session, customers)):
        found[row.rule_version] = min(row.decided_at, found.get(row.rule_version, row.decided_at))
    return found
