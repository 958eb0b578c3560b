"""The moment of a recorded decision, found by living the life again up to it: what an explanation asks `decide` of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime

from surveyor.core.checks import View
from surveyor.core.decision import Decision
from surveyor.core.explain.moments import Moment, copied_account
from surveyor.core.explain.occasions import Occasion
from surveyor.core.history import Account, Invitation, Regime
from surveyor.core.person import Person
from surveyor.core.replay.lived import Key, Life, Living, RegimeAt, key_of
from surveyor.core.rules import Rule


def moments(life: Life, regime_at: RegimeAt, wanted: Sequence[Decision]) -> dict[Key, Moment | Occasion]:
    """The moments in which these decisions were made, for those that the life makes again exactly.

    A life is lived once to find them and once more past them; each turn that made one is first tried on a copy, under
    the rules that decide before its own.
    """
    places = Living(life, regime_at).places()
    at_place: dict[int, list[Decision]] = {}
    for decision in wanted:
        place = places.get((key_of(decision), decision.decided_at))
        if place is not None:
            at_place.setdefault(place, []).append(decision)
    found = _Watched(life, regime_at).watch(at_place) if at_place else []
    return {key_of(decision): moment for decision, moment in found if moment.decide() == decision}


class _Watched(Living):
    """Lives on, and before each turn that made a decision looks at what it was made of."""

    def __init__(self, life: Life, regime_at: RegimeAt) -> None:
        super().__init__(life, self._regime)
        self.whole = regime_at
        self.tried: Decision | None = None

    def watch(self, at_place: Mapping[int, Sequence[Decision]]) -> list[tuple[Decision, Moment | Occasion]]:
        """The moments of these decisions, by the place of the turn that made them."""
        found: list[tuple[Decision, Moment | Occasion]] = []
        turns = sorted(self.turns(), key=lambda turn: turn[:4])
        for place, (at, _, _, _, act) in enumerate(turns[: max(at_place) + 1]):
            for decision in at_place.get(place, ()):
                kept = self.person, self.shielded
                self.person, self.shielded = self._copied()
                self.tried = decision
                self.choose(at)
                if decision.occurrence == 1:
                    list(act(at))
                moment = self._seen(decision, at)
                if moment is not None:
                    found.append((decision, moment))
                (self.person, self.shielded), self.tried = kept, None
            self.choose(at)
            list(act(at))
        return found

    def _regime(self, at: datetime) -> Regime:
        regime = self.whole(at)
        own = None if self.tried is None else regime.by_id.get(self.tried.rule_id)
        if own is None:
            return regime
        before = tuple(rule for rule in regime.active if (rule.priority, rule.id) < (own.priority, own.id))
        return Regime(replace(regime.rules, rules=before), regime.stores, version=regime.version)

    def _seen(self, decision: Decision, at: datetime) -> Moment | Occasion | None:
        regime, account = self.whole(at), self.person.accounts[decision.customer_id]
        rule, view = regime.by_id.get(decision.rule_id), View(self.person, account, regime)
        if rule is None:
            return None
        if decision.occurrence > 1:
            cycle = account.cycles.get(rule.id)
            return None if cycle is None else Occasion(rule, view, cycle, decision.decided_at)
        if decision.order_id not in account.orders:
            return None
        return Moment(rule, view, decision.order_id, decision.decided_at)

    def _copied(self) -> tuple[Person, dict[str, tuple[Invitation, Rule]]]:
        """The person as they stand, and which of their invitations are under way, of its own."""
        same: dict[int, Invitation] = {}
        person = copy(self.person)
        person.accounts = {name: _own(account, same) for name, account in self.person.accounts.items()}
        shielded = {key: (same.get(id(one), one), rule) for key, (one, rule) in self.shielded.items()}
        return person, shielded


def _own(account: Account, same: dict[int, Invitation]) -> Account:
    other = copied_account(account)
    other.cycles = {rule_id: copy(cycle) for rule_id, cycle in account.cycles.items()}
    if account.open is not None:
        other.open = same[id(account.open)] = replace(account.open, blocked=list(account.open.blocked))
    return other
