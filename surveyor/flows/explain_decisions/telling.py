"""Stored decisions in one language, each with the rule as it was lived then and what would have changed it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from surveyor.core.decision import Decision
from surveyor.core.explain import (
    Explanation,
    Moment,
    Occasion,
    explain,
    next_words,
    not_counted,
    ways_words,
    what_would_change,
)
from surveyor.core.history import Order, place
from surveyor.core.replay.lived import Key, key_of
from surveyor.core.rules import Rule
from surveyor.db import invitations, orders
from surveyor.db.decisions import Kept
from surveyor.db.invitations import Fate
from surveyor.flows.customer_journey import Terms
from surveyor.flows.customer_journey.load import remembered
from surveyor.flows.customer_journey.regime import rules_of
from surveyor.flows.explain_decisions.decision_of import decision_of
from surveyor.flows.explain_decisions.moments import moments_of


@dataclass(frozen=True, slots=True)
class Told:
    """One decision. what: the sentence and every check. cause: order, late order, freed, cycle. fate: None when no
    invitation came of it. counted: the orders counted that the reader may see; elsewhere: how many more there are.
    uncounted: the customer's other orders and why each was not counted. ways: what would have changed it, a sentence
    each. former: as it was decided before, the newest first.
    """

    customer: str
    decision: Decision
    what: Explanation
    next_words: str
    cause: str
    rule_name: str
    fate: Fate | None
    counted: tuple[str, ...] = ()
    elsewhere: int = 0
    uncounted: tuple[tuple[str, str], ...] = ()
    ways: tuple[str, ...] = ()
    former: tuple[Told, ...] = ()


class Teller:
    """Decisions of some customers (our id -> the source's); `visible`: the orders that the reader may see."""

    def __init__(
        self, session: Any, names: Mapping[UUID, str], terms: Terms, *, visible: Collection[str], language: str
    ) -> None:
        self.session, self.language, self.names, self.terms = session, language, names, terms
        self.visible = frozenset(visible)
        self.fates = invitations.fates(session, set(names))
        self.orders = _orders(orders.of_customers(session, set(names)), terms)
        self.moments: Mapping[Key, Moment | Occasion] = {}

    def look_back(self, rows: Iterable[Kept]) -> None:
        """Find the moments of these decisions, so that what would have changed them can be told."""
        decided = [decision_of(row, self.names[row.customer_id]) for row in rows]
        self.moments = moments_of(self.session, set(self.names), decided, self.terms)

    def tell(self, row: Kept, *, former: Iterable[Told] = ()) -> Told:
        """One decision; `former`: those that it replaced."""
        decision = decision_of(row, self.names[row.customer_id])
        rule = self._rule(row)
        known = self.orders.get(row.customer_id, [])
        apart = not_counted(decision, rule, known) if rule is not None else []
        fate = self.fates.get((row.rule_id, decision.opened_by, decision.occurrence))
        fate = fate if row.verdict == "SCHEDULED" else None
        counted = tuple(one for one in decision.order_ids if one in self.visible)
        return Told(
            decision.customer_id,
            decision,
            explain(decision, rule, language=self.language),
            "" if fate is not None and fate.state != "scheduled" else next_words(decision, language=self.language),
            row.cause,
            rule.name if rule is not None else row.rule_id,
            fate,
            counted,
            (decision.counted or 0) - len(counted),
            tuple((order, why) for order, why in apart if order in self.visible),
            self._ways(decision, rule),
            tuple(former),
        )

    def latest(self, customer: UUID, basis: str) -> Order | None:
        """A customer's latest qualifying order; None when none is left."""
        able = [one for one in self.orders.get(customer, ()) if not one.cancelled and getattr(one, basis) is not None]
        return max(able, key=place(basis), default=None)

    def _ways(self, decision: Decision, rule: Rule | None) -> tuple[str, ...]:
        moment = self.moments.get(key_of(decision))
        if moment is None or rule is None:
            return ()
        ways = [
            way
            for way in what_would_change(moment)
            if all(not one.order_id or one.order_id in self.visible for one in way)
        ]
        return ways_words(ways, decision, rule, language=self.language)

    def former(self, rows: Iterable[Kept]) -> dict[tuple[Any, ...], list[Told]]:
        """Decisions that were made again, by what replaced them."""
        found: dict[tuple[Any, ...], list[Told]] = {}
        for row in rows:
            found.setdefault(place_of(row), []).append(replace(self.tell(row), ways=()))  # moments are of what stands
        return found

    def _rule(self, row: Kept) -> Rule | None:
        rule = rules_of(self.session, row.rule_version).get(row.rule_id)
        if rule is None or row.arm is None or rule.experiment is None:
            return rule
        return rule.with_arm(next((arm for arm in rule.experiment.arms if arm.name == row.arm), None))


def place_of(row: Kept) -> tuple[Any, ...]:
    """What a decision is about: one that is made again has the same."""
    return row.customer_id, row.rule_id, row.order_id if row.occurrence_on is None else row.occurrence_on


def _orders(rows: Iterable[orders.OrderRow], terms: Terms) -> dict[Any, list[Order]]:
    found: dict[Any, list[Order]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(remembered(row, terms))
    return found
