"""The moment of a recorded decision, found by living the life again up to it: what an explanation asks `decide` of."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime

from surveyor.core.checks import View
from surveyor.core.decision import Decision
from surveyor.core.explain.moments import Moment
from surveyor.core.history import Regime
from surveyor.core.replay.lived import Key, Life, Living, RegimeAt, key_of


def moments(life: Life, regime_at: RegimeAt, wanted: Sequence[Decision]) -> dict[Key, Moment]:
    """The moments in which these decisions on orders were made, for those that the life makes again exactly.

    A life is lived once to find them, and once up to each: under the rules that decide before its own.
    """
    places = Living(deepcopy(life), regime_at).places()
    found: dict[Key, Moment] = {}
    for decision in wanted:
        place = places.get((key_of(decision), decision.decided_at))
        moment = None if place is None else _Before(deepcopy(life), regime_at, decision).moment(place)
        if moment is not None and moment.decide() == decision:
            found[key_of(decision)] = moment
    return found


class _Before(Living):
    """Lives up to one decision: in its own turn only the rules that decide before its rule do."""

    def __init__(self, life: Life, regime_at: RegimeAt, decision: Decision) -> None:
        super().__init__(life, self._regime)
        self.whole, self.decision, self.last = regime_at, decision, False

    def _regime(self, at: datetime) -> Regime:
        regime = self.whole(at)
        own = regime.by_id.get(self.decision.rule_id)
        if not self.last or own is None:
            return regime
        before = tuple(rule for rule in regime.active if (rule.priority, rule.id) < (own.priority, own.id))
        return Regime(replace(regime.rules, rules=before), regime.stores, version=regime.version)

    def moment(self, place: int) -> Moment | None:
        """The moment of the decision, made in the turn at this place; None when the life does not come to it."""
        turns = sorted(self.turns(), key=lambda turn: turn[:4])
        for n, (at, _, _, _, act) in enumerate(turns[: place + 1]):
            self.last = n == place
            self.choose(at)
            list(act(at))
        regime, account = self.whole(turns[place][0]), self.person.accounts[self.decision.customer_id]
        rule = regime.by_id.get(self.decision.rule_id)
        if rule is None or self.decision.order_id not in account.orders:
            return None
        return Moment(rule, View(self.person, account, regime), self.decision.order_id, self.decision.decided_at)
