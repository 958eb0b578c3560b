"""Orders that a replay counts without a decision are those that `decide` would refuse, for the same reason."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from surveyor.core.history import Regime
from surveyor.core.replay import OrderRow, Period, Run, gather, run
from surveyor.core.replay.thresholds import plain_rule
from surveyor.core.rules import Rule, RuleSet
from tests.vector.worlds import START, STORES, rows, rules

PLAIN: dict[str, Any] = {
    "segments": (),
    "store_ids": (),
    "regions": (),
    "count_scope": "network",
    "sampling_rate": 1.0,
    "holdout_rate": 0.0,
    "cap_per_365d": None,
    "consume_orders": False,
}


def said(run: Run) -> tuple[Any, ...]:
    decisions = {str(reason): count for reason, count in run.decisions.items() if count}
    return list(run.sends), decisions, +run.dropped, run.reminders


def lived(these: list[OrderRow], version: RuleSet, **options: Any) -> Run:
    bases = options.pop("bases")
    gathered = gather(these, bases=bases, stores=STORES)
    return run(gathered, Regime(version, gathered.stores), **options)


@pytest.mark.parametrize("piece", range(8))
def test_counting_says_what_deciding_says(piece: int) -> None:
    cooled = 0
    for seed in range(piece * 25, piece * 25 + 25):
        draw = Random(seed)
        these, drawn = rows(draw), rules(draw, **PLAIN)
        version = RuleSet(drawn.rules[:1], drawn.globals)
        assert plain_rule(Regime(version, STORES)) is not None
        options: dict[str, Any] = {
            "period": draw.choice([Period(), Period(START.toordinal() + 90, START.toordinal() + 300)]),
            "bases": draw.choice([frozenset({version.rules[0].basis}), frozenset({"ordered_at", "fulfilled_at"})]),
        }
        decided = lived(these, version, counting=False, **options)
        assert said(lived(these, version, **options)) == said(decided), seed
        cooled += decided.decisions["COOLDOWN"]
    assert cooled > 100


def test_gathered_orders_may_be_lived_again_and_again() -> None:
    draw = Random(7)
    these, first, second = rows(draw), RuleSet((Rule("a"),)), RuleSet((Rule("b", min_orders=3),))
    gathered = gather(these, bases=frozenset({"fulfilled_at"}), stores=STORES)
    before = said(run(gathered, Regime(first, gathered.stores)))
    run(gathered, Regime(second, gathered.stores))
    assert said(run(gathered, Regime(first, gathered.stores))) == before


@pytest.mark.parametrize(
    "keys",
    [{"mode": "recurring"}, {"segments": ("a",)}, {"cap_per_365d": 2}, {"sampling_rate": 0.5}, {"allow_night": True}],
    ids=str,
)
def test_a_rule_that_looks_at_more_than_days_is_decided(keys: dict[str, Any]) -> None:
    assert plain_rule(Regime(RuleSet((Rule("a", **keys),)), STORES)) is None
    assert plain_rule(Regime(RuleSet((Rule("a"), Rule("b"))), STORES)) is None
