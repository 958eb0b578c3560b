"""The rules and the stores that were in force at any instant between the first order and now."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from surveyor.core.history import Regime
from surveyor.core.rules import RuleSet
from surveyor.db import lived as rows
from surveyor.db import rules
from surveyor.flows.customer_journey import Terms

#: The rules of a version, by its number.
ReadVersion = Callable[[Any, int], RuleSet]


class Regimes:
    """The rules and the stores in force at any instant: versions by their publication, stores by what people edited."""

    def __init__(self, session: Any, terms: Terms, read_version: ReadVersion, decided: Mapping[int, datetime]) -> None:
        """`decided`: when each version first decided, before its publication in a life under a virtual clock."""
        self.nothing = Regime(RuleSet(), terms.regime.stores)
        self.versions: dict[int, RuleSet] = {}
        versions = [
            replace(one, published_at=min(one.published_at, decided.get(one.number, one.published_at)))
            for one in sorted(rules.versions(session), key=lambda one: one.number)
        ]
        facts = dict(terms.regime.stores)
        changes: list[tuple[datetime, dict[str, Any]]] = []
        for edit in reversed(rows.store_edits(session)):
            changes.append((edit.at, dict(facts)))
            store = str(edit.object).removeprefix("store:")
            if store in facts:
                facts[store] = _before(facts[store], edit.before or {})
        stores = [(None, facts), *reversed(changes)]
        instants = sorted({one.published_at for one in versions} | {at for at, _ in changes})
        self.instants, self.regimes = instants, []
        for at in instants:
            active = [one for one in versions if one.published_at <= at]
            then = [found for since, found in stores if since is None or since <= at][-1]
            number = active[-1].number if active else 0
            found = self.versions.setdefault(number, read_version(session, number)) if active else RuleSet()
            self.regimes.append(Regime(found, then, version=number))

    def at(self, now: datetime) -> Regime:
        """The version published last, with the stores as they were."""
        place = bisect_right(self.instants, now)
        return self.regimes[place - 1] if place else self.nothing

    def by_fulfilment(self, version: int, rule_id: str) -> bool:
        """Whether this rule of a version looked at the day an order was collected or delivered."""
        rule = self.versions[version].get(rule_id) if version in self.versions else None
        return rule is not None and rule.basis == "fulfilled_at"


def _before(facts: Any, before: dict[str, Any]) -> Any:
    """The facts of a store before an edit. Its zone is not among them: an order keeps the one of its decision."""
    if "excluded" in before:
        facts = replace(facts, excluded=bool(before["excluded"]))
    if "region_id" in before:
        facts = replace(facts, region=before["region_id"] or "")
    if "brand_id" in before:
        facts = replace(facts, brand=before["brand_id"] or "")
    return facts
